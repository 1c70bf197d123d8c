import { sql } from 'drizzle-orm';
import { formatDuration, formatMoment } from '../../messages/format.js';
import type { BackupState } from './backups.js';
import type { ReportContext } from './edition.js';

export interface Failures {
  items: { title: string; lines: string[] }[];
  /** How many tasks failed, those that are not among the items too. */
  count: number;
}

interface FailedTask {
  task: string;
  count: number;
  message: string | null;
  recovered: boolean;
  total: number;
}

const MOST_TASKS = 10;

/** The tasks whose runs ended badly since then, however long ago they began, each with what it said last. */
export async function failedTasks({ db, now, messages }: ReportContext, since: Date): Promise<Failures> {
  const failed = await db.rows<FailedTask>(sql`
    select task, count(*)::int as count, (array_agg(left(message, 1000) order by started_at desc, id desc))[1] as message, exists (
      select from cronhook.task_runs later
      where later.task = run.task and later.started_at > max(run.started_at) and not later.dry_run
        and later.status = 'succeeded'
    ) as recovered, (count(*) over ())::int as total
    from cronhook.task_runs run
    where finished_at >= ${since.toISOString()}::timestamptz and finished_at < ${now().toISOString()}::timestamptz
      and not dry_run and status in ('failed', 'lost')
    group by task order by recovered, task limit ${MOST_TASKS}
  `);
  const words = messages.reports.operations;
  const items = failed.map(({ task, count, message, recovered }) => ({
    title: task,
    lines: [
      `${words.failures(count)}, ${recovered ? words.recovered : words.stillFailing}`,
      ...(message ? [words.lastMessage(message)] : []),
    ],
  }));
  return { items, count: failed[0]?.total ?? 0 };
}

export function backupLines(
  { verifiedAt, backedUpAt }: BackupState,
  { site, messages, now }: ReportContext,
): string[] {
  const words = messages.reports.operations;
  const age = (moment: Date) => formatDuration(now().getTime() - moment.getTime(), site.locale);
  return [
    ...(backedUpAt ? [words.backedUp(formatMoment(backedUpAt, site))] : []),
    verifiedAt ? words.verified(formatMoment(verifiedAt, site), age(verifiedAt)) : words.verifiedNever,
  ];
}
