import { type SQL, sql } from 'drizzle-orm';
import { isPaying, lastSeen } from './companies.js';
import { sqlTime } from './moments.js';

/** Of `company`: nothing says that it has become a customer. The webhook that tells `companies` may be late. */
export const unconverted = (now: Date): SQL => sql`(company.converted_at is null and not ${isPaying(now)})`;

export const onTrial = (now: Date): SQL => sql`(company.status = 'trial' and ${unconverted(now)})`;

/** The second at which the trial of `company` ends, as dedupe keys name it. */
export const endSecond: SQL = sql`floor(extract(epoch from company.trial_ends_at))`;

/** The trial of `company` has more than its last day before it; one without an end goes on. */
export const nudgeable = (now: Date): SQL => sql`(${onTrial(now)} and
  coalesce(company.trial_ends_at > ${sqlTime(now)} + interval '24 hours', true))`;

/** When `company` was last heard of; its beginning is a sign of life too. */
export const lastActivity = (timeZone: string): SQL =>
  sql`greatest(company.created_at, ${lastSeen(timeZone)})`;
