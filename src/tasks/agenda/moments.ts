import { type SQL, sql } from 'drizzle-orm';
import { localDay } from '../../calendar.js';
import { formatMoment } from '../../messages/format.js';
import type { Round } from './round.js';
import { SILENT_AFTER_DAYS } from './untold.js';

const HALF_DAY_MS = 12 * 60 * 60_000;
const DAY_MS = 2 * HALF_DAY_MS;
/** The window of what is told, and a day at each end for zones that PostgreSQL knows otherwise. */
const DAYS_BACK = SILENT_AFTER_DAYS + 1;
const DAYS_AHEAD = 2;
const CLOCK = /\d{2}:\d{2}/;

/**
 * A moment of the window in which things are told, as `formatMoment` writes it, put together where the rows are: the
 * days, which are few, are written here, and PostgreSQL adds the clock's time.
 */
export function sqlMoment(column: SQL, round: Round): SQL {
  const local = sql`(${column} at time zone ${round.site.timeZone}::text)`;
  const day = sql`${JSON.stringify(daysOf(round))}::jsonb ->> to_char(${local}, 'YYYY-MM-DD')`;
  return sql`replace(${day}, 'HH24:MI', to_char(${local}, 'HH24:MI'))`;
}

/** By half days, so that no change of the clocks leaves one out. */
function daysOf({ now, site }: Round): Record<string, string> {
  const days: Record<string, string> = {};
  const end = now.getTime() + DAYS_AHEAD * DAY_MS;
  for (let time = now.getTime() - DAYS_BACK * DAY_MS; time <= end; time += HALF_DAY_MS) {
    const moment = new Date(time);
    days[localDay(moment, site.timeZone)] ??= formatMoment(moment, site).replace(CLOCK, 'HH24:MI');
  }
  return days;
}
