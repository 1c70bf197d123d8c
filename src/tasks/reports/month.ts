import { localDay } from '../../calendar.js';
import { formatMonth } from '../../messages/format-calendar.js';
import type { Report } from '../../messages/templates/report.js';
import type { ReportContext } from './edition.js';
import { figuresOf } from './figures.js';
import { goalRows, readGoals } from './goals.js';
import { MONTHLY } from './metrics.js';
import { readNumbers } from './numbers.js';
import { monthBefore, monthOf } from './periods.js';

/** The month of this day as far as it is known now, beside the one before it, and what it was to reach. */
export async function composeMonth(context: ReportContext, day: string): Promise<Report['month']> {
  const { db, now, site, messages } = context;
  const month = monthOf(day);
  const isOver = monthOf(localDay(now(), site.timeZone)) > month;
  const goals = await readGoals(db, 'month');
  const metrics = [...new Set([...MONTHLY, ...goals.map(({ metric }) => metric)])];
  const starts = [month, monthBefore(month)];
  const numbers = await readNumbers(db, 'month', starts, { metrics, timeZone: site.timeZone });
  const words = messages.reports.month;
  const name = formatMonth(month, site.locale);
  const periods = starts.map((start) => ({ start, name: formatMonth(start, site.locale) }));
  if (!isOver && periods[0]) periods[0].name = words.soFarColumn;
  return {
    title: (isOver ? words.title : words.soFar)(name),
    // A part of a month is not measured by a whole one.
    note: isOver ? undefined : words.note,
    figures: figuresOf({ metrics: MONTHLY, numbers, periods, compared: isOver }, context),
    goalsTitle: messages.reports.goals.month(name),
    goals: goalRows(goals, (metric) => numbers.get(metric, month), context),
  };
}
