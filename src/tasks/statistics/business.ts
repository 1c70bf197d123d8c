import { type SQL, sql } from 'drizzle-orm';
import type { BusinessCause } from '../../locales/statistics.js';
import type { Capabilities, RunContext } from '../define.js';

/** What was looked at. */
export interface Finding {
  cause: BusinessCause;
  wrong: boolean;
  /** What counts against it, and of how many. */
  count: number;
  of: number;
  /** The newest lead. */
  since: string | null;
}

const FEWEST_PAYMENTS = 10;
const MOST_FAILURES = 0.1;
const FEWEST_CUSTOMERS = 5;
const MOST_CANCELLATIONS = 0.2;

/** How the business has fared of late, as far as it should alarm somebody. */
export async function lookAtBusiness(
  context: RunContext<unknown> & Pick<Capabilities, 'db'>,
): Promise<Finding[]> {
  return Promise.all([noLeads(context), paymentFailures(context), cancellations(context)]);
}

type LookContext = Pick<RunContext<unknown>, 'now'> & Pick<Capabilities, 'db'>;

/** Who has never had a lead does not count them here. */
async function noLeads({ db, now }: LookContext): Promise<Finding> {
  const moment = sql`${now().toISOString()}::timestamptz`;
  const [found] = await db.rows<{ since: string | null; wrong: boolean | null }>(sql`
    select max(created_at) as since, max(created_at) <= ${moment} - interval '24 hours' as wrong
    from cronhook.leads where created_at <= ${moment} and isfinite(created_at)
  `);
  return {
    ...{ cause: 'no-leads', count: 0, of: 0 },
    since: found?.since ?? null,
    wrong: found?.wrong ?? false,
  };
}

async function paymentFailures({ db, now }: LookContext): Promise<Finding> {
  const [found] = await db.rows<{ failed: number; all: number }>(sql`
    select count(*)::int as all, (count(*) filter (where status = 'failed'))::int as failed
    from cronhook.payments where ${ofLastWeek('created_at', now())}
  `);
  const { failed = 0, all = 0 } = found ?? {};
  const wrong = all >= FEWEST_PAYMENTS && failed > all * MOST_FAILURES;
  return { cause: 'payment-failures', count: failed, of: all, since: null, wrong };
}

/** Of the customers of exactly a week ago, those who are none now: whoever came or came back since does not count. */
async function cancellations({ db, now }: LookContext): Promise<Finding> {
  const moment = sql`${now().toISOString()}::timestamptz`;
  const weekAgo = sql`${moment} - interval '7 days'`;
  const payingAt = (at: SQL) => sql`exists (
    select from cronhook.subscriptions one where one.company_id = left_since.company_id and one.price_cents > 0
      and one.currency = 'EUR' and one.started_at <= ${at} and (one.cancelled_at > ${at}
        or one.cancelled_at is null and one.status <> 'cancelled')
  )`;
  const [found] = await db.rows<{ lost: number; before: number }>(sql`
    with left_since as (
      select distinct company_id from cronhook.subscriptions
      where cancelled_at > ${weekAgo} and cancelled_at <= ${moment}
    )
    select
      (select count(*)::int from left_since where ${payingAt(weekAgo)} and not ${payingAt(moment)}) as lost,
      coalesce((select value::int from cronhook.statistics
        where metric = 'customers' and period = 'hour' and bucket <= ${weekAgo} order by bucket desc limit 1), 0) as before
  `);
  const { lost = 0, before = 0 } = found ?? {};
  const wrong = before >= FEWEST_CUSTOMERS && lost > before * MOST_CANCELLATIONS;
  return { cause: 'cancellations', count: lost, of: before, since: null, wrong };
}

const ofLastWeek = (column: string, now: Date): SQL => {
  const moment = sql`${now.toISOString()}::timestamptz`;
  return sql`${sql.raw(column)} > ${moment} - interval '7 days' and ${sql.raw(column)} <= ${moment}`;
};
