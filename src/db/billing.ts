import { type SQL, sql } from 'drizzle-orm';
import { localDay } from '../calendar.js';

/**
 * What is chased at all: unpaid invoices past their day, quotes that still hold and that nobody has answered; no credit
 * notes.
 */
export const chased = (today: SQL): SQL => sql`
  (document.kind = 'invoice' and document.status in ('sent', 'overdue') and document.due_at < ${today}
    or document.kind = 'quote' and document.status = 'sent' and document.issued_at < ${today}
      and coalesce(document.due_at >= ${today}, true))
  and document.paid_at is null and document.total_cents > 0`;

/** A quote holds until its `due_at`, that day included; without one it holds on. */
export const expired = (today: SQL): SQL => sql`(document.kind = 'quote' and document.due_at < ${today})`;

export const todayIn = (now: Date, timeZone: string): SQL => sql`${localDay(now, timeZone)}::date`;

/** Companies that have left: nothing goes out in their name any more. */
export const GONE = sql.raw(`('expired', 'cancelled', 'archived', 'anonymized')`);
