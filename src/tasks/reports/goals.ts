import { sql } from 'drizzle-orm';
import type { Look } from '../../messages/layout.js';
import type { GoalRow, Mood } from '../../messages/layout-figures.js';
import type { Goals } from '../../messages/templates/report.js';
import type { Capabilities } from '../define.js';
import { METRIC_NAMES, type MetricName } from '../statistics/metrics.js';
import { directionOf } from './metrics.js';
import { formatMetric, formatUnit } from './words.js';

export interface Goal {
  metric: MetricName;
  target: number;
}

/** More is no number of a business, and has more digits than a line. */
const HIGHEST_TARGET = 1e15;

/** What the team wants to reach each week or month, in the order of the contract; other metrics are not ours. */
export async function readGoals(db: Capabilities['db'], period: 'week' | 'month'): Promise<Goal[]> {
  const goals = await db.rows<Goal>(sql`
    select metric, target::float8 as target from cronhook.kpi_targets
    where period = ${period} and target between ${-HIGHEST_TARGET}::float8 and ${HIGHEST_TARGET}::float8
  `);
  const order = (metric: MetricName) => METRIC_NAMES.indexOf(metric);
  return goals.filter(({ metric }) => order(metric) >= 0).sort((a, b) => order(a.metric) - order(b.metric));
}

const MOST_GOALS = 12;

const URGENCY: Record<Mood, number> = { bad: 0, neutral: 1, good: 2 };

/** Those that are missed are among those shown, all in their order. */
export function goalRows(goals: Goal[], result: (metric: MetricName) => number | null, look: Look): Goals {
  const rows = goals.map((goal) => goalRow(goal, result(goal.metric), look));
  const shown = new Set(rows.toSorted((a, b) => URGENCY[a.mood] - URGENCY[b.mood]).slice(0, MOST_GOALS));
  return { rows: rows.filter((row) => shown.has(row)), more: rows.length - shown.size };
}

/** A result beside its target: reached or on the way; kept or exceeded where less is better. */
function goalRow({ metric, target }: Goal, result: number | null, { site, messages }: Look): GoalRow {
  const words = messages.reports.goals;
  const low = directionOf(metric) < 0;
  const shownTarget = formatMetric(metric, target, site.locale);
  const row = {
    label: messages.metrics[metric],
    result: formatMetric(metric, result, site.locale),
    target: (low ? words.atMost : words.atLeast)(shownTarget),
  };
  if (result === null) return { ...row, share: undefined, verdict: words.unknown, mood: 'neutral' };
  if (low) {
    const kept = result <= target;
    return {
      ...row,
      share: undefined,
      verdict: kept ? words.kept : words.missed,
      mood: kept ? 'good' : 'bad',
    };
  }
  if (result >= target) return { ...row, share: 1, verdict: words.reached, mood: 'good' };
  // Not reached is never said to be a hundred per cent.
  const share = target > 0 ? Math.min(Math.max(result / target, 0), 0.99) : 0;
  const percent = formatUnit('ratio', Math.floor(share * 100) / 100, site.locale);
  return { ...row, share, verdict: words.progress(percent), mood: 'neutral' };
}
