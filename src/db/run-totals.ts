import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './client.js';
import type { RunStatus } from './schema/service.js';

/** Upper bounds of the durations counted together, in seconds. Migration 0005 counted what was there by the same. */
export const DURATION_BOUNDS = [
  0.1,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
  60,
  120,
  300,
  600,
  1800,
  3600,
  Number.POSITIVE_INFINITY,
] as const;

export interface RunTotal {
  task: string;
  status: RunStatus;
  /** The least of `DURATION_BOUNDS` that these runs keep to; they are counted nowhere else. */
  le: number;
  runs: number;
  /** Of these runs together. */
  durationMs: number;
}

/** How often the runs of these tasks have ended since the beginning, dry ones and those that say nothing of their task left out. */
export async function readRunTotals(db: Pick<Database, 'rows'>, tasks: string[]): Promise<RunTotal[]> {
  if (tasks.length === 0) return [];
  const rows = await db.rows<Record<keyof RunTotal, string | number>>(sql`
    select task, status, le, runs, duration_ms as "durationMs" from cronhook.task_run_totals
    where task in ${tasks} order by task, status, le
  `);
  return rows.map((row) => ({
    task: String(row.task),
    status: row.status as RunStatus,
    le: Number(row.le),
    runs: Number(row.runs),
    durationMs: Number(row.durationMs),
  }));
}

const bounds = sql.raw(`'{${DURATION_BOUNDS.join(',')}}'::double precision[]`);

/** Adds the runs that a statement has just ended, as its CTE `ended` returns them. */
export const addToTotals = (ended: SQL): SQL => sql`
  insert into cronhook.task_run_totals as total (task, status, le, runs, duration_ms)
  select task, status, (select min(bound) from unnest(${bounds}) bound where duration_ms <= bound * 1000),
    count(*), sum(duration_ms)
  from ${ended} where not dry_run and not aside group by 1, 2, 3
  on conflict (task, status, le) do update
    set runs = total.runs + excluded.runs, duration_ms = total.duration_ms + excluded.duration_ms`;
