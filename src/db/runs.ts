import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './client.js';
import type { RunStatus } from './schema/service.js';

/** A run as the API shows it. Times are ISO 8601, durations milliseconds. */
export interface RunSummary {
  id: string;
  task: string;
  status: RunStatus;
  trigger: string;
  host: string;
  dryRun: boolean;
  startedAt: string;
  finishedAt: string | null;
  durationMs: number | null;
  message: string | null;
  progress: unknown;
  stats: Record<string, unknown>;
}

export interface RunDetails extends RunSummary {
  errors: { item: string; message: string }[];
  details: unknown;
  log: unknown[];
}

interface RunRow {
  id: string;
  task: string;
  status: RunStatus;
  trigger: string;
  host: string;
  dry_run: boolean;
  started_at: string;
  finished_at: string | null;
  duration_ms: number | null;
  message: string | null;
  progress: unknown;
  stats: Record<string, unknown>;
}

const summaryColumns = sql`
  id, task, status, trigger, host, dry_run, started_at, finished_at, duration_ms, message, progress, stats`;

const toSummary = (row: RunRow): RunSummary => ({
  id: row.id,
  task: row.task,
  status: row.status,
  trigger: row.trigger,
  host: row.host,
  dryRun: row.dry_run,
  startedAt: new Date(row.started_at).toISOString(),
  finishedAt: row.finished_at && new Date(row.finished_at).toISOString(),
  durationMs: row.duration_ms,
  message: row.message,
  progress: row.progress,
  stats: row.stats,
});

interface RunFilter {
  tasks: string[];
  status?: RunStatus | undefined;
  limit: number;
  /** The id of a run: only older ones. */
  before?: string | undefined;
}

/** The newest runs first. */
export async function listRuns(db: Database, filter: RunFilter): Promise<RunSummary[]> {
  if (filter.tasks.length === 0) return [];
  const conditions: SQL[] = [sql`task in ${filter.tasks}`];
  if (filter.status) conditions.push(sql`status = ${filter.status}`);
  if (filter.before) {
    conditions.push(
      sql`(started_at, id) < (select started_at, id from cronhook.task_runs where id = ${filter.before}::uuid)`,
    );
  }
  const rows = await db.rows<RunRow>(sql`
    select ${summaryColumns} from cronhook.task_runs
    where ${sql.join(conditions, sql` and `)}
    order by started_at desc, id desc limit ${filter.limit}
  `);
  return rows.map(toSummary);
}

export async function findRun(db: Database, id: string): Promise<RunDetails | undefined> {
  const [row] = await db.rows<RunRow & Pick<RunDetails, 'errors' | 'details' | 'log'>>(sql`
    select ${summaryColumns}, errors, details, log from cronhook.task_runs where id = ${id}::uuid
  `);
  return row && { ...toSummary(row), errors: row.errors, details: row.details, log: row.log };
}

/** The newest run of each task, dry ones left out. */
export async function lastRuns(db: Database, tasks: string[]): Promise<Map<string, RunSummary>> {
  const rows = await db.rows<RunRow>(sql`
    select newest.* from unnest(array[${sql.join(
      tasks.map((task) => sql`${task}`),
      sql`, `,
    )}]::text[]) as wanted (name)
    cross join lateral (
      select ${summaryColumns} from cronhook.task_runs
      where task = wanted.name and not dry_run order by started_at desc, id desc limit 1
    ) as newest
  `);
  return new Map(rows.map((row) => [row.task, toSummary(row)]));
}
