import { sql } from 'drizzle-orm';
import type { Look } from '../../messages/layout.js';
import type { GoalRow } from '../../messages/layout-figures.js';
import type { Capabilities } from '../define.js';
import { METRIC_NAMES, type MetricName } from '../statistics/metrics.js';
import { directionOf } from './metrics.js';
import { formatMetric, formatUnit } from './words.js';

export interface Goal {
  metric: MetricName;
  target: number;
}

/** What the team wants to reach each week or month, in the order of the contract; other metrics are not ours. */
export async function readGoals(db: Capabilities['db'], period: 'week' | 'month'): Promise<Goal[]> {
  const goals = await db.rows<Goal>(sql`
    select metric, target::float8 as target from cronhook.kpi_targets where period = ${period}
  `);
  const order = (metric: MetricName) => METRIC_NAMES.indexOf(metric);
  return goals.filter(({ metric }) => order(metric) >= 0).sort((a, b) => order(a.metric) - order(b.metric));
}

/** A result beside its target: reached or on the way; kept or exceeded where less is better. */
export function goalRow({ metric, target }: Goal, result: number | null, { site, messages }: Look): GoalRow {
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
