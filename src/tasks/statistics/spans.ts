import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import type { Period } from './metrics.js';

/** The days that are worked on in one transaction. */
export interface DayRange {
  /** YYYY-MM-DD. */
  first: string;
  last: string;
  timeZone: string;
  now: Date;
}

/** An hour, day, week or month in `TIMEZONE`. */
export interface Span {
  period: Period;
  /** When it begins. Moments are as PostgreSQL writes them: to the microsecond. */
  bucket: string;
  /** Its last moment, or that of what has been of it so far. */
  last: string;
  firstDay: string;
  lastDay: string;
  /** Late data has had its 48 hours. */
  final: boolean;
}

export const LATE_DATA = sql.raw(`interval '48 hours'`);

/** The midnight with which a day begins: on some days and in some places the clocks show another hour. */
export const midnight = (day: SQL, timeZone: string): SQL =>
  sql`((${day})::timestamp at time zone ${timeZone})`;

/** The hours and days of the range that have begun, and those of the weeks and months around them that are not final. */
export async function readSpans(tx: Transaction, range: DayRange): Promise<Span[]> {
  const { first, last, timeZone, now } = range;
  const moment = sql`${now.toISOString()}::timestamptz`;
  return rowsOf(
    tx,
    sql`
      with day as (
        select day::date as day, ${midnight(sql`day`, timeZone)} as starts_at,
          ${midnight(sql`day + interval '1 day'`, timeZone)} as ends_at
        from generate_series(${first}::date::timestamp, ${last}::date::timestamp, interval '1 day') as day
      ), hour as (
        select distinct day, ends_at, date_trunc('hour', moment, ${timeZone}) as bucket from day
        cross join lateral generate_series(starts_at, ends_at - interval '1 microsecond', interval '30 minutes') as moment
      ), longer as (
        select distinct period, date_trunc(period, day::timestamp) as first_day,
          date_trunc(period, day::timestamp) + ('1 ' || period)::interval as next_day
        from day cross join (values ('week'), ('month')) as calendar (period)
      ), span as (
        select 'hour' as period, bucket, lead(bucket, 1, ends_at) over (partition by day order by bucket) as ends_at,
          day as first_day, day as last_day
        from hour
        union all select 'day', starts_at, ends_at, day, day from day
        union all
        select period, ${midnight(sql`first_day`, timeZone)}, ${midnight(sql`next_day`, timeZone)},
          first_day::date, next_day::date - 1
        from longer
      )
      select period, bucket, first_day::text as "firstDay", last_day::text as "lastDay",
        least(ends_at - interval '1 microsecond', ${moment},
          ${midnight(sql`${last}::date + 1`, timeZone)} - interval '1 microsecond') as last,
        last_day <= ${last}::date
          and ${midnight(sql`last_day + 1`, timeZone)} + ${LATE_DATA} <= ${moment} as final
      from span
      where bucket <= ${moment} and (period in ('hour', 'day') or not exists (
        select from cronhook.statistics_buckets known
        where known.period = span.period and known.bucket = span.bucket and known.final
      ))
      order by period, bucket
    `,
  );
}

/** The spans as a relation `span (period, bucket, last, first_day, last_day)`. */
export function spanTable(spans: Span[]): SQL {
  const rows = spans.map(({ period, bucket, last, firstDay, lastDay }) => ({
    ...{ period, bucket, last },
    first_day: firstDay,
    last_day: lastDay,
  }));
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as span (period text, bucket timestamptz,
    last timestamptz, first_day date, last_day date)`;
}
