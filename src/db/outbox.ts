import { type SQL, sql } from 'drizzle-orm';
import { type Database, type Executor, rowsOf, type Transaction } from './client.js';
import type { Channel, MessageStatus } from './schema/messages.js';
import { suppressedSql } from './suppressions.js';

/** Whether a message may go: its cause stands, has gone, or wants it to wait for a working day. */
export type Standing = 'stands' | 'gone' | 'waits';

/** A message as its delivery needs it. */
export interface QueuedMessage {
  id: string;
  task: string;
  recipient: string;
  subject: string | null;
  textBody: string;
  htmlBody: string | null;
  headers: Record<string, string>;
  attachments: unknown[];
  messageId: string;
  ephemeral: boolean;
  attempts: number;
  lastError: string | null;
  standing: Standing;
  /** True when the address gets nothing. */
  suppressed: boolean;
}

/** Whether the address of `message` gets nothing. */
export const SUPPRESSED: SQL = suppressedSql(sql`message.recipient`);

/** Sends single statements, each a transaction of its own. */
type Statements = Pick<Database, 'rows'>;

/** What is asked about `message` before it goes out. */
export interface Questions {
  /** Whether it can be asked about at all; what cannot waits. */
  answerable: SQL;
  /** How its cause stands. */
  standing: SQL;
  suppressed: SQL;
}

interface Claim {
  channel: Channel;
  /** Only what this task queued. */
  task: string | undefined;
  runId: string;
  now: Date;
  limit: number;
  questions: Questions;
}

/** What is due of `message`, of one task or of all. */
export function dueMessages({ channel, task, now }: Pick<Claim, 'channel' | 'task' | 'now'>): SQL {
  const ofTask = task === undefined ? sql`true` : sql`message.task = ${task}`;
  return sql`message.status = 'pending' and message.next_attempt_at <= ${now.toISOString()}::timestamptz
    and message.channel = ${channel} and ${ofTask}`;
}

/** Takes what is due for this run; other runs, on other replicas too, take other messages. */
export async function claimMessages(tx: Transaction, claim: Claim): Promise<QueuedMessage[]> {
  const { answerable, standing, suppressed } = claim.questions;
  return rowsOf<QueuedMessage>(
    tx,
    sql`
      with due as (
        select id from cronhook.outbox_messages message where ${dueMessages(claim)} and ${answerable}
        order by next_attempt_at, id limit ${claim.limit} for update skip locked
      ), message as (
        update cronhook.outbox_messages claimed set status = 'sending', claimed_by = ${claim.runId}::uuid
        from due where claimed.id = due.id returning claimed.*
      )
      select id, task, recipient, subject, text_body as "textBody", html_body as "htmlBody", headers,
        attachments, message_id as "messageId", ephemeral, attempts, last_error as "lastError", ${standing} as standing, ${suppressed} as suppressed
      from message order by next_attempt_at, id
    `,
  );
}

/** How a claimed message stands now: some time has passed since it was claimed. */
export async function lookAgain(
  db: Statements,
  id: string,
  runId: string,
  { standing, suppressed }: Questions,
): Promise<Pick<QueuedMessage, 'standing' | 'suppressed'> | undefined> {
  const [row] = await db.rows<Pick<QueuedMessage, 'standing' | 'suppressed'>>(sql`
    select ${standing} as standing, ${suppressed} as suppressed from cronhook.outbox_messages message
    where id = ${id}::uuid and status = 'sending' and claimed_by = ${runId}::uuid
  `);
  return row;
}

/** For addresses that stand in no row: those of ephemeral messages. */
export async function isSuppressed(db: Statements, address: string): Promise<boolean> {
  const found = await db.rows(sql`select where ${suppressedSql(sql`${address}::text`)}`);
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
  /** The message is ephemeral and has ended: nothing of it remains. */
  blank?: boolean;
}

const NOTHING_LEFT = sql.raw(`, recipient = case when blank then '' else recipient end,
  subject = case when blank then null else subject end, text_body = case when blank then '' else text_body end,
  html_body = case when blank then null else html_body end, headers = case when blank then '{}' else headers end,
  attachments = case when blank then '[]' else attachments end`);

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
  const rows = settlements.map((settlement) => ({
    id: settlement.id,
    result: settlement.status,
    counted: settlement.counted ? 1 : 0,
    next: settlement.nextAttemptAt?.toISOString() ?? null,
    error: settlement.lastError ?? null,
    suppress: settlement.suppress ?? null,
    blank: settlement.blank ?? false,
  }));
  const given = sql`json_to_recordset(${JSON.stringify(rows)}::json) as given (id uuid, result text, counted int,
    next timestamptz, error text, suppress text, blank boolean)`;
  const suppressing = sql`
    with suppressing as (
      insert into cronhook.suppressed_addresses (address, reason)
      select distinct on (lower(recipient)) lower(recipient), suppress
      from ${given} join cronhook.outbox_messages using (id)
      where suppress is not null and status = 'sending' and claimed_by = ${runId}::uuid and recipient <> ''
      on conflict do nothing
    )`;
  // Sent mails come by the thousand: they pay for nothing that only others need.
  await db.rows(sql`
    ${rows.some(({ suppress }) => suppress) ? suppressing : sql``}
    update cronhook.outbox_messages message
    set status = result, claimed_by = null, attempts = attempts + counted,
      next_attempt_at = coalesce(next, next_attempt_at), last_error = case when blank then null else error end,
      sent_at = case when result = 'sent' then ${now.toISOString()}::timestamptz end
      ${rows.some(({ blank }) => blank) ? NOTHING_LEFT : sql``}
    from ${given}
    where message.id = given.id and status = 'sending' and claimed_by = ${runId}::uuid
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

/** @returns how many messages that had been refused are tried again, from the first delay on */
export async function retryMessages(executor: Executor, now: Date): Promise<number> {
  const retried = await rowsOf(
    executor,
    sql`
      with retried as (
        update cronhook.outbox_messages
        set status = 'pending', attempts = 0, next_attempt_at = ${now.toISOString()}::timestamptz
        where status = 'failed' and not ephemeral returning dedupe_key
      ), resumed as (
        -- The chase had ended for want of this very mail.
        update cronhook.followups followup set stopped_at = null, stopped_reason = null
        from retried where stopped_reason = 'undelivered'
          and retried.dedupe_key = 'followup:' || followup.id || ':' || followup.steps_sent
      )
      select from retried
    `,
  );
  return retried.length;
}

/**
 * Says of what is due and must wait why it does.
 * @returns how many messages wait
 */
export async function holdBack(tx: Transaction, waiting: SQL, why: string): Promise<number> {
  await tx.execute(sql`
    with untold as (
      select id from cronhook.outbox_messages message
      where ${waiting} and last_error is distinct from ${why} for update skip locked
    )
    update cronhook.outbox_messages message set last_error = ${why} from untold where message.id = untold.id
  `);
  const [row] = await rowsOf<{ count: number }>(
    tx,
    sql`select count(*)::int as count from cronhook.outbox_messages message where ${waiting}`,
  );
  return row?.count ?? 0;
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
