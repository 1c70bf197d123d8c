import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { rowsOf, type Transaction } from '../db/client.js';
import { jsonb } from '../db/json.js';
import { groupOf, openIncidents, sourceOf } from './open-incidents.js';
import { type Telling, tell } from './telling.js';

/** A task that has failed, as an incident keeps it. */
export interface TaskFailure {
  task: string;
  /** Null for a run that could not even begin. */
  runId: string | null;
  /** What failed and what to do about it. */
  message: string;
  /** Failures of one cause are told once: `database`, `SMTP`, or the task itself. */
  cause: string;
  since: Date;
}

/** Any number that no other program uses as a lock on this database: causes are told apart one after the other. */
const LOCK = 7_203_115_641;
const DAY_MS = 24 * 60 * 60_000;

/** Nobody waits long, neither for the lock nor, in the server, for a replica that has died holding it. */
export async function lockIncidents(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    select set_config('lock_timeout', '5s', true), set_config('idle_in_transaction_session_timeout', '30s', true)
  `);
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK}::bigint)`);
}

/**
 * Opens an incident for each task, or keeps the open one alive. The first of a cause is told at once, with those that
 * came along; what lasts is told once a day.
 */
export async function noteFailures(
  tx: Transaction,
  failures: TaskFailure[],
  telling: Telling,
): Promise<void> {
  const opened = new Set<string>();
  const lasting = new Set<string>();
  for (const failure of failures) {
    const { leader, leads } = await noteFailure(tx, failure, telling);
    if (leads) opened.add(leader);
    else if (!opened.has(leader)) lasting.add(leader);
  }
  for (const leader of opened)
    await tell(tx, { kind: 'opened', leader, incidents: await groupOf(tx, leader) }, telling);
  for (const leader of lasting) await remind(tx, leader, telling);
}

async function noteFailure(tx: Transaction, failure: TaskFailure, telling: Telling) {
  const open = await openIncidents(tx);
  const known = open.find(({ source }) => source === sourceOf(failure.task));
  const companion = open.find(({ cause }) => cause === failure.cause);
  const id = known?.id ?? uuidv7();
  const leader = known?.leader ?? companion?.leader ?? id;
  const { cause, message, runId } = failure;
  const details = jsonb({ cause: known?.cause ?? cause, leader, message, runId });
  await tx.execute(sql`
    insert into cronhook.incidents as known (id, source, severity, title, details, opened_at, last_seen_at)
    values (${id}::uuid, ${sourceOf(failure.task)}, 'important', ${telling.messages.incidents.taskFailed(failure.task)},
      ${details}, ${failure.since.toISOString()}::timestamptz, ${telling.tools.now.toISOString()}::timestamptz)
    on conflict (source) where resolved_at is null
    do update set last_seen_at = excluded.last_seen_at, details = known.details || excluded.details
  `);
  return { leader, leads: leader === id && !known };
}

async function remind(tx: Transaction, leader: string, telling: Telling): Promise<void> {
  const group = await groupOf(tx, leader);
  const told = group.find(({ id }) => id === leader);
  // What nobody has been told of cannot be told again.
  if (!told || told.isUntold) return;
  const since = Date.parse(told.toldAt ?? told.openedAt);
  const days = Math.floor((telling.tools.now.getTime() - since) / DAY_MS);
  const incidents = group.filter(({ resolved }) => !resolved);
  if (days >= 1) await tell(tx, { kind: 'reminder', leader, round: `:${days}`, incidents }, telling);
}

/** Ends the task's incident; the last one of its cause is told. */
export async function noteRecovery(tx: Transaction, task: string, telling: Telling): Promise<void> {
  const [ended] = await rowsOf<{ leader: string }>(
    tx,
    sql`
      update cronhook.incidents
      set resolved_at = ${telling.tools.now.toISOString()}::timestamptz
      where source = ${sourceOf(task)} and resolved_at is null returning coalesce(details->>'leader', id::text) as leader
    `,
  );
  if (!ended) return;
  const { leader } = ended;
  const incidents = await groupOf(tx, leader);
  if (incidents.every(({ resolved }) => resolved))
    await tell(tx, { kind: 'recovered', leader, incidents }, telling);
}
