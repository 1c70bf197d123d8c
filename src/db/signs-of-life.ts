import { type SQL, sql } from 'drizzle-orm';
import { isPaying, lastSeen } from './companies.js';
import { calendarLater, countable, sqlTime } from './moments.js';

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
 * Of `company`: when somebody was last there, the last payment, the last question to the support. When it was added
 * counts only where nothing else is known: the row may have been imported.
 */
const lastSign = (timeZone: string): SQL => sql`coalesce(greatest(
  ${lastSeen(timeZone)},
  (select max(created_at) from cronhook.payments where company_id = company.id and status = 'succeeded'),
  (select max(opened_at) from cronhook.support_tickets where company_id = company.id)
), company.created_at)`;

/** Of `company`: nobody was there for more than half a year, and nobody pays. */
export const isInactive = ({ now, timeZone }: Moment): SQL => sql`(
  ${monthsAfter(lastSign(timeZone), INACTIVE_MONTHS, timeZone)} < ${sqlTime(now)} and not ${isPaying(now)}
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

/** By the calendar, whatever stands in the row. */
export const monthsAfter = (moment: SQL, months: number, timeZone: string): SQL =>
  calendarLater(countable(moment), { months }, timeZone);
