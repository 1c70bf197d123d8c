import { type SQL, sql } from 'drizzle-orm';
import { rowsOf } from '../../../db/client.js';
import type { Capabilities, RunContext } from '../../define.js';

type HistoryContext = RunContext<unknown> & Pick<Capabilities, 'db'>;

/** So many at a time keep each statement short. */
const POINTS_A_STATEMENT = 50_000;

/**
 * Removes points that a later one replaces: of the same hour, or of the same day once they are 90 days old. Only looks
 * where something may have changed since the history was last thinned to its end.
 * @returns how many points went
 */
export async function thinHistory(context: HistoryContext): Promise<number> {
  const { db, now, site, outOfTime, progress } = context;
  const [at, since] = [now(), await thinnedUpTo(context)];
  let total = 0;
  for (;;) {
    const removed = await db.write((tx) => rowsOf(tx, removal(at, since, site.timeZone)));
    total += removed.length;
    if (removed.length < POINTS_A_STATEMENT) break;
    if (outOfTime()) return total;
  }
  progress({ thinnedUpTo: at.toISOString() });
  return total;
}

/** A run that was killed, or out of time, before the end of its thinning leaves no such moment. */
async function thinnedUpTo({ db, runId }: HistoryContext): Promise<string> {
  const [last] = await db.rows<{ moment: string }>(sql`
    select progress ->> 'thinnedUpTo' as moment from cronhook.task_runs
    where task = 'crypto-prices' and not dry_run and id <> ${runId}::uuid and progress -> 'thinnedUpTo' is not null
    order by started_at desc, id desc limit 1
  `);
  return last?.moment ?? '-infinity';
}

/** Looks at new points, and at the days whose points have come of age; two days to spare, for those that came late. */
const removal = (now: Date, since: string, timeZone: string): SQL => {
  const moment = sql`${now.toISOString()}::timestamptz`;
  const seen = sql`least(${since}::timestamptz, ${moment}) - interval '48 hours'`;
  const old = sql`${moment} - interval '2160 hours'`;
  return sql`
    with needless as (
      select symbol, at from (
        select symbol, at, lead(at) over (partition by symbol order by at) as next
        from cronhook.crypto_price_history
        where at >= ${seen} or (at >= ${seen} - interval '2160 hours' and at < ${old} + interval '48 hours')
      ) as point
      where (next < at + interval '1 hour'
          and date_trunc('hour', at at time zone 'UTC') = date_trunc('hour', next at time zone 'UTC'))
        or (at < ${old} and (at at time zone ${timeZone}::text)::date = (next at time zone ${timeZone}::text)::date)
      limit ${POINTS_A_STATEMENT}
    )
    delete from cronhook.crypto_price_history history
    using needless where history.symbol = needless.symbol and history.at = needless.at
    returning 1
  `;
};
