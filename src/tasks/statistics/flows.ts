import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { isOf, METRICS, type MetricName, type Period, type Point } from './metrics.js';
import { LATE_DATA, midnight, type Span, spanTable } from './spans.js';

interface Calendar {
  timeZone: string;
  now: Date;
}

/** What is counted in the raw rows of each span; sums of weeks and months are made of their days. */
export function readFlows(tx: Transaction, spans: Span[], calendar: Calendar): Promise<Point[]> {
  const formulas = Object.entries(formulasOf(calendar)) as [MetricName, SQL][];
  const values = formulas.map(([metric, formula]) => {
    const periods = sql.join(
      countedIn(metric).map((period) => sql`${period}`),
      sql`, `,
    );
    return sql`
      select ${metric}::text as metric, period, bucket, (${formula})::numeric as value from span where period in (${periods})
    `;
  });
  return rowsOf(
    tx,
    sql`
      with span as materialized (select * from ${spanTable(spans)}),
        -- Else every formula is worked out twice: for its value, and to see whether there is one.
        point as materialized (${sql.join(values, sql` union all `)})
      select metric, period, bucket, value::text from point where value is not null
    `,
  );
}

function countedIn(metric: MetricName): Period[] {
  const adds = 'adds' in METRICS[metric];
  return (['hour', 'day', 'week', 'month'] as const).filter(
    (period) => isOf(metric, period) && (!adds || period === 'hour' || period === 'day'),
  );
}

const within = (column: string): SQL => sql`${sql.raw(column)} between span.bucket and span.last`;

/** One number about the `span`; null where there is none. */
function formulasOf({ timeZone, now }: Calendar) {
  // What becomes of a span's leads and tickets is looked at until it is final, and no longer.
  const settledBy = sql`least(${midnight(sql`span.last_day + 1`, timeZone)} + ${LATE_DATA}, ${now.toISOString()}::timestamptz)`;
  const euros = sql`currency = 'EUR'`;
  const sameDay = sql`other.cancelled_at >= ${midnight(sql`(subscription.started_at at time zone ${timeZone})::date`, timeZone)}
    and other.cancelled_at < ${midnight(sql`(subscription.started_at at time zone ${timeZone})::date + 1`, timeZone)}`;
  return {
    leads_new: sql`select count(*) from cronhook.leads where ${within('created_at')}`,
    trials_new: sql`
      select count(*) from cronhook.companies
      where ${within('created_at')} and (trial_ends_at is not null or status = 'trial')
    `,
    signups_new: sql`select count(*) from cronhook.users where ${within('created_at')}`,
    subscriptions_new: sql`
      select count(*) from cronhook.subscriptions subscription where ${within('started_at')} and not exists (
        select from cronhook.subscriptions other
        where other.company_id = subscription.company_id and other.id <> subscription.id
          and other.started_at < subscription.started_at and ${sameDay}
      )
    `,
    revenue_cents: sql`
      select coalesce((
        select sum(amount_cents) from cronhook.payments where ${within('created_at')} and ${euros}
          and (status = 'succeeded' or (status = 'refunded' and refunded_at is not null))
      ), 0) - coalesce((
        select sum(amount_cents) from cronhook.payments where ${within('refunded_at')} and ${euros} and status = 'refunded'
      ), 0)
    `,
    payment_failure_rate: sql`
      select count(*) filter (where status = 'failed')::numeric / nullif(count(*), 0)
      from cronhook.payments where ${within('created_at')}
    `,
    conversion_lead_trial: sql`
      select count(*) filter (where converted_at <= ${settledBy})::numeric / nullif(count(*), 0)
      from cronhook.leads where ${within('created_at')}
    `,
    conversion_trial_client: sql`
      select count(*) filter (where ${within('converted_at')})::numeric / nullif(count(*), 0) from cronhook.companies
      where ${within('converted_at')}
        or (${within('trial_ends_at')} and (converted_at is null or converted_at > trial_ends_at))
    `,
    tickets_opened: sql`select count(*) from cronhook.support_tickets where ${within('opened_at')}`,
    tickets_resolved: sql`select count(*) from cronhook.support_tickets where ${within('resolved_at')}`,
    ticket_first_response_seconds: sql`
      select avg(extract(epoch from first_response_at - opened_at)::numeric) filter (where isfinite(opened_at))
      from cronhook.support_tickets where ${within('first_response_at')}
    `,
    ticket_resolution_seconds: sql`
      select avg(extract(epoch from resolved_at - opened_at)::numeric) filter (where isfinite(opened_at))
      from cronhook.support_tickets where ${within('resolved_at')}
    `,
    ticket_resolution_rate: sql`
      select count(*) filter (where resolved_at <= ${settledBy})::numeric / nullif(count(*), 0)
      from cronhook.support_tickets where ${within('opened_at')}
    `,
    satisfaction: sql`select avg(satisfaction) from cronhook.support_tickets where ${within('resolved_at')}`,
    dau: sql`
      select case when span.period = 'day' then (
        select count(*) from cronhook.user_activity where day = span.first_day
      ) end
    `,
    mau: sql`
      select count(distinct user_id) from cronhook.user_activity
      where day between case when span.period = 'month' then span.first_day else ${lastDayOf(timeZone)} - 29 end
        and ${lastDayOf(timeZone)}
    `,
  } satisfies Partial<Record<MetricName, SQL>>;
}

/** The last day of the span so far. */
const lastDayOf = (timeZone: string): SQL => sql`(span.last at time zone ${timeZone})::date`;
