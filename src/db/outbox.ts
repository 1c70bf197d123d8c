import { type SQL, sql } from 'drizzle-orm';
import { type Database, type Executor, rowsOf, type Transaction } from './client.js';
import type { Channel, MessageStatus } from './schema/messages.js';

/** A message as its delivery needs it. */
export interface QueuedMessage {
  id: string;
  recipient: string;
  subject: string | null;
  textBody: string;
  htmlBody: string | null;
  headers: Record<string, string>;
  messageId: string;
  ephemeral: boolean;
  attempts: number;
  /** False when the cause has gone. */
  stands: boolean;
  /** True when the address gets nothing. */
  suppressed: boolean;
}

const suppressed = sql`exists (
  select from cronhook.suppressed_addresses where lower(address) = lower(message.recipient)
)`;

/** Sends single statements, each a transaction of its own. */
type Statements = Pick<Database, 'rows'>;

interface Claim {
  channel: Channel;
  /** Only what this task queued. */
  task: string | undefined;
  runId: string;
  now: Date;
  limit: number;
  /** Whether the cause of `message` still stands. */
  stands: SQL;
}

/** Takes what is due for this run; other runs, on other replicas too, take other messages. */
export async function claimMessages(tx: Transaction, claim: Claim): Promise<QueuedMessage[]> {
  const ofTask = claim.task === undefined ? sql`true` : sql`task = ${claim.task}`;
  return rowsOf<QueuedMessage>(
    tx,
    sql`
      with due as (
        select id from cronhook.outbox_messages
        where status = 'pending' and next_attempt_at <= ${claim.now.toISOString()}::timestamptz
          and channel = ${claim.channel} and ${ofTask}
        order by next_attempt_at, id limit ${claim.limit} for update skip locked
      ), message as (
        update cronhook.outbox_messages claimed set status = 'sending', claimed_by = ${claim.runId}::uuid
        from due where claimed.id = due.id returning claimed.*
      )
      select id, recipient, subject, text_body as "textBody", html_body as "htmlBody", headers,
        message_id as "messageId", ephemeral, attempts, ${claim.stands} as stands, ${suppressed} as suppressed
      from message order by next_attempt_at, id
    `,
  );
}

/** How a claimed message stands now: some time has passed since it was claimed. */
export async function lookAgain(
  db: Statements,
  id: string,
  runId: string,
  stands: SQL,
): Promise<Pick<QueuedMessage, 'stands' | 'suppressed'> | undefined> {
  const [row] = await db.rows<Pick<QueuedMessage, 'stands' | 'suppressed'>>(sql`
    select ${stands} as stands, ${suppressed} as suppressed from cronhook.outbox_messages message
    where id = ${id}::uuid and status = 'sending' and claimed_by = ${runId}::uuid
  `);
  return row;
}

/** For addresses that stand in no row: those of ephemeral messages. */
export async function isSuppressed(db: Statements, address: string): Promise<boolean> {
  const found = await db.rows(
    sql`select from cronhook.suppressed_addresses where lower(address) = lower(${address})`,
  );
  return found.length > 0;
}

/** Claims end with the lease of their run: what a killed run left is free again. */
export async function freeOrphans(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update cronhook.outbox_messages message set status = 'pending', claimed_by = null
    where status = 'sending' and not exists (
      select from cronhook.task_leases where run_id = message.claimed_by and expires_at > clock_timestamp()
    )
  `);
}

/** What became of a message that was claimed. */
export interface Settlement {
  id: string;
  status: Extract<MessageStatus, 'sent' | 'failed' | 'suppressed' | 'cancelled' | 'pending'>;
  /** True when the reply counts against the message. */
  counted?: boolean;
  nextAttemptAt?: Date;
  lastError?: string | null;
  /** Why the address gets nothing from now on. */
  suppress?: string;
}

/** What remains of an ephemeral message that has ended. */
const BLANKED = sql`(recipient, subject, text_body, html_body, headers, attachments, last_error) = row (
  case when hidden then '' else message.recipient end, case when hidden then null else message.subject end,
  case when hidden then '' else message.text_body end, case when hidden then null else message.html_body end,
  case when hidden then '{}' else message.headers end, case when hidden then '[]' else message.attachments end,
  case when hidden then null else settled.last_error end
)`;

/**
 * Writes down what became of messages. No lease fences it, for what has gone out has gone out; what another run has
 * claimed since is not touched.
 */
export async function settleMessages(
  db: Statements,
  runId: string,
  settlements: Settlement[],
  now: Date,
): Promise<void> {
  const rows = settlements.map(({ id, status, counted, nextAttemptAt, lastError, suppress }) => ({
    id,
    status,
    counted: counted ? 1 : 0,
    next_attempt_at: nextAttemptAt?.toISOString() ?? null,
    last_error: lastError ?? null,
    suppress: suppress ?? null,
  }));
  await db.rows(sql`
    with settled as (
      select given.*, message.recipient, message.ephemeral and given.status <> 'pending' as hidden
      from json_to_recordset(${JSON.stringify(rows)}::json) as given (id uuid, status text, counted int,
        next_attempt_at timestamptz, last_error text, suppress text)
      join cronhook.outbox_messages message using (id)
      where message.status = 'sending' and message.claimed_by = ${runId}::uuid
    ), suppressing as (
      insert into cronhook.suppressed_addresses (address, reason)
      select distinct on (lower(recipient)) lower(recipient), suppress from settled
      where suppress is not null and recipient <> '' on conflict do nothing
    )
    update cronhook.outbox_messages message
    set status = settled.status, claimed_by = null, attempts = attempts + counted,
      next_attempt_at = coalesce(settled.next_attempt_at, message.next_attempt_at),
      sent_at = case when settled.status = 'sent' then ${now.toISOString()}::timestamptz end, ${BLANKED}
    from settled where message.id = settled.id
  `);
}

/** @returns how many messages are held from now on */
export async function holdMessages(executor: Executor): Promise<number> {
  const held = await rowsOf(
    executor,
    sql`
      update cronhook.outbox_messages set status = 'held', claimed_by = null
      where status in ('pending', 'sending') returning 1
    `,
  );
  return held.length;
}

/** @returns how many held messages may go from now on */
export async function releaseMessages(executor: Executor, now: Date): Promise<number> {
  const released = await rowsOf(
    executor,
    sql`
      update cronhook.outbox_messages set status = 'pending', next_attempt_at = ${now.toISOString()}::timestamptz
      where status = 'held' returning 1
    `,
  );
  return released.length;
}

/** How many messages are due and still there. */
export async function countDue(db: Statements, task: string | undefined, now: Date): Promise<number> {
  const ofTask = task === undefined ? sql`true` : sql`task = ${task}`;
  const [row] = await db.rows<{ count: number }>(sql`
    select count(*)::int as count from cronhook.outbox_messages
    where status = 'pending' and next_attempt_at <= ${now.toISOString()}::timestamptz and ${ofTask}
  `);
  return row?.count ?? 0;
}
