import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import type { DayRange, Span } from './spans.js';
import { midnight } from './spans.js';

/** How MRR and customers have moved; amounts in twelfths of a cent. */
export interface Movements {
  fresh: bigint;
  expansion: bigint;
  contraction: bigint;
  churn: bigint;
  reactivation: bigint;
  /** What all companies together have more than before, or less. */
  net: bigint;
  won: bigint;
  lost: bigint;
  back: bigint;
}

export const STILL: Movements = {
  ...{ fresh: 0n, expansion: 0n, contraction: 0n, churn: 0n, reactivation: 0n, net: 0n },
  ...{ won: 0n, lost: 0n, back: 0n },
};

type Row = Record<keyof Movements, string> & { period: 'hour' | 'day'; bucket: string };

/** Starts and ends that are told of later than this enter with the company's next change. */
const LATEST = sql.raw(`interval '30 days'`);

/** The movements of the range's hours and days, by period and bucket; those without any are missing. */
export async function readMovements(
  tx: Transaction,
  range: DayRange,
  spans: Span[],
): Promise<Map<string, Movements>> {
  const rows = await rowsOf<Row>(
    tx,
    sql`
      with ${steps(range, spans)}, move as (
        select 'hour' as period, hour as bucket, before, after, paid_before or paid_today as known from step
        union all
        select 'day', day_bucket, before, after, known from day_step
      )
      select period, bucket,
        coalesce(sum(after - before) filter (where before <= 0 and after > 0 and not known), 0)::text as fresh,
        coalesce(sum(after - before) filter (where before <= 0 and after > 0 and known), 0)::text as reactivation,
        coalesce(sum(before - after) filter (where before > 0 and after <= 0), 0)::text as churn,
        coalesce(sum(after - before) filter (where after > before and (before > 0) = (after > 0)), 0)::text as expansion,
        coalesce(sum(before - after) filter (where after < before and (before > 0) = (after > 0)), 0)::text as contraction,
        sum(after - before)::text as net,
        (count(*) filter (where before <= 0 and after > 0 and not known))::text as won,
        (count(*) filter (where before <= 0 and after > 0 and known))::text as back,
        (count(*) filter (where before > 0 and after <= 0))::text as lost
      from move group by period, bucket
    `,
  );
  const names = Object.keys(STILL) as (keyof Movements)[];
  return new Map(
    rows.map((row) => {
      const moved = Object.fromEntries(names.map((name) => [name, BigInt(row[name])]));
      return [`${row.period} ${row.bucket}`, moved as unknown as Movements];
    }),
  );
}

/** Keeps what the companies paid at the end of the last final day. */
export async function bookFinalDays(tx: Transaction, range: DayRange, spans: Span[]): Promise<void> {
  const days = spans.filter(({ period, final }) => period === 'day' && final);
  const last = days.at(-1);
  if (!last) return;
  await rowsOf(
    tx,
    sql`
      with ${steps(range, spans)}
      insert into cronhook.statistics_customers as known (company_id, mrr_twelfths, customer_since)
      select company_id, (array_agg(after order by day desc))[1],
        coalesce(min(booked_since), min(day) filter (where after > 0))
      from day_step where day <= ${last.lastDay}::date
      group by company_id
      -- Who has never paid at the end of a day was no customer.
      having bool_or(after > 0) or min(booked_since) is not null
      order by company_id
      on conflict (company_id) do update set mrr_twelfths = excluded.mrr_twelfths
        where known.mrr_twelfths <> excluded.mrr_twelfths
    `,
  );
}

/** Of a subscription: it counts at all, and its price in twelfths of a cent a month. */
const counts = sql.raw(`currency = 'EUR' and case when cancelled_at is null then status <> 'cancelled'
  else cancelled_at > started_at end`);
const twelfths = sql.raw(`(price_cents::bigint * case interval when 'year' then 1 else 12 end)`);

/**
 * Companies that do not pay what was booked: rows imported late, ends withdrawn, prices changed in place, rows deleted.
 * Looked for once a day, with the day that becomes final, since it reads through all customers.
 */
const drifted = (from: SQL): SQL => sql`
  select coalesce(booked.company_id, paying.company_id) as company_id
  from (select company_id, mrr_twelfths from cronhook.statistics_customers) as booked
  full join (
    select company_id, sum(${twelfths}) as twelfths from cronhook.subscriptions
    where ${counts} and started_at < ${from} and (cancelled_at is null or cancelled_at >= ${from})
    group by company_id
  ) as paying on paying.company_id = booked.company_id
  where coalesce(booked.mrr_twelfths, 0) <> coalesce(paying.twelfths, 0)`;

/**
 * What each company paid at the end of each hour (`step`) and each day (`day_step`) in which that may have changed. What
 * became known too late for a final day enters with the first day of the range.
 */
function steps({ first, timeZone }: DayRange, spans: Span[]): SQL {
  const hours = spans.filter(({ period }) => period === 'hour');
  const dayOf = new Map(spans.filter(({ period }) => period === 'day').map((day) => [day.firstDay, day]));
  const table = hours.map(({ bucket, firstDay }) => ({
    hour: bucket,
    day: firstDay,
    day_bucket: dayOf.get(firstDay)?.bucket,
  }));
  const upTo = sql`${hours.at(-1)?.last ?? '-infinity'}::timestamptz`;
  const from = midnight(sql`${first}::date`, timeZone);
  const becomesFinal = spans.some(({ period, final }) => period === 'day' && final);
  return sql`
    hour as materialized (
      select * from json_to_recordset(${JSON.stringify(table)}::json) as hour (hour timestamptz, day date, day_bucket timestamptz)
    ), since as materialized (
      -- Nothing is known of the time before the very first day.
      select case when exists (select from cronhook.statistics_buckets where period = 'day' and final)
        then ${from} - ${LATEST} else '-infinity' end as since
    ), company as materialized (
      select company_id from cronhook.subscriptions, since where started_at between since and ${upTo}
      union select company_id from cronhook.subscriptions, since where cancelled_at between since and ${upTo}
      union select company_id from cronhook.subscriptions where status = 'cancelled' and cancelled_at is null
      ${becomesFinal ? sql`union ${drifted(from)}` : sql``}
    ), customer as materialized (
      -- Laterals that cannot be joined in another way: a join reads the whole history.
      select company_id, customer_since as booked_since, coalesce(mrr_twelfths, 0) as booked_twelfths
      from company left join lateral (
        select customer_since, mrr_twelfths from cronhook.statistics_customers booked
        where booked.company_id = company.company_id limit 1
      ) as booked on true
    ), change as (
      select company.company_id, date_trunc('hour', greatest(event.at, ${from}), ${timeZone}) as hour,
        sum(event.twelfths) as twelfths
      from company cross join lateral (
        select * from cronhook.subscriptions one where one.company_id = company.company_id offset 0
      ) as subscription
      cross join lateral (
        select subscription.price_cents::bigint * case subscription.interval when 'year' then 1 else 12 end as twelfths
      ) as price
      cross join lateral (
        values (subscription.started_at, price.twelfths), (subscription.cancelled_at, -price.twelfths)
      ) as event (at, twelfths)
      where subscription.currency = 'EUR' and event.at <= ${upTo}
        and case when subscription.cancelled_at is null then subscription.status <> 'cancelled'
          else subscription.cancelled_at > subscription.started_at end
      group by 1, 2
    ), paid as (
      -- Whose undated end, or removal, leaves nothing of what was booked.
      select company_id, hour, twelfths from change
      union all
      select company_id, (select min(hour) from hour), 0 from company
      where not exists (select from change where change.company_id = company.company_id)
    ), state as (
      select company_id, hour, hour.day, hour.day_bucket, booked_since, booked_twelfths,
        sum(paid.twelfths) over (partition by company_id order by hour)::bigint as after,
        lead(hour.day) over (partition by company_id order by hour) is distinct from hour.day as ends_day
      from paid join hour using (hour) join customer using (company_id)
    ), step as (
      select *, coalesce(lag(after) over hours, booked_twelfths) as before,
        booked_since is not null or coalesce(bool_or(after > 0 and ends_day) over earlier_days, false) as paid_before,
        coalesce(bool_or(after > 0) over earlier_today, false) as paid_today
      from state
      window hours as (partition by company_id order by hour),
        earlier_days as (partition by company_id order by day groups between unbounded preceding and 1 preceding),
        earlier_today as (partition by company_id, day order by hour rows between unbounded preceding and 1 preceding)
    ), day_step as (
      select company_id, day, day_bucket, booked_since, paid_before as known, after,
        coalesce(lag(after) over (partition by company_id order by day), booked_twelfths) as before
      from step where ends_day
    )
  `;
}
