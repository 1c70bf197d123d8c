import { type SQL, sql } from 'drizzle-orm';
import { sqlTime } from '../db/moments.js';
import { endSecond, lastActivity, nudgeable, onTrial, unconverted } from '../db/trials.js';
import { type Cause, causeId, UUID } from './cause.js';

/** The second that the key names: the end of the trial that it tells of, or the moment of an offer. */
const second = sql.raw(`split_part(message.dedupe_key, ':', 3)::numeric`);

const standsFor = (company: SQL): SQL => sql`case when exists (
  select from cronhook.companies company where company.id = ${causeId} and ${company}
) then 'stands' else 'gone' end`;

const sameEnd = sql`${endSecond} = ${second}`;

/** Whoever has subscribed meanwhile, or whose trial ends at another time, is not written to. */
export const TRIAL_CAUSES: Cause[] = [
  {
    keys: `^trial-warning:${UUID}:-?[0-9]{1,15}$`,
    tables: ['companies', 'subscriptions'],
    standing: ({ now }) =>
      standsFor(sql`${onTrial(now)} and ${sameEnd} and company.trial_ends_at > ${sqlTime(now)}`),
  },
  {
    keys: `^trial-expired:${UUID}:-?[0-9]{1,15}$`,
    tables: ['companies', 'subscriptions'],
    standing: ({ now }) => standsFor(sql`company.status = 'expired' and ${unconverted(now)} and ${sameEnd}`),
  },
  {
    keys: `^trial-(help|demo):${UUID}:[0-9]{1,12}(:sms)?$`,
    tables: ['companies', 'subscriptions', 'users', 'user_activity'],
    standing: ({ now, timeZone }) =>
      standsFor(sql`${nudgeable(now)} and ${lastActivity(timeZone)} <= to_timestamp(${second}::float8)`),
  },
];
