import { type SQL, sql } from 'drizzle-orm';

interface Moment {
  now: Date;
  timeZone: string;
}

const INACTIVE_MONTHS = 6;
/** Between the question and the archive, and from there until everything goes. */
export const GRACE_DAYS = 30;
export const ARCHIVE_MONTHS = 12;

/** Of `company`: neither archived nor anonymised. */
export const isLive: SQL = sql`company.status in ('trial', 'active', 'expired', 'cancelled', 'inactive')`;

/**
 * Of `company`: the end of the last day on which somebody was there, the last payment, the last question to the
 * support. When it was added counts only where nothing else is known: the row may have been imported.
 */
const lastSign = (timeZone: string): SQL => sql`coalesce(greatest(
  company.last_active_at,
  (select max(greatest(member.last_login_at, member.last_active_at, (
      select (greatest(least(day, date '9999-12-30'), date '0001-01-01') + 1)::timestamp at time zone ${timeZone}
      from cronhook.user_activity where user_id = member.id order by day desc limit 1
    )))
    from cronhook.users member where member.company_id = company.id),
  (select max(created_at) from cronhook.payments where company_id = company.id and status = 'succeeded'),
  (select max(opened_at) from cronhook.support_tickets where company_id = company.id)
), company.created_at)`;

/** Of `company`: it has a subscription whose service goes on, cancelled for later included. */
const isPaying = (now: Date): SQL => sql`exists (
  select from cronhook.subscriptions subscription
  where subscription.company_id = company.id
    and coalesce(subscription.cancelled_at > ${at(now)}, subscription.status in ('active', 'past_due'))
)`;

/** Of `company`: nobody was there for more than half a year, and nobody pays. */
export const isInactive = ({ now, timeZone }: Moment): SQL => sql`(
  ${monthsAfter(lastSign(timeZone), INACTIVE_MONTHS, timeZone)} < ${at(now)} and not ${isPaying(now)}
)`;

/** Of `company`: somebody was there since it was asked, or it pays. */
export const showsLife = ({ now, timeZone }: Moment): SQL => sql`(
  ${isPaying(now)} or
    coalesce(${lastSign(timeZone)} > coalesce(company.reactivation_asked_at, company.archived_at), false)
)`;

export const SIGN_TABLES = [
  'companies',
  'users',
  'user_activity',
  'payments',
  'support_tickets',
  'subscriptions',
];

/** By the calendar: six months after 31 August is the last day of February, at the same time on the clock. */
export const monthsAfter = (moment: SQL, months: number, timeZone: string): SQL => sql`
  (((${countable(moment)} at time zone ${timeZone}) + make_interval(months => ${months}::int)) at time zone ${timeZone})`;

/**
 * A moment to which months can be added: one row with an absurd time must fail nothing for others. None at all counts
 * as one that never comes.
 */
export const countable = (moment: SQL): SQL =>
  sql`greatest(least(${moment}, timestamptz '9999-12-30 00:00+00'), timestamptz '0001-01-01 00:00+00')`;

export const at = (moment: Date): SQL => sql`${moment.toISOString()}::timestamptz`;
