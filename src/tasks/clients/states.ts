import { type SQL, sql } from 'drizzle-orm';
import { calendarLater, countable, sqlTime } from '../../db/moments.js';
import { questions } from '../../db/reactivation-questions.js';
import {
  ARCHIVE_MONTHS,
  GRACE_DAYS,
  isInactive,
  isLive,
  monthsAfter,
  showsLife,
} from '../../db/signs-of-life.js';
import type { RunContext } from '../define.js';

/** When and where: each step looks at the times in the row of `company`, so that a late call is right too. */
export interface Moment {
  now: Date;
  timeZone: string;
}

export const momentOf = ({ now, site }: Pick<RunContext<unknown>, 'now' | 'site'>): Moment => ({
  now: now(),
  timeZone: site.timeZone,
});

/** All who are left are being deleted: from here there is no way back. */
const isLeaving: SQL = sql`(select bool_and(deletion_started_at is not null) from cronhook.users
  where company_id = company.id) is true`;

export const mayBeAsked = (moment: Moment): SQL => sql`(
  ${isLive} and company.reactivation_asked_at is null and ${isInactive(moment)}
)`;

const hasQuestion = (status: string): SQL => sql`exists (select from ${questions} ${sql.raw(status)})`;

/** None of its messages has reached anybody, nor will. */
const wasRefused = sql`(${hasQuestion('')}
  and not ${hasQuestion("and status in ('pending', 'sending', 'held', 'sent')")})`;

export const mayBeAskedElsewhere = (moment: Moment): SQL => sql`(
  ${isLive} and company.reactivation_asked_at is not null and ${isInactive(moment)} and not ${showsLife(moment)}
    and ${wasRefused}
)`;

/**
 * A question that has not left (the mail server was away) is none. Without a message the administrators were told, or
 * whoever got it is erased: what has not left takes the time of asking along.
 */
const wasAsked = sql`(${hasQuestion("and status = 'sent'")} or not ${hasQuestion('')})`;

/** The clock runs from when the mail has left; old mails are cleaned away, long after the 30 days. */
const askedFrom = countable(sql`greatest(company.reactivation_asked_at,
  (select max(question.sent_at) from ${questions} and status = 'sent'))`);

/** Full days: by the clock as well as by the calendar, whatever daylight saving does to either. */
const graceIsOver = ({ now, timeZone }: Moment): SQL => sql`
  greatest(${askedFrom} + make_interval(hours => ${GRACE_DAYS * 24}::int),
    ${calendarLater(askedFrom, { days: GRACE_DAYS }, timeZone)}) <= ${sqlTime(now)}`;

export const mayBeArchived = (moment: Moment): SQL => sql`(
  ${isLive} and company.reactivation_asked_at is not null and ${isInactive(moment)} and not ${showsLife(moment)}
    and ${wasAsked} and ${graceIsOver(moment)}
)`;

/** Somebody of the company was erased since, and the export with them: what is left is written anew. */
export const lacksExport = (moment: Moment): SQL => sql`(
  company.status = 'archived' and company.archived_at is not null and company.archive_key is null
    and not ${isLeaving} and not ${mayBeAnonymised(moment)} and not ${showsLife(moment)}
)`;

/** Asked or archived, and somebody is there; or the team has given it another status by itself. */
export const isBack = (moment: Moment): SQL => sql`(
  (company.reactivation_asked_at is not null and ${isLive} or company.status = 'archived')
    and ${showsLife(moment)} and not ${isLeaving}
  or ${isLive} and (company.archive_key is not null or company.archived_at is not null)
)`;

export const mayBeAnonymised = (moment: Moment): SQL => sql`(
  company.status = 'archived' and ${monthsAfter(sql`company.archived_at`, ARCHIVE_MONTHS, moment.timeZone)} <= ${sqlTime(moment.now)}
    and (${isLeaving} or not ${showsLife(moment)})
)`;

/** May still be called back by the link of a mail. */
export const isReachable = sql`(company.status <> 'anonymized' and not ${isLeaving})`;

/** Of an archived `company`: it was on trial, and would not be any more. */
export const trialHasEnded = (now: Date): SQL => sql`(company.status = 'archived'
  and company.previous_status = 'trial' and coalesce(company.trial_ends_at <= ${sqlTime(now)}, false))`;

/** The status that `company` gets back: never one with more rights than it had, nor than it would have by now. */
export const restoredStatus = (now: Date): SQL => sql`case
  when company.status <> 'archived' then company.status
  when ${trialHasEnded(now)} then 'expired'
  when company.previous_status in ('trial', 'active', 'expired', 'cancelled', 'inactive') then company.previous_status
  else 'inactive' end`;
