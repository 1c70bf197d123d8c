import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { isOf, METRIC_NAMES, type Point } from './metrics.js';
import type { Span } from './spans.js';

/**
 * Writes what has changed of these spans, and removes the values that they no longer have.
 * @returns how many values were written
 */
export async function savePoints(tx: Transaction, spans: Span[], points: Point[]): Promise<number> {
  const written = await rowsOf(
    tx,
    sql`
      insert into cronhook.statistics as known (metric, period, bucket, value)
      select metric, period, bucket, trim_scale(round(value, 10))
      from json_to_recordset(${JSON.stringify(points)}::json)
        as point (metric text, period text, bucket timestamptz, value numeric)
      order by metric, period, bucket
      on conflict (metric, period, bucket) do update set value = excluded.value where known.value <> excluded.value
      returning 1
    `,
  );
  const keyOf = ({ metric, period, bucket }: Omit<Point, 'value'>) => `${metric} ${period} ${bucket}`;
  const given = new Set(points.map(keyOf));
  const absent = spans.flatMap(({ period, bucket }) =>
    METRIC_NAMES.filter((metric) => isOf(metric, period))
      .map((metric) => ({ metric, period, bucket }))
      .filter((point) => !given.has(keyOf(point))),
  );
  await rowsOf(
    tx,
    sql`
      delete from cronhook.statistics known
      using json_to_recordset(${JSON.stringify(absent)}::json) as absent (metric text, period text, bucket timestamptz)
      where (known.metric, known.period, known.bucket) = (absent.metric, absent.period, absent.bucket)
    `,
  );
  return written.length;
}

export async function markSpans(tx: Transaction, spans: Span[], now: Date): Promise<void> {
  await rowsOf(
    tx,
    sql`
      insert into cronhook.statistics_buckets as known (period, bucket, computed_at, final)
      select period, bucket, ${now.toISOString()}::timestamptz, final
      from json_to_recordset(${JSON.stringify(spans)}::json) as span (period text, bucket timestamptz, final boolean)
      order by period, bucket
      on conflict (period, bucket) do update set computed_at = excluded.computed_at, final = excluded.final
        where not known.final
    `,
  );
}
