import { type SQL, sql } from 'drizzle-orm';
import { expired, todayIn } from '../../db/billing.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import { anyOf } from '../../db/ids.js';
import { suppressedSql } from '../../db/suppressions.js';
import type { ToldReason } from '../../locales/followups.js';
import type { FollowupContext, FollowupTally } from './model.js';
import { type ToldDocument, tellOwners } from './tell-owners.js';

/** A document whose chase ends. */
export interface StoppedDocument extends ToldDocument {
  id: string;
  followupId: string;
}

/** Rows stopped in one statement. */
const BATCH_SIZE = 1_000;

const ended = sql`document.paid_at is not null or document.status in ('paid', 'accepted', 'refused', 'cancelled')`;

const suppressed = suppressedSql(sql`document.customer_email`);

/** The last mail was refused for good: a firmer one must not follow a mail that nobody got. */
const undelivered = sql`exists (
  select from cronhook.outbox_messages
  where dedupe_key = 'followup:' || followup.id || ':' || followup.steps_sent and status = 'failed'
)`;

const todayOf = ({ now, site }: FollowupContext): SQL => todayIn(now(), site.timeZone);

const over = (context: FollowupContext): SQL =>
  sql`(${ended} or ${expired(todayOf(context))} or ${suppressed} or ${undelivered})`;

/** Ends the chase of what was paid, answered, cancelled or has expired, and of customers whom no mail reaches. */
export async function stopEnded(context: FollowupContext, tally: FollowupTally): Promise<void> {
  const { db, dryRun } = context;
  if (dryRun) {
    const [row] = await db.rows<{ count: number }>(sql`
      select count(*)::int as count from cronhook.followups followup
      join cronhook.billing_documents document on document.id = followup.document_id
      where followup.stopped_at is null and ${over(context)}
    `);
    tally.stopped += row?.count ?? 0;
    return;
  }
  for (let stopped = BATCH_SIZE; stopped === BATCH_SIZE && !context.outOfTime(); tally.stopped += stopped)
    stopped = await db.write((tx) => stopSome(tx, context));
}

async function stopSome(tx: Transaction, context: FollowupContext): Promise<number> {
  const rows = await rowsOf<StoppedDocument & { reason: string }>(
    tx,
    sql`
      with stopping as (
        select followup.id,
          case when document.paid_at is not null then 'paid' when ${ended} then document.status
            when ${expired(todayOf(context))} then 'expired' when ${suppressed} then 'suppressed' else 'undelivered' end as reason
        from cronhook.followups followup
        join cronhook.billing_documents document on document.id = followup.document_id
        where followup.stopped_at is null and ${over(context)}
        -- Whoever has locked one is stopping it too.
        order by followup.id limit ${BATCH_SIZE} for update of followup skip locked
      )
      update cronhook.followups followup
      set stopped_at = ${context.now().toISOString()}::timestamptz, stopped_reason = stopping.reason
      from stopping, cronhook.billing_documents document
      where followup.id = stopping.id and document.id = followup.document_id and followup.stopped_at is null
      returning document.id, document.company_id as "companyId", followup.id as "followupId", document.kind,
        document.number, document.customer_name as "customerName", document.customer_email as "customerEmail",
        document.url, 0 as "daysLate", stopping.reason
    `,
  );
  for (const told of ['suppressed', 'undelivered'] as const) {
    const unreachable = rows.filter(({ reason }) => reason === told);
    await tellStopped(tx, unreachable, told, context);
  }
  return rows.length;
}

/** Ends the chase of documents for a reason that their owners must know. */
export async function stopAndTell(
  tx: Transaction,
  documents: StoppedDocument[],
  reason: ToldReason,
  context: FollowupContext,
): Promise<void> {
  if (documents.length === 0) return;
  await tx.execute(sql`
    update cronhook.followups
    set stopped_at = ${context.now().toISOString()}::timestamptz, stopped_reason = ${reason}
    where id = ${anyOf(documents.map(({ followupId }) => followupId))} and stopped_at is null
  `);
  await tellStopped(tx, documents, reason, context);
}

const tellStopped = (
  tx: Transaction,
  documents: StoppedDocument[],
  reason: ToldReason,
  { messages }: FollowupContext,
): Promise<void> =>
  tellOwners(tx, documents, {
    kind: 'followup_stopped',
    texts: messages.followups.stopped[reason],
    cause: ({ followupId }) => `followup-stopped:${followupId}:${reason}`,
  });
