import { type SQL, sql } from 'drizzle-orm';
import { type Database, rowsOf, type Transaction } from './client.js';
import { jsonb } from './json.js';
import { addToTotals } from './run-totals.js';

/** A run that could not renew its lease for this long stops. */
export const LEASE_MS = 60_000;
/** Others may take a lease over only after its holder has stopped: 60 s and a margin. */
const TAKEOVER_MS = LEASE_MS + 5_000;
export const HEARTBEAT_MS = 5_000;

const newExpiry: SQL = sql`clock_timestamp() + ${sql.raw(`interval '${TAKEOVER_MS} milliseconds'`)}`;

export interface NewRun {
  id: string;
  task: string;
  trigger: string;
  host: string;
  dryRun: boolean;
  startedAt: Date;
}

export type Claim =
  | {
      claimed: true;
      disabled: boolean;
      /** An incident of this task is open. */
      troubled: boolean;
      /** The run before this one was found dead. */
      tookOver: boolean;
    }
  | { claimed: false; holderId: string | undefined; holderStartedAt: Date | undefined };

/** The setting that turns a task off. */
export const enabledSetting = (task: string): string => `task.${task}.enabled`;

/**
 * Takes the task for this run, records the run, and writes off the run whose lease had expired: one statement,
 * decided by the server's clock, and no session state that a transaction-pooling proxy would leak.
 */
export async function claim(db: Database, run: NewRun, lostMessage: string): Promise<Claim> {
  const startedAt = run.startedAt.toISOString();
  const [row] = await db.rows<{
    claimed: boolean;
    disabled: boolean;
    troubled: boolean;
    took_over: boolean;
    holder_id: string | null;
    holder_started_at: string | null;
  }>(sql`
    with lease as (
      insert into cronhook.task_leases as held (task, run_id, expires_at)
      select ${run.task}, ${run.id}::uuid, ${newExpiry}
      -- A valid lease is not even locked: a call that comes in between must not wait for the run's writes.
      where not exists (
        select from cronhook.task_leases where task = ${run.task} and expires_at >= clock_timestamp()
      )
      -- Naming the key takes the lock that waits for the last write of the old holder.
      on conflict (task) do update
        set task = excluded.task, run_id = excluded.run_id, expires_at = excluded.expires_at
        where held.expires_at < clock_timestamp()
      returning run_id
    ), lost as (
      update cronhook.task_runs
      set status = 'lost', finished_at = ${startedAt}::timestamptz, message = ${lostMessage},
        duration_ms = least(extract(epoch from ${startedAt}::timestamptz - started_at) * 1000, 2147483647)::int
      where task = ${run.task} and status = 'running' and exists (select from lease)
      returning task, status, duration_ms, dry_run, aside
    ), counted as (${addToTotals(sql`lost`)}
    ), recorded as (
      insert into cronhook.task_runs (id, task, status, trigger, host, dry_run, started_at)
      select ${run.id}::uuid, ${run.task}, 'running', ${run.trigger}, ${run.host}, ${run.dryRun}::boolean, ${startedAt}::timestamptz
      from lease
    )
    select exists (select from lease) as claimed,
      exists (
        select from cronhook.settings where key = ${enabledSetting(run.task)} and lower(value) = 'false'
      ) as disabled,
      exists (
        select from cronhook.incidents where source = ${`task:${run.task}`} and resolved_at is null
      ) as troubled,
      exists (select from lost) as took_over,
      held.run_id as holder_id, running.started_at as holder_started_at
    from (select) as one
    left join cronhook.task_leases held on held.task = ${run.task}
    left join cronhook.task_runs running on running.id = held.run_id and running.status = 'running'
  `);
  if (row?.claimed)
    return { claimed: true, disabled: row.disabled, troubled: row.troubled, tookOver: row.took_over };
  return {
    claimed: false,
    holderId: row?.holder_id ?? undefined,
    holderStartedAt: row?.holder_started_at ? new Date(row.holder_started_at) : undefined,
  };
}

/**
 * Keeps the lease and shows how far the run has come.
 * @returns false when another run holds the lease
 */
export async function renew(db: Database, task: string, runId: string, progress: unknown): Promise<boolean> {
  const rows = await db.rows(sql`
    with lease as (
      update cronhook.task_leases set expires_at = ${newExpiry}
      where task = ${task} and run_id = ${runId}::uuid
      returning run_id
    ), shown as (
      update cronhook.task_runs set progress = ${jsonb(progress)}
      from lease where id = lease.run_id and status = 'running' and ${jsonb(progress)} is not null
    )
    select from lease
  `);
  return rows.length > 0;
}

/** How a session is called while it writes for a task. */
const writingFor = (task: string): string => `cronhook write ${task}`;

/**
 * Opens a write: holds the lease against takeover until the transaction ends; renewals pass.
 * A client that stalls inside the transaction is cut off by the server, or the takeover would wait for it.
 */
export async function holdLease(tx: Transaction, task: string, runId: string): Promise<boolean> {
  const rows = await rowsOf(
    tx,
    sql`
      select set_config('idle_in_transaction_session_timeout', '30s', true),
        set_config('application_name', ${writingFor(task)}, true)
      from cronhook.task_leases
      where task = ${task} and run_id = ${runId}::uuid and expires_at > clock_timestamp()
      for key share
    `,
  );
  return rows.length > 0;
}

/** A client that has said nothing for so long, in a write under a lease that has expired, is frozen or gone. */
const SILENCE: SQL = sql.raw(`interval '10 seconds'`);

/**
 * Cuts off the write of a task whose lease has expired, when a takeover waits for it and it waits for its own client:
 * that of a process which was stopped, or whose host is gone. Sessions that do anything else are let be.
 * @returns how many were cut off
 */
export async function cutOffFrozen(db: Database, task: string): Promise<number> {
  const rows = await db.rows(sql`
    select pg_terminate_backend(holder.pid) from (
      select distinct unnest(pg_blocking_pids(pid)) as pid from pg_stat_activity
      where datname = current_database() and usename = current_user and wait_event_type = 'Lock'
        and query like '%cronhook.task_leases as held%'
    ) as blocking
    join pg_stat_activity holder using (pid)
    where holder.application_name = ${writingFor(task)} and holder.usename = current_user
      and holder.wait_event_type = 'Client' and holder.state_change < clock_timestamp() - ${SILENCE}
      and exists (
        select from cronhook.task_leases where task = ${task} and expires_at < clock_timestamp()
      )
  `);
  return rows.length;
}

export interface FinishedRun {
  id: string;
  task: string;
  status: string;
  /** It says nothing of how its task fares. */
  aside: boolean;
  finishedAt: Date;
  durationMs: number;
  message: string;
  progress: unknown;
  stats: unknown;
  errors: unknown;
  details: unknown;
  log: unknown;
}

/** Records the outcome, counts it and frees the task, in one statement. A run written off as lost stays so. */
export async function finish(db: Database, run: FinishedRun): Promise<void> {
  await db.rows(sql`
    with released as (
      update cronhook.task_leases set expires_at = '-infinity'
      where task = ${run.task} and run_id = ${run.id}::uuid
    ), ended as (
      update cronhook.task_runs
      set status = ${run.status}, aside = ${run.aside}::boolean, finished_at = ${run.finishedAt.toISOString()}::timestamptz,
        duration_ms = ${Math.min(run.durationMs, 2_147_483_647)}, message = ${run.message},
        progress = ${jsonb(run.progress)}, stats = ${jsonb(run.stats)}, errors = ${jsonb(run.errors)},
        details = ${jsonb(run.details)}, log = ${jsonb(run.log)}
      where id = ${run.id}::uuid and status = 'running'
      returning task, status, duration_ms, dry_run, aside
    )
    ${addToTotals(sql`ended`)}
  `);
}
