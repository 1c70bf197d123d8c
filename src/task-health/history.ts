import { sql } from 'drizzle-orm';
import type { Database } from '../db/client.js';
import type { RunStatus } from '../db/schema/service.js';

/** What the runs of a task say of it. */
export interface TaskHistory {
  /** Of the last run, whatever became of it. */
  startedAt: Date;
  /** The last run that was not interrupted. */
  last: { status: RunStatus; startedAt: Date; finishedAt: Date | null } | null;
  /** When runs began since then: they have not done their work. */
  interrupted: { first: Date; latest: Date } | null;
  /** Where its runs do not end well: since when, and what the last one said. */
  trouble: { since: Date; message: string | null } | null;
}

interface HistoryRow {
  task: string;
  latest: string;
  status: RunStatus | null;
  started_at: string | null;
  finished_at: string | null;
  first_interrupted: string | null;
  ends: RunStatus[] | null;
  message: string | null;
  since: string | null;
}

/** By task; none for a task that never ran. A run that skipped was called, and says nothing of how the work goes. */
export async function taskHistories(
  { rows }: Pick<Database, 'rows'>,
  tasks: string[],
): Promise<Map<string, TaskHistory>> {
  const found = await rows<HistoryRow>(sql`
    select wanted.task, coalesce(interrupted.latest, last.started_at) as latest, last.status, last.started_at,
      last.finished_at, interrupted.first as first_interrupted, worked.ends, worked.message, trouble.since
    from jsonb_array_elements_text(${JSON.stringify(tasks)}::jsonb) as wanted (task)
    left join lateral (
      select status, started_at, finished_at from cronhook.task_runs
      where task = wanted.task and not dry_run and not aside and status <> 'interrupted'
      order by started_at desc, id desc limit 1
    ) as last on true
    left join lateral (
      select min(started_at) as first, max(started_at) as latest from cronhook.task_runs
      where task = wanted.task and not dry_run and not aside and status = 'interrupted'
        and started_at > coalesce(last.started_at, '-infinity')
    ) as interrupted on true
    left join lateral (
      select to_jsonb(array_agg(status order by started_at desc, id desc)) as ends,
        (array_agg(message order by started_at desc, id desc))[1] as message
      from (
        select status, message, started_at, id from cronhook.task_runs
        where task = wanted.task and not dry_run and not aside and status in ('succeeded', 'partial', 'failed', 'lost')
        order by started_at desc, id desc limit 2
      ) as two
    ) as worked on true
    left join lateral (
      select min(coalesce(finished_at, started_at)) as since from cronhook.task_runs
      where task = wanted.task and not dry_run and not aside and status in ('partial', 'failed', 'lost')
        and started_at > coalesce((
          select started_at from cronhook.task_runs
          where task = wanted.task and not dry_run and not aside and status = 'succeeded'
          order by started_at desc, id desc limit 1
        ), '-infinity')
    ) as trouble on worked.ends ->> 0 <> 'succeeded'
    where coalesce(interrupted.latest, last.started_at) is not null
  `);
  return new Map(found.map((row) => [row.task, historyOf(row)]));
}

function historyOf(row: HistoryRow): TaskHistory {
  const startedAt = new Date(row.latest);
  const [last, before] = row.ends ?? [];
  // One partial run may be a bad moment of one item; two in a row are not.
  const isTrouble = last === 'failed' || last === 'lost' || (last === 'partial' && before === 'partial');
  return {
    startedAt,
    last: lastOf(row),
    interrupted:
      row.first_interrupted === null ? null : { first: new Date(row.first_interrupted), latest: startedAt },
    trouble: isTrouble
      ? { since: row.since === null ? startedAt : new Date(row.since), message: row.message }
      : null,
  };
}

function lastOf({ status, started_at, finished_at }: HistoryRow): TaskHistory['last'] {
  if (status === null || started_at === null) return null;
  return {
    status,
    startedAt: new Date(started_at),
    finishedAt: finished_at === null ? null : new Date(finished_at),
  };
}
