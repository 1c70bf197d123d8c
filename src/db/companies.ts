import { type SQL, sql } from 'drizzle-orm';
import { sqlTime } from './moments.js';

/** Of `company`: it has a subscription whose service goes on, cancelled for later included. */
export const isPaying = (now: Date): SQL => sql`exists (
  select from cronhook.subscriptions subscription
  where subscription.company_id = company.id
    and coalesce(subscription.cancelled_at > ${sqlTime(now)}, subscription.status in ('active', 'past_due'))
)`;

/**
 * When somebody of `company` was last there. Of a day of `user_activity` nobody knows the hour: it counts to its end. No
 * clock shows the days at the far ends of the calendar.
 */
export const lastSeen = (timeZone: string): SQL => sql`greatest(company.last_active_at, (
  select max(greatest(member.last_login_at, member.last_active_at, (
    select (greatest(least(day, date '9999-12-30'), date '0001-01-01') + 1)::timestamp at time zone ${timeZone}
    from cronhook.user_activity where user_id = member.id order by day desc limit 1
  )))
  from cronhook.users member where member.company_id = company.id
))`;
