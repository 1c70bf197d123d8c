import { type SQL, sql } from 'drizzle-orm';

/**
 * Of `company`: nothing says that it has become a customer. The webhook that tells `companies` may be late; what is
 * cancelled for later is paid until then.
 */
export const unconverted = (now: Date): SQL => sql`(company.converted_at is null and not exists (
  select from cronhook.subscriptions subscription
  where subscription.company_id = company.id
    and (subscription.status in ('active', 'past_due') or subscription.cancelled_at > ${at(now)})
))`;

export const onTrial = (now: Date): SQL => sql`(company.status = 'trial' and ${unconverted(now)})`;

/** The second at which the trial of `company` ends, as dedupe keys name it. */
export const endSecond: SQL = sql`floor(extract(epoch from company.trial_ends_at))`;

/** The trial of `company` has more than its last day before it; one without an end goes on. */
export const nudgeable = (now: Date): SQL => sql`(${onTrial(now)} and
  coalesce(company.trial_ends_at > ${at(now)} + interval '24 hours', true))`;

/**
 * When `company` was last heard of. Of a day of `user_activity` nobody knows the hour: it counts to its end. The
 * beginning of a company is a sign of life too. No clock shows the days at the far ends of the calendar.
 */
export const lastActivity = (timeZone: string): SQL => sql`greatest(
  company.created_at, company.last_active_at, (
    select max(greatest(member.last_login_at, member.last_active_at, (
      select (greatest(least(max(day), date '9999-12-30'), date '0001-01-01') + 1)::timestamp at time zone ${timeZone}
      from cronhook.user_activity where user_id = member.id having count(*) > 0
    )))
    from cronhook.users member where member.company_id = company.id
  )
)`;

/** So many days from now, at the same time on the clock on the wall; back when there are less than none. */
export const daysFrom = (now: Date, days: number, timeZone: string): SQL => sql`
  (((${at(now)} at time zone ${timeZone}) + make_interval(days => ${days}::int)) at time zone ${timeZone})`;

/** Null for a moment at the far ends of the calendar: neither time zones nor texts can cope with it. */
export const showable = (moment: SQL): SQL => sql`(case when ${moment} >= '0001-01-02T00:00:00Z'::timestamptz
  and ${moment} < '9999-12-30T00:00:00Z'::timestamptz then ${moment} end)`;

export const at = (moment: Date): SQL => sql`${moment.toISOString()}::timestamptz`;
