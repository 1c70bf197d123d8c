import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { AppError } from '../../errors.js';
import { type MetricName, metricOf, type Period, type Unit } from './metrics.js';

export interface SeriesQuery {
  metric: MetricName;
  period: Period;
  /** Days YYYY-MM-DD in `TIMEZONE`, or moments in ISO 8601; both ends belong to it. */
  from?: string | undefined;
  to?: string | undefined;
}

interface Series {
  success: true;
  metric: MetricName;
  period: Period;
  unit: Unit;
  points: { bucket: string; value: number; final: boolean }[];
  target: number | null;
}

const MOST_POINTS = 1_000;

/** What is shown where nobody says from when. */
const DEFAULT_SPANS: Record<Period, string> = {
  hour: '2 days',
  day: '30 days',
  week: '12 weeks',
  month: '12 months',
};

/** The points of a metric, the oldest first. */
export async function readSeries(
  { rows }: Pick<Database, 'rows'>,
  query: SeriesQuery,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<Series> {
  const { metric, period } = query;
  const moment = (text: string, shift: string) =>
    text.length === DAY_LENGTH
      ? sql`((${text}::date + ${shift}::interval) at time zone ${timeZone})`
      : sql`${text}::timestamptz`;
  const to = query.to ? moment(query.to, '1 day -1 microsecond') : sql`${now.toISOString()}::timestamptz`;
  const from = query.from ? moment(query.from, '0') : sql`${to} - ${DEFAULT_SPANS[period]}::interval`;
  const [range] = await rows<{ backward: boolean; target: string | null }>(sql`
    select ${from} > ${to} as backward,
      (select target from cronhook.kpi_targets where metric = ${metric} and period = ${period}) as target
  `);
  if (range?.backward) throw new AppError('invalid_parameters', (t) => t.statistics.fromAfterTo);
  const points = await rows<{ at: string; value: string; final: boolean }>(sql`
    select to_json(bucket at time zone 'UTC') #>> '{}' || 'Z' as at, value::text, coalesce(final, false) as final
    from cronhook.statistics left join cronhook.statistics_buckets using (period, bucket)
    where metric = ${metric} and period = ${period} and bucket between ${from} and ${to}
    order by bucket limit ${MOST_POINTS + 1}
  `);
  if (points.length > MOST_POINTS)
    throw new AppError('invalid_parameters', (t) => t.statistics.tooManyPoints(MOST_POINTS));
  return {
    ...{ success: true, metric, period, unit: metricOf(metric).unit },
    points: points.map(({ at, value, final }) => ({
      ...{ bucket: new Date(at).toISOString(), value: Number(value), final },
    })),
    target: range?.target ? Number(range.target) : null,
  };
}

const DAY_LENGTH = 'YYYY-MM-DD'.length;
