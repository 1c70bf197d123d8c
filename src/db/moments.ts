import { type SQL, sql } from 'drizzle-orm';

/** A moment as a parameter of SQL. */
export const sqlTime = (moment: Date): SQL => sql`${moment.toISOString()}::timestamptz`;

/**
 * So much later by the calendar, at the same time on the clock on the wall: six months after 31 August is the last day
 * of February. Earlier where there are less than none.
 */
export function calendarLater(
  moment: SQL,
  { months = 0, days = 0 }: { months?: number; days?: number },
  timeZone: string,
): SQL {
  return sql`(((${moment} at time zone ${timeZone}) + make_interval(months => ${months}::int, days => ${days}::int))
    at time zone ${timeZone})`;
}

/** Null for a moment at the far ends of the calendar: neither time zones nor texts can cope with it. */
export const showable = (moment: SQL): SQL => sql`(case when ${moment} >= '0001-01-02T00:00:00Z'::timestamptz
  and ${moment} < '9999-12-30T00:00:00Z'::timestamptz then ${moment} end)`;

/**
 * A moment to which months can be added: one row with an absurd time must fail nothing for others. None at all counts
 * as one that never comes.
 */
export const countable = (moment: SQL): SQL =>
  sql`greatest(least(${moment}, timestamptz '9999-12-30 00:00+00'), timestamptz '0001-01-01 00:00+00')`;
