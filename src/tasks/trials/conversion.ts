import { sql } from 'drizzle-orm';
import { sqlTime } from '../../db/moments.js';
import { unconverted } from '../../db/trials.js';
import type { TrialContext } from './model.js';

/** How many companies became customers in the last 30 days, and their share of the trials that came to an end. */
export async function conversion({ db, now }: Pick<TrialContext, 'db' | 'now'>) {
  const since = sql`(${sqlTime(now())} - interval '720 hours')`;
  const [row] = await db.rows<{ converted: number; lost: number }>(sql`
    select count(*) filter (where converted_at is not null)::int as converted,
      count(*) filter (where converted_at is null and ${unconverted(now())})::int as lost
    from cronhook.companies company
    where converted_at > ${since} and converted_at <= ${sqlTime(now())}
      or converted_at is null and trial_ends_at > ${since} and trial_ends_at <= ${sqlTime(now())}
  `);
  const { converted = 0, lost = 0 } = row ?? {};
  const ended = converted + lost;
  return { converted30d: converted, conversionRate: ended === 0 ? null : round(converted / ended) };
}

const round = (rate: number): number => Math.round(rate * 10_000) / 10_000;
