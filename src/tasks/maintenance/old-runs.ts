import { sql } from 'drizzle-orm';
import { jsonb } from '../../db/json.js';
import { type Sweep, type SweepContext, type Swept, sweep } from './sweep.js';
import type { Recorder } from './untold.js';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
/** Of each task, whatever their age. */
const KEPT_RUNS = 30;

export interface RunTally {
  runs: number;
  bytesFreed: number;
}

/** @returns how many runs are left to the next one */
export async function removeRuns(
  context: SweepContext & { record: Recorder },
  tally: RunTally,
): Promise<number> {
  const kept = await oldestKept(context);
  const what: Sweep = {
    ...oldRuns(context.now(), kept),
    record: (tx, gone) => context.record(tx, sumOf(gone)),
  };
  return sweep(context, what, ({ gone }) => {
    const { runs, bytesFreed } = sumOf(gone);
    tally.runs += runs;
    tally.bytesFreed += bytesFreed;
  });
}

function sumOf(gone: Swept['gone']): RunTally {
  const sums = Object.values(gone);
  return {
    runs: sums.reduce((sum, { rows }) => sum + rows, 0),
    bytesFreed: sums.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** When the oldest of the runs began that a task keeps; tasks with fewer runs keep them all. */
async function oldestKept({ db }: SweepContext): Promise<Record<string, string>> {
  const rows = await db.rows<{ task: string; startedAt: string }>(sql`
    with recursive task (name) as (
      (select task from cronhook.task_runs order by task limit 1)
      union all
      select (select run.task from cronhook.task_runs run where run.task > task.name order by run.task limit 1)
      from task where task.name is not null
    )
    select task.name as task, kept.started_at::text as "startedAt" from task cross join lateral (
      select started_at from cronhook.task_runs run
      where run.task = task.name and not dry_run and status <> 'running'
      order by started_at desc, id desc offset ${sql.raw(String(KEPT_RUNS - 1))} limit 1
    ) as kept
  `);
  return Object.fromEntries(rows.map(({ task, startedAt }) => [task, startedAt]));
}

const oldRuns = (now: Date, kept: Record<string, string>): Sweep => {
  const cutoff = sql`${new Date(now.getTime() - KEPT_DAYS * DAY_MS).toISOString()}::timestamptz`;
  return {
    table: 'task_runs',
    keys: ['started_at', 'id'],
    range: sql`line.started_at < ${cutoff}`,
    due: sql`line.status <> 'running' and line.finished_at < ${cutoff}
      and (line.dry_run or line.started_at < (${jsonb(kept)} ->> line.task)::timestamptz)`,
    size: sql`80 + coalesce(pg_column_size(line.message), 0) + coalesce(pg_column_size(line.progress), 0)
      + pg_column_size(line.stats) + pg_column_size(line.errors) + coalesce(pg_column_size(line.details), 0)
      + pg_column_size(line.log)`,
  };
};
