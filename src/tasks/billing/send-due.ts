import { sql } from 'drizzle-orm';
import { isDayOff, localDay } from '../../calendar.js';
import { isAddress } from '../../clients/mail.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import { anyOf } from '../../db/ids.js';
import type { Tone } from '../../locales/mails.js';
import { plainName } from '../../messages/layout.js';
import { domainOf, type NewMessage, queueMessages } from '../../messages/queue.js';
import { followupMail } from '../../messages/templates/followup.js';
import { type DueDocument, documentColumns, dueDocuments } from './due.js';
import type { FollowupContext, FollowupTally } from './model.js';
import { stopAndTell } from './stop.js';
import { tellOwners } from './tell-owners.js';

/** Seen so late for the first time, a document is for a person to call about. */
const TOO_LATE_DAYS = 90;
/** A first step that is planned late is no late discovery. */
const MARGIN_DAYS = 30;

/** Queues the next mail of each document and advances it, and tells owners of a last one, in one transaction. */
export async function sendDue(context: FollowupContext, ids: string[], tally: FollowupTally): Promise<void> {
  if (context.dryRun) {
    const { late, unreachable, suppressed, ready } = sorted(
      await context.db.rows<DueDocument>(dueNow(context, ids)),
    );
    for (const document of late)
      context.would(document.number, { action: 'report', daysLate: document.daysLate });
    for (const document of unreachable) context.would(document.number, { action: 'stop: invalid address' });
    for (const document of suppressed) context.would(document.number, { action: 'stop: suppressed address' });
    for (const document of ready) {
      const { number, kind, customerEmail, stepsSent } = document;
      context.would(number, {
        action: 'send',
        kind,
        step: stepsSent + 1,
        tone: toneOf(document),
        to: customerEmail,
      });
    }
    tally.reported += late.length;
    tally.stopped += unreachable.length + suppressed.length;
    tally.queued += ready.length;
    return;
  }
  await context.db.write(async (tx) => {
    await lockFollowups(tx, ids);
    const due = await rowsOf<DueDocument>(tx, dueNow(context, ids));
    // One whose follow-up somebody has deleted this very moment gets another at the next run.
    const { late, unreachable, suppressed, ready } = sorted(
      due.filter(({ followupId }) => followupId !== null),
    );
    await stopAndTell(tx, late, 'too_late', context);
    await stopAndTell(tx, unreachable, 'invalid_address', context);
    await stopAndTell(tx, suppressed, 'suppressed', context);
    const queued = await queueSteps(tx, ready, context);
    tally.reported += late.length;
    tally.stopped += unreachable.length + suppressed.length;
    tally.queued += queued;
  });
}

const dueNow = (context: FollowupContext, ids: string[]) => {
  const { site, now } = context;
  const dayOff = isDayOff(localDay(now(), site.timeZone));
  const columns = documentColumns(now(), site.timeZone, dayOff);
  return dueDocuments({ now: now(), timeZone: site.timeZone, columns, ids });
};

/** What others do to these rows now waits, and is seen afterwards. */
async function lockFollowups(tx: Transaction, ids: string[]): Promise<void> {
  await tx.execute(
    sql`select from cronhook.followups where document_id = ${anyOf(ids)} order by id for update`,
  );
}

function sorted(documents: DueDocument[]) {
  const free = documents.filter(({ blocked }) => !blocked);
  const isLate = ({ stepsSent, daysLate, firstDelay }: DueDocument) =>
    stepsSent === 0 && daysLate > Math.max(TOO_LATE_DAYS, firstDelay + MARGIN_DAYS);
  const late = free.filter(isLate);
  const inTime = free.filter((document) => !isLate(document));
  const reachable = ({ customerEmail }: DueDocument) => isAddress(customerEmail.trim());
  return {
    late,
    unreachable: inTime.filter((document) => !reachable(document)),
    suppressed: inTime.filter((document) => reachable(document) && document.suppressed),
    ready: inTime.filter((document) => reachable(document) && !document.suppressed),
  };
}

/** @returns how many were queued; one that cannot be written is reported and stays due */
async function queueSteps(
  tx: Transaction,
  documents: DueDocument[],
  context: FollowupContext,
): Promise<number> {
  const { mail, now, vault, messages } = context;
  const written: { document: DueDocument; message: NewMessage }[] = [];
  for (const document of documents) {
    try {
      written.push({ document, message: toMessage(document, context) });
    } catch (error) {
      context.fail(document.number, error);
    }
  }
  if (written.length === 0) return 0;
  await queueMessages(
    tx,
    written.map(({ message }) => message),
    { sender: mail.sender, vault, now: now() },
  );
  await tx.execute(sql`
    update cronhook.followups
    set steps_sent = steps_sent + 1, last_sent_at = ${now().toISOString()}::timestamptz
    where id = ${anyOf(written.map(({ document }) => document.followupId))}
  `);
  const last = written.filter(({ document }) => document.stepsSent + 1 === document.steps);
  await tellOwners(
    tx,
    last.map(({ document }) => document),
    {
      kind: 'followup_last_step',
      texts: messages.followups.lastStep,
      cause: ({ id }) => `followup-last-step:${id}`,
    },
  );
  return written.length;
}

function toMessage(document: DueDocument, context: FollowupContext): NewMessage {
  const { site, mail } = context;
  const { id, followupId, kind, stepsSent, senderName, replyTo, fingerprint } = document;
  const recipient = document.customerEmail.trim();
  const companyName = plainName(senderName ?? '') || document.companyName;
  // Nobody unsubscribes from a debt.
  const unsubscribeUrl = kind === 'quote' ? site.unsubscribeUrl(recipient) : undefined;
  const letter = followupMail({ ...document, companyName, tone: toneOf(document), unsubscribeUrl }, context);
  return {
    task: 'followups',
    dedupeKey: `followup:${followupId}:${stepsSent + 1}`,
    recipient,
    ...letter,
    fromName: companyName,
    replyTo: replyTo && isAddress(replyTo.trim()) ? replyTo.trim() : undefined,
    // Some relays replace Message-IDs: the answer then still names the document.
    references: [`<${id}@${domainOf(mail.sender.address)}>`],
    unsubscribeUrl,
    fingerprint,
  };
}

/** The first word is courteous; only the last of three or more is a final notice. */
export function toneOf({ stepsSent, steps }: Pick<DueDocument, 'stepsSent' | 'steps'>): Tone {
  if (stepsSent === 0) return 'courteous';
  return steps >= 3 && stepsSent === steps - 1 ? 'final' : 'firm';
}
