import { sql } from 'drizzle-orm';
import type { Capabilities } from '../define.js';
import { type MetricName, metricOf, type Period } from '../statistics/metrics.js';

/** The values of some periods of one kind, by the first day of each. */
export class Numbers {
  constructor(private readonly values: Map<string, number>) {}

  /** Null when it is not known. */
  get(metric: MetricName, start: string): number | null {
    return this.values.get(`${metric} ${start}`) ?? null;
  }
}

/** @param starts first days, `YYYY-MM-DD` in `timeZone` */
export async function readNumbers(
  db: Capabilities['db'],
  period: Exclude<Period, 'hour'>,
  starts: string[],
  { metrics, timeZone }: { metrics: readonly MetricName[]; timeZone: string },
): Promise<Numbers> {
  const rows = await db.rows<{ metric: MetricName; start: string; value: number }>(sql`
    select metric, start, value::float8 as value
    from json_array_elements_text(${JSON.stringify(starts)}::json) as given (start)
    cross join json_array_elements_text(${JSON.stringify(metrics)}::json) as wanted (metric)
    join cronhook.statistics using (metric)
    where period = ${period} and bucket = (start::timestamp at time zone ${timeZone})
  `);
  const told = rows.filter(({ metric, value }) => isSensible(metric, value));
  return new Numbers(new Map(told.map(({ metric, start, value }) => [`${metric} ${start}`, value])));
}

/** An answer before the question is a mistake in the data, and no number. */
const isSensible = (metric: MetricName, value: number): boolean =>
  Number.isFinite(value) && (metricOf(metric).unit !== 'seconds' || value >= 0);
