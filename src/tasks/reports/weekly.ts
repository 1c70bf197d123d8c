import { addDays, localDay, momentAt } from '../../calendar.js';
import { formatDays } from '../../messages/format-calendar.js';
import { reportMail } from '../../messages/templates/report.js';
import { needsAttention } from './attention.js';
import { readBackups } from './backups.js';
import { type Chart, type ChartName, drawCharts } from './charts.js';
import type { Edition, ReportContext } from './edition.js';
import { figuresOf } from './figures.js';
import { gistOf } from './gist.js';
import { goalRows, readGoals } from './goals.js';
import { type Group, WEEKLY } from './metrics.js';
import { composeMonth } from './month.js';
import { readNumbers } from './numbers.js';
import { backupLines, failedTasks } from './operations.js';
import { isLastMonday, mondayOf } from './periods.js';
import { sinceLastIssue } from './since.js';
import { lookBack } from './watch.js';

const WEEK_MS = 7 * 86_400_000;
/** As long as messages that were sent are kept. */
const EARLIER_WEEKS = 26;

export const REPORT_WEEKLY = 'report-weekly';

const CHARTED_WEEKS = 12;

const PICTURES: Record<Group, ChartName[]> = {
  acquisition: ['leads'],
  revenue: ['revenue', 'bridge'],
  customers: ['customers', 'churn'],
  support: [],
};

/** The Monday that the report is due on: all of its week, a missed one is caught up. */
export const reportMonday = (now: Date, timeZone: string): string => mondayOf(localDay(now, timeZone));

export const weekBefore = (monday: string): string => addDays(monday, -7);

/** « 16–22 novembre » */
export const weekName = (week: string, { site }: Pick<ReportContext, 'site'>): string =>
  formatDays(week, addDays(week, 6), site.locale);

/** The week before this Monday, beside the one before it and that of four weeks before; at a month's end the month too. */
export async function composeWeekly(context: ReportContext, monday: string): Promise<Edition> {
  const { db, site, messages, attempt } = context;
  const week = weekBefore(monday);
  const weeks = Array.from({ length: CHARTED_WEEKS }, (_, index) =>
    addDays(week, (index + 1 - CHARTED_WEEKS) * 7),
  );
  const goals = (await attempt('kpi_targets', () => readGoals(db, 'week'))) ?? [];
  const metrics = [...new Set([...Object.values(WEEKLY).flat(), ...goals.map(({ metric }) => metric)])];
  const numbers = await readNumbers(db, 'week', weeks, { metrics, timeZone: site.timeZone });
  const charts = (await attempt('charts', () => drawCharts(numbers, weeks, context))) ?? {};
  const month = isLastMonday(monday)
    ? await attempt('month', () => composeMonth(context, addDays(monday, -1)))
    : undefined;
  const since = await sinceLastIssue(context, {
    earlier: Array.from(
      { length: EARLIER_WEEKS },
      (_, n) => `${REPORT_WEEKLY}:${addDays(monday, -7 * (n + 1))}`,
    ),
    leastMs: WEEK_MS,
    mostMs: 5 * WEEK_MS,
  });
  const backups = await attempt('task_runs', () => readBackups(db));
  const failures = await attempt('task_runs', () => failedTasks(context, since));
  const when = weekName(week, context);
  const [from, to] = [week, monday].map((edge) => momentAt(edge, 0, site.timeZone)) as [Date, Date];
  const watch = await lookBack(context, { period: { from, to, name: when }, since });
  const attention = await needsAttention(context, { since, backups });
  const words = messages.reports.editions.weekly;
  const reference = addDays(week, -7);
  const options = { kind: 'weekly' as const, numbers, start: week, reference, points: attention.count };
  const { short, sentence } = gistOf(options, context);
  const periods = [week, reference, addDays(week, -28)].map((start) => ({
    start,
    name: formatDays(start, addDays(start, 6), site.locale, 'short'),
  }));
  const groups = (Object.keys(WEEKLY) as Group[]).map((group) => ({
    title: messages.reports.groups[group],
    figures: figuresOf({ metrics: WEEKLY[group], numbers, periods }, context),
    pictures: PICTURES[group].flatMap((name) => charts[name]?.picture ?? []),
  }));
  const mail = reportMail(
    {
      subject: words.subject(when, short),
      heading: words.heading(when),
      lead: sentence,
      attention,
      goals: goalRows(goals, (metric) => numbers.get(metric, week), context),
      groups,
      month,
      watch,
      failures,
      noFailures: words.noFailures,
      backups: backups ? backupLines(backups, context) : [],
      legend: words.legend,
    },
    context,
  );
  return { ...mail, attachments: Object.values(charts).map(({ attachment }: Chart) => attachment) };
}
