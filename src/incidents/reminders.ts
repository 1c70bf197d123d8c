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
  /** What comes and goes counts anew from each turn. */
  counted: 'from-opening' | 'from-turn';
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
  const rounds = due.map((one) => ({ leader: one.leader, round: roundOf(one, now) }));
  const refused = await tell(
    tx,
    rounds.map((one) => ({ kind: 'reminder', ...one })),
    telling,
  );
  // What could not be told is tried again.
  if (refused.size > 0) return;
  await tx.execute(sql`
    update cronhook.incidents
    set details = details || jsonb_build_object('remindedAt', ${now.toISOString()}::text, 'reminder', given.round)
    from json_to_recordset(${JSON.stringify(rounds)}::json) as given (leader uuid, round text)
    where id = given.leader
  `);
}

/**
 * Nobody is reminded of what they never heard of. What comes and goes is reminded of once it has been wrong for an hour
 * without a break, and else once a day.
 */
const dueReminders = (tx: Transaction, now: Date, sources?: string[]): Promise<Due[]> =>
  rowsOf(
    tx,
    sql`
      with going as (
        select coalesce(details->>'leader', id::text)::uuid as id,
          case when bool_and(details->>'flapping' is not null) then max((details->>'wrongSince')::timestamptz) end as turned
        from cronhook.incidents
        where resolved_at is null and details->>'wellSince' is null
        group by 1 ${sources ? sql`having bool_or(source in ${listed(sources)})` : sql``}
      ), leader as (
        select id, turned, coalesce((details->>'toldAt')::timestamptz, opened_at) as told,
          (details->>'remindedAt')::timestamptz as reminded
        from cronhook.incidents join going using (id)
        where coalesce(details->'owed'->>'mail', details->'owed'->>'sms') is null
      ), counting as (
        select *, coalesce(turned, told) as since from leader
      )
      select id as leader, since, case when turned is null then 'from-opening' else 'from-turn' end as counted
      from counting
      where isfinite(since) and (
        since <= ${moment(now)} - case
          when reminded >= since then (floor(extract(epoch from reminded - since) / 86400) + 1) * interval '24 hours'
          -- However often it turns, once a day is enough.
          when turned is not null and reminded > ${moment(now)} - interval '24 hours' then null
          else interval '1 hour' end
        or turned is not null and greatest(told, reminded) <= ${moment(now)} - interval '24 hours'
      )
      order by since, id limit ${MOST_CAUSES}
    `,
  );

const moment = (now: Date) => sql`${now.toISOString()}::timestamptz`;

/** `:1h`, `:1` after a day; after a turn, with its second. */
function roundOf({ since, counted }: Due, now: Date): string {
  const began = Date.parse(since);
  const days = Math.floor((now.getTime() - began) / DAY_MS);
  const round = days === 0 ? ':1h' : `:${days}`;
  return counted === 'from-turn' ? `${round}:${Math.floor(began / 1000)}` : round;
}
