import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';
import { HOUR_MS } from './flapping.js';
import { listed } from './incident-rows.js';
import { type Telling, tell } from './telling.js';

const DAY_MS = 24 * HOUR_MS;
/** So many causes at a time; the next look goes on. */
const MOST_CAUSES = 50;

interface Due {
  leader: string;
  since: string;
}

/**
 * Reminds of what lasts: after an hour, then once a day. After a gap only the latest is told.
 * @param sources only of these, and of those that share a cause with them
 */
export async function remind(tx: Transaction, telling: Telling, sources?: string[]): Promise<void> {
  if (sources?.length === 0) return;
  const { now } = telling.tools;
  const due = await dueReminders(tx, now, sources);
  if (due.length === 0) return;
  const rounds = due.map(({ leader, since }) => ({ leader, days: daysSince(since, now) }));
  const refused = await tell(
    tx,
    rounds.map(({ leader, days }) => ({ kind: 'reminder', leader, round: days === 0 ? ':1h' : `:${days}` })),
    telling,
  );
  // What could not be told is tried again.
  if (refused.size > 0) return;
  await tx.execute(sql`
    update cronhook.incidents set details = details || jsonb_build_object('reminded', round.days + 1)
    from json_to_recordset(${JSON.stringify(rounds)}::json) as round (leader uuid, days int)
    where id = round.leader
  `);
}

/** `reminded` counts what has been told: the one after an hour, then the days. Nobody is reminded of what they never heard of. */
const dueReminders = (tx: Transaction, now: Date, sources?: string[]): Promise<Due[]> =>
  rowsOf(
    tx,
    sql`
      with going as (
        select distinct coalesce(details->>'leader', id::text)::uuid as id from cronhook.incidents
        where resolved_at is null and details->>'wellSince' is null
          ${sources ? sql`and source in ${listed(sources)}` : sql``}
      ), leader as (
        select id, coalesce((details->>'toldAt')::timestamptz, opened_at) as since,
          coalesce((details->>'reminded')::int, 0) as reminded
        from cronhook.incidents join going using (id)
        where coalesce(details->'owed'->>'mail', details->'owed'->>'sms') is null
      )
      select id as leader, since from leader
      where isfinite(since)
        and since <= ${now.toISOString()}::timestamptz - case reminded when 0 then interval '1 hour' else reminded * interval '24 hours' end
      order by since, id limit ${MOST_CAUSES}
    `,
  );

const daysSince = (since: string, now: Date): number =>
  Math.floor((now.getTime() - Date.parse(since)) / DAY_MS);
