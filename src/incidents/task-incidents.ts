import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { rowsOf, type Transaction } from '../db/client.js';
import { jsonb } from '../db/json.js';
import type { Look } from '../messages/layout.js';
import { addNotifications } from '../messages/notify.js';
import { ALERTS, type QueueTools, queueMessages } from '../messages/queue.js';
import {
  type FailingTask,
  type TaskIncidentKind,
  taskIncidentMail,
} from '../messages/templates/task-incident.js';

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

interface OpenIncident {
  id: string;
  source: string;
  /** The first incident of its cause: mails are counted by it. */
  leader: string;
  message: string;
  runId: string | null;
  openedAt: string;
}

/** What mails to the administrator are made with; without mail or address incidents are only written down. */
export interface Telling extends Look {
  tools: QueueTools;
  canMail: boolean;
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

const sourceOf = (task: string): string => `task:${task}`;

/** True when the task's last run before this one was already partial. */
export async function wasPartial(tx: Transaction, task: string, runId: string): Promise<boolean> {
  const [last] = await rowsOf<{ status: string }>(
    tx,
    sql`
      select status from cronhook.task_runs
      where task = ${task} and id <> ${runId}::uuid and not dry_run and status in ('succeeded', 'partial', 'failed')
      order by started_at desc, id desc limit 1
    `,
  );
  return last?.status === 'partial';
}

/** Those of these failures after which no run of their task went well: another replica may have been quicker. */
export async function stillStanding(tx: Transaction, failures: TaskFailure[]): Promise<TaskFailure[]> {
  if (failures.length === 0) return [];
  const given = failures.map(({ task, since }, index) => ({ task, since: since.toISOString(), index }));
  const over = await rowsOf<{ index: number }>(
    tx,
    sql`
      select index from json_to_recordset(${JSON.stringify(given)}::json)
        as failure (task text, since timestamptz, index int)
      where exists (
        select from cronhook.task_runs run
        where run.task = failure.task and run.started_at >= failure.since and run.status = 'succeeded' and not run.dry_run
      )
    `,
  );
  const gone = new Set(over.map(({ index }) => index));
  return failures.filter((_, index) => !gone.has(index));
}

/** True when the two runs before this one have both died. */
export async function diedTwice(tx: Transaction, task: string, runId: string): Promise<boolean> {
  const last = await rowsOf<{ status: string }>(
    tx,
    sql`
      select status from cronhook.task_runs where task = ${task} and id <> ${runId}::uuid and not dry_run
      order by started_at desc, id desc limit 2
    `,
  );
  return last.length === 2 && last.every(({ status }) => status === 'lost');
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
  for (const leader of opened) await tell(tx, 'opened', leader, '', await groupOf(tx, leader), telling);
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
    do update set last_seen_at = excluded.last_seen_at, details = excluded.details
  `);
  return { leader, leads: leader === id && !known };
}

async function remind(tx: Transaction, leader: string, telling: Telling): Promise<void> {
  const group = await groupOf(tx, leader);
  const since = Date.parse(group[0]?.openedAt ?? '');
  const days = Math.floor((telling.tools.now.getTime() - since) / DAY_MS);
  const lasting = group.filter(({ resolved }) => !resolved);
  if (days >= 1) await tell(tx, 'reminder', leader, `:${days}`, lasting, telling);
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
  const group = await groupOf(tx, ended.leader);
  if (group.every(({ resolved }) => resolved)) await tell(tx, 'recovered', ended.leader, '', group, telling);
}

const columns =
  sql.raw(`id, source, coalesce(details->>'leader', id::text) as leader, details->>'cause' as cause,
  coalesce(details->>'message', title) as message, details->>'runId' as "runId", opened_at as "openedAt",
  resolved_at is not null as resolved`);

const openIncidents = (tx: Transaction) =>
  rowsOf<OpenIncident & { cause: string | null }>(
    tx,
    sql`select ${columns} from cronhook.incidents where resolved_at is null and source like 'task:%'`,
  );

/** The incidents of one cause, those that have ended included, the oldest first. */
const groupOf = (tx: Transaction, leader: string) =>
  rowsOf<OpenIncident & { resolved: boolean }>(
    tx,
    sql`
      select ${columns} from cronhook.incidents
      where source like 'task:%' and details->>'leader' = ${leader} order by opened_at, id
    `,
  );

async function tell(
  tx: Transaction,
  kind: TaskIncidentKind,
  leader: string,
  round: string,
  incidents: OpenIncident[],
  telling: Telling,
): Promise<void> {
  const { site, tools, canMail } = telling;
  if (incidents.length === 0) return;
  const tasks = incidents.map(({ source, openedAt, message, runId }) => ({
    name: source.slice('task:'.length),
    since: new Date(openedAt),
    message,
    runUrl: `${site.publicUrl}/runs${runId ? `/${runId}` : ''}`,
  }));
  const letter = taskIncidentMail(kind, { tasks, now: tools.now }, telling);
  const dedupeKey = `incident:${leader}:${kind}${round}`;
  // In the application too: a mail about a mail server that is down waits with the others.
  if (kind !== 'reminder') await addNotifications(tx, [noticeOf(kind, dedupeKey, letter.subject, tasks)]);
  if (!canMail || !site.adminEmail) return;
  await queueMessages(tx, [{ task: ALERTS, dedupeKey, recipient: site.adminEmail, ...letter }], tools);
}

const noticeOf = (kind: TaskIncidentKind, dedupeKey: string, title: string, tasks: FailingTask[]) => ({
  userId: null,
  kind: kind === 'recovered' ? 'task_recovered' : 'task_failed',
  severity: kind === 'recovered' ? ('info' as const) : ('important' as const),
  dedupeKey,
  title,
  body: tasks.map(({ name, message }) => (kind === 'recovered' ? name : `${name} : ${message}`)).join('\n'),
  link: tasks[0]?.runUrl ?? null,
});
