import { sql } from 'drizzle-orm';
import type { Database } from '../db/client.js';
import type { TaskHealth } from '../task-health.js';
import type { Family, Sample } from './exposition.js';

interface LastRuns {
  task: string;
  running: boolean;
  /** Seconds since 1970, like all times of Prometheus. */
  lastRunAt: number | null;
  lastSuccessAt: number | null;
  stats: Record<string, unknown> | null;
}

/** How each task fares now. What it does not have yet (a first run) it has no sample of. */
export async function taskFigures(
  db: Pick<Database, 'rows'>,
  tasks: string[],
  health: TaskHealth[],
): Promise<Family[]> {
  const last = await lastRuns(db, tasks);
  return [
    {
      ...gauge('healthy', 'Whether the task is neither late nor failing.'),
      samples: health.map(({ task, state }) => sample(task, state === 'late' || state === 'failing' ? 0 : 1)),
    },
    {
      ...gauge('running', 'Whether a run of the task is under way on any replica.'),
      samples: last.map(({ task, running }) => sample(task, running ? 1 : 0)),
    },
    {
      ...gauge('last_run_timestamp_seconds', 'When the last run began, skipped ones included.'),
      samples: present(last.map(({ task, lastRunAt }) => sample(task, lastRunAt))),
    },
    {
      ...gauge(
        'last_success_timestamp_seconds',
        'When the last run ended that succeeded, wholly or in part.',
      ),
      samples: present(last.map(({ task, lastSuccessAt }) => sample(task, lastSuccessAt))),
    },
    {
      ...gauge('next_expected_timestamp_seconds', 'When the next run must have ended, or the task is late.'),
      samples: present(health.map(({ task, expectedBy }) => sample(task, expectedBy && +expectedBy / 1000))),
    },
    {
      ...gauge('last_run_items', 'What the last run counted that succeeded, wholly or in part.'),
      samples: last.flatMap(items),
    },
  ];
}

const gauge = (name: string, help: string) => ({
  name: `cronhook_task_${name}`,
  help,
  type: 'gauge' as const,
});

const sample = <Value extends number | null>(task: string, value: Value) => ({ labels: { task }, value });

const present = (samples: (Omit<Sample, 'value'> & { value: number | null })[]): Sample[] =>
  samples.filter((given): given is Sample => given.value !== null);

const items = ({ task, stats }: LastRuns): Sample[] =>
  Object.entries(stats ?? {}).flatMap(([item, value]) =>
    typeof value === 'number' ? [{ labels: { task, item }, value }] : [],
  );

async function lastRuns(db: Pick<Database, 'rows'>, tasks: string[]): Promise<LastRuns[]> {
  if (tasks.length === 0) return [];
  return db.rows<LastRuns>(sql`
    select served.task, running.id is not null as running,
      extract(epoch from last.started_at)::float8 as "lastRunAt",
      extract(epoch from worked.finished_at)::float8 as "lastSuccessAt", worked.stats
    from json_array_elements_text(${JSON.stringify(tasks)}::json) as served (task)
    left join lateral (
      select started_at from cronhook.task_runs run
      where run.task = served.task and not dry_run order by started_at desc, id desc limit 1
    ) as last on true
    left join lateral (
      select finished_at, stats from cronhook.task_runs run
      where run.task = served.task and not dry_run and not aside and status in ('succeeded', 'partial')
      order by started_at desc, id desc limit 1
    ) as worked on true
    left join cronhook.task_leases lease on lease.task = served.task and lease.expires_at > clock_timestamp()
    left join cronhook.task_runs running
      on running.id = lease.run_id and running.status = 'running' and not running.dry_run
  `);
}
