import { sql } from 'drizzle-orm';
import type { Database } from '../db/client.js';
import type { RunStatus } from '../db/schema/service.js';

/** What the runs of a task say of it. */
export interface TaskHistory {
  status: RunStatus;
  startedAt: Date;
  finishedAt: Date | null;
  /** Where its runs do not end well: since when, and what the last one said. */
  trouble: { since: Date; message: string | null } | null;
}

interface HistoryRow {
  task: string;
  status: RunStatus;
  started_at: string;
  finished_at: string | null;
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
    select wanted.task, last.status, last.started_at, last.finished_at, worked.ends, worked.message, trouble.since
    from jsonb_array_elements_text(${JSON.stringify(tasks)}::jsonb) as wanted (task)
    cross join lateral (
      select status, started_at, finished_at from cronhook.task_runs
      where task = wanted.task and not dry_run and not aside order by started_at desc, id desc limit 1
    ) as last
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
  `);
  return new Map(found.map((row) => [row.task, historyOf(row)]));
}

function historyOf({ status, started_at, finished_at, ends, message, since }: HistoryRow): TaskHistory {
  const startedAt = new Date(started_at);
  const [last, before] = ends ?? [];
  // One partial run may be a bad moment of one item; two in a row are not.
  const isTrouble = last === 'failed' || last === 'lost' || (last === 'partial' && before === 'partial');
  return {
    status,
    startedAt,
    finishedAt: finished_at === null ? null : new Date(finished_at),
    trouble: isTrouble ? { since: since === null ? startedAt : new Date(since), message } : null,
  };
}
