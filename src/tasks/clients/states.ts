import { type SQL, sql } from 'drizzle-orm';
import {
  ARCHIVE_MONTHS,
  at,
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

/** A question that has not left (the mail server was away) is none. */
const wasAsked = sql`not exists (
  select from cronhook.outbox_messages
  where dedupe_key = 'reactivation:' || company.id || ':' ||
    floor(extract(epoch from company.reactivation_asked_at) * 1000)::bigint
    and status in ('pending', 'sending', 'held')
)`;

/** Full days: by the clock as well as by the calendar, whatever daylight saving does to either. */
const graceIsOver = ({ now, timeZone }: Moment): SQL => sql`
  greatest(company.reactivation_asked_at + make_interval(hours => ${GRACE_DAYS * 24}::int),
    ((company.reactivation_asked_at at time zone ${timeZone}) + make_interval(days => ${GRACE_DAYS}::int))
      at time zone ${timeZone}) <= ${at(now)}`;

export const mayBeArchived = (moment: Moment): SQL => sql`(
  ${isLive} and ${graceIsOver(moment)} and ${isInactive(moment)} and not ${showsLife(moment)} and ${wasAsked}
)`;

/** Asked or archived, and somebody is there; or the team has given it another status by itself. */
export const isBack = (moment: Moment): SQL => sql`(
  (company.reactivation_asked_at is not null and ${isLive} or company.status = 'archived')
    and ${showsLife(moment)} and not ${isLeaving}
  or ${isLive} and (company.archive_key is not null or company.archived_at is not null)
)`;

export const mayBeAnonymised = (moment: Moment): SQL => sql`(
  company.status = 'archived' and ${monthsAfter(sql`company.archived_at`, ARCHIVE_MONTHS, moment.timeZone)} <= ${at(moment.now)}
    and (${isLeaving} or not ${showsLife(moment)})
)`;

/** May still be called back by the link of a mail. */
export const isReachable = sql`(company.status <> 'anonymized' and not ${isLeaving})`;

/**
 * The status that `company` gets back: never one with more rights than it had, nor than it would have by now. Of a
 * trial the end may have passed meanwhile.
 */
export const restoredStatus = (now: Date): SQL => sql`case
  when company.status <> 'archived' then company.status
  when company.previous_status = 'trial' and coalesce(company.trial_ends_at <= ${at(now)}, false) then 'expired'
  when company.previous_status in ('trial', 'active', 'expired', 'cancelled', 'inactive') then company.previous_status
  else 'inactive' end`;
