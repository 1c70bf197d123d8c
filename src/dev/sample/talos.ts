import { sql } from 'drizzle-orm';
import type { AppDependencies } from '../../routes/environment.js';

const COMPANIES = 40;
const LEADS = 260;
const TICKETS = 70;

/** A number from 0 to 99 that is always the same for the same words. */
const chance = (words: string) => sql.raw(`mod(('x' || substr(md5(${words}), 1, 7))::bit(28)::int, 100)`);

const TARGETS = [
  { metric: 'leads_new', period: 'week', target: 20 },
  { metric: 'revenue_cents', period: 'month', target: 150_000 },
  { metric: 'mrr_cents', period: 'month', target: 200_000 },
];

/**
 * Four months of a software firm: leads, trials that end or become customers, payments, tickets, activity; so that
 * statistics and reports have something to tell. Added once: later starts leave it as it is.
 */
export async function addTalosSample({ db, now }: Pick<AppDependencies, 'db' | 'now'>): Promise<void> {
  const at = sql`${now().toISOString()}::timestamptz`;
  await db.rows(sql`
    with chosen as (
      select n, md5('talos company ' || n)::uuid as id, ${at} - make_interval(days => 3 * (${COMPANIES} - n), hours => n) as began,
        ${chance(`'converts ' || n`)} < 65 as converts, ${chance(`'leaves ' || n`)} < 20 as leaves,
        (array[2900, 4900, 9900])[1 + n % 3] as price, n % 7 = 0 as yearly
      from generate_series(1, ${COMPANIES}) as n where not exists (select from cronhook.subscriptions)
    ), dated as (
      select *, case when converts and began < ${at} - interval '9 days' then began + interval '9 days' end as converted,
        began + interval '14 days' as trial_end
      from chosen
    ), ended as (
      select *, case when leaves and converted < ${at} - interval '45 days' then converted + interval '45 days' end as cancelled
      from dated
    ), company as (
      insert into cronhook.companies (id, name, email, plan, status, trial_ends_at, converted_at, cancelled_at, last_active_at, created_at)
      select id, 'Client ' || n, 'contact@client-' || n || '.example', case when converted is null then 'trial' else 'pro' end,
        case when cancelled is not null then 'cancelled' when converted is not null then 'active'
          when trial_end < ${at} - interval '3 days' then 'expired' else 'trial' end,
        trial_end, converted, cancelled, began, began
      from ended on conflict do nothing
    ), owner as (
      insert into cronhook.users (id, company_id, email, name, role, last_login_at, last_active_at, created_at)
      select md5('talos owner ' || n)::uuid, id, 'dirigeant@client-' || n || '.example', 'Dirigeant ' || n, 'owner', began, began, began
      from ended on conflict do nothing
    ), activity as (
      insert into cronhook.user_activity (user_id, day)
      select md5('talos owner ' || n)::uuid, day::date from ended, generate_series(began, coalesce(cancelled, ${at}), '1 day') as day
      where converted is not null and ${chance(`n || ' works on ' || day::date`)} < 60 on conflict do nothing
    ), subscription as (
      insert into cronhook.subscriptions (id, company_id, plan, price_cents, interval, status, started_at, cancelled_at, created_at)
      select md5('talos subscription ' || n)::uuid, id, 'pro', case when yearly then price * 10 else price end,
        case when yearly then 'year' else 'month' end, case when cancelled is null then 'active' else 'cancelled' end,
        converted, cancelled, converted
      from ended where converted is not null on conflict do nothing
    )
    insert into cronhook.payments (id, company_id, amount_cents, status, created_at)
    select md5('talos payment ' || n || paid)::uuid, id, case when yearly then price * 10 else price end,
      case when ${chance(`n || ' pays ' || paid`)} < 6 then 'failed' else 'succeeded' end, paid
    from ended, generate_series(converted, coalesce(cancelled, ${at}),
      case when yearly then interval '1 year' else interval '1 month' end) as paid
    where converted is not null on conflict do nothing
  `);
  await db.rows(sql`
    with moments as (
      select n, ${at} - make_interval(mins => (120 * 24 * 60 * sqrt(n / ${LEADS}::float8) * 0.9999)::int) as moment
      from generate_series(1, ${LEADS}) as n where not exists (select from cronhook.leads)
    ), lead as (
      insert into cronhook.leads (id, email, source, converted_at, created_at)
      select md5('talos lead ' || n)::uuid, 'lead-' || n || '@example.com', (array['site', 'salon', 'bouche à oreille'])[1 + n % 3],
        case when ${chance(`'lead ' || n`)} < 15 then moment + interval '6 hours' end, moment
      from moments on conflict do nothing
    ), ticket as (
      insert into cronhook.support_tickets (id, company_id, opened_at, first_response_at, resolved_at, satisfaction, created_at)
      select md5('talos ticket ' || n)::uuid, md5('talos company ' || (1 + n % ${COMPANIES}))::uuid, moment,
        case when ${chance(`'answer ' || n`)} < 92 then least(moment + make_interval(mins => 20 + n), ${at}) end,
        case when ${chance(`'answer ' || n`)} < 80 then least(moment + make_interval(hours => 5 + n % 40), ${at}) end,
        case when ${chance(`'answer ' || n`)} < 40 then 3 + n % 3 end, moment
      from moments where n <= ${TICKETS} on conflict do nothing
    ), spend as (
      insert into cronhook.marketing_spend (month, channel, amount_cents)
      select distinct date_trunc('month', moment)::date, 'annonces', 45000 from moments on conflict do nothing
    )
    insert into cronhook.kpi_targets (metric, period, target)
    select metric, period, target
    from json_to_recordset(${JSON.stringify(TARGETS)}::json) as goal (metric text, period text, target numeric)
    on conflict do nothing
  `);
}
