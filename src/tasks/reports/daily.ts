import { addDays, localDay, momentAt } from '../../calendar.js';
import { formatLongDay, formatWeekdayNumber } from '../../messages/format-calendar.js';
import { reportMail } from '../../messages/templates/report.js';
import { needsAttention } from './attention.js';
import { readBackups } from './backups.js';
import type { Edition, ReportContext } from './edition.js';
import { figuresOf } from './figures.js';
import { gistOf } from './gist.js';
import { DAILY, type Group } from './metrics.js';
import { readNumbers } from './numbers.js';
import { backupLines, failedTasks } from './operations.js';
import { sinceLastIssue } from './since.js';
import { lookBack } from './watch.js';

const DAY_MS = 86_400_000;
/** As long as messages that were sent are kept. */
const EARLIER_DAYS = 180;

export const REPORT_DAILY = 'report-daily';

/** The day that was over when this one began. */
export const reportedDay = (now: Date, timeZone: string): string => addDays(localDay(now, timeZone), -1);

/** Yesterday beside the day before and the same day of the week before. */
export async function composeDaily(context: ReportContext, day: string): Promise<Edition> {
  const { db, site, messages, attempt } = context;
  const days = [day, addDays(day, -1), addDays(day, -7)];
  const metrics = Object.values(DAILY).flat();
  const numbers = await readNumbers(db, 'day', days, { metrics, timeZone: site.timeZone });
  const since = await sinceLastIssue(context, {
    earlier: Array.from({ length: EARLIER_DAYS }, (_, n) => `${REPORT_DAILY}:${addDays(day, -1 - n)}`),
    leastMs: DAY_MS,
    mostMs: 8 * DAY_MS,
  });
  const backups = await attempt('task_runs', () => readBackups(db));
  const failures = await attempt('task_runs', () => failedTasks(context, since));
  const when = formatLongDay(day, site.locale);
  const [from, to] = [day, addDays(day, 1)].map((edge) => momentAt(edge, 0, site.timeZone)) as [Date, Date];
  const watch = await lookBack(context, { period: { from, to, name: when }, since });
  const attention = await needsAttention(context, { since, backups });
  const words = messages.reports.editions.daily;
  const reference = addDays(day, -7);
  const options = { kind: 'daily' as const, numbers, start: day, reference, points: attention.count };
  const { short, sentence } = gistOf(options, context);
  const periods = days.map((start) => ({ start, name: formatWeekdayNumber(start, site.locale) }));
  const groups = (Object.keys(DAILY) as Group[]).map((group) => ({
    title: messages.reports.groups[group],
    figures: figuresOf({ metrics: DAILY[group], numbers, periods }, context),
    pictures: [],
  }));
  const mail = reportMail(
    {
      subject: words.subject(upper(when), short),
      heading: words.heading(when),
      lead: sentence,
      attention,
      goals: { rows: [], more: 0 },
      groups,
      month: undefined,
      watch,
      failures,
      noFailures: words.noFailures,
      backups: backups ? backupLines(backups, context) : [],
      legend: words.legend,
    },
    context,
  );
  return { ...mail, attachments: [] };
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
