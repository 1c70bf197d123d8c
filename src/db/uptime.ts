import { type SQL, sql } from 'drizzle-orm';
import { type Database, rowsOf, type Transaction } from './client.js';
import { sqlTime } from './moments.js';

export interface Uptime {
  monitorId: string;
  /** Share of the time for which something is known, 0 to 1; null where nothing is. */
  uptime: number | null;
  downMs: number;
}

export interface Span {
  from: Date;
  to: Date;
}

type Reader = Pick<Database, 'lookUps'>;

/** How long a check counts when no other follows. */
export const CHECK_COUNTS_MS = 10 * 60_000;
/** Made in one run; the next goes on. */
const MOST_DAYS = 7;
/** Older checks are being cleaned away, and a day of which half has gone is no day. */
const OLDEST_DAYS = 98;

const counts = sql.raw(`interval '${CHECK_COUNTS_MS} milliseconds'`);

/**
 * By monitor, between two moments: time-weighted. A check counts until the next one, for ten minutes at most: what lies
 * beyond nobody knows, and it counts neither as up nor as down. Of all monitors that there are, where none are named.
 */
export async function uptimeBetween(db: Reader, span: Span, monitorIds?: string[]): Promise<Uptime[]> {
  const [uptimes] = await uptimesIn(db, [span], monitorIds);
  return uptimes as Uptime[];
}

/** The same for several spans at once, in their order. */
export async function uptimesIn(db: Reader, spans: Span[], monitorIds?: string[]): Promise<Uptime[][]> {
  const given = spans.map(({ from, to }, span) => ({ span, from: from.toISOString(), to: to.toISOString() }));
  const wanted =
    monitorIds === undefined ? sql`cronhook.monitors` : sql`unnest(${idsIn(monitorIds)}) as monitor (id)`;
  // A day that is over is read from its line, where it has one; every other piece from its checks.
  const rows = await db.lookUps<{ span: number; monitorId: string; up: number; down: number }>(sql`
    with piece as materialized (
      select span.span, monitor.id, piece.starts, piece.ends, line.up_ms, line.down_ms
      from json_to_recordset(${JSON.stringify(given)}::json) as span (span int, "from" timestamptz, "to" timestamptz)
        cross join lateral (
          select day::date as day, greatest("from", day at time zone 'UTC') as starts,
            least("to", (day + interval '1 day') at time zone 'UTC') as ends
          from generate_series(("from" at time zone 'UTC')::date::timestamp, "to" at time zone 'UTC', interval '1 day') as day
        ) as piece
        cross join (select id from ${wanted}) as monitor
        left join cronhook.monitor_days line on line.monitor_id = monitor.id and line.day = piece.day
          and ends - starts = interval '1 day'
      where starts < ends
    )
    select span, piece.id as "monitorId", coalesce(sum(coalesce(up_ms, checked.up)), 0)::float8 as up,
      coalesce(sum(coalesce(down_ms, checked.down)), 0)::float8 as down
    from piece cross join lateral (
      select sum(ms) filter (where ok) as up, sum(ms) filter (where not ok) as down
      from (${countedTime(sql`piece.starts`, sql`piece.ends`, sql`monitor_id = piece.id and piece.up_ms is null`)}) as checked
    ) as checked
    group by 1, 2
  `);
  const found = new Map(rows.map((row) => [`${row.span} ${row.monitorId}`, row]));
  const ids = monitorIds ?? [...new Set(rows.map(({ monitorId }) => monitorId))];
  return spans.map((_, span) =>
    ids.map((monitorId) => {
      const { up, down } = found.get(`${span} ${monitorId}`) ?? { up: 0, down: 0 };
      return { monitorId, uptime: up + down > 0 ? up / (up + down) : null, downMs: Math.round(down) };
    }),
  );
}

/**
 * Writes the lines of days (UTC) that have been over for an hour and have none yet: a week of them at most.
 * @returns how many lines
 */
export async function rollUpDays(tx: Transaction, now: Date): Promise<number> {
  const moment = sqlTime(now);
  const starts = sql`(day.day::timestamp at time zone 'UTC')`;
  const ends = sql`((day.day + 1)::timestamp at time zone 'UTC')`;
  const lines = await rowsOf(
    tx,
    sql`
      with known as (
        select greatest((select max(day) + 1 from cronhook.monitor_days),
          ((${moment} at time zone 'UTC')::date - ${OLDEST_DAYS}::int)) as day
      ), first as (
        select (min(at) at time zone 'UTC')::date as day from cronhook.monitor_checks
        where at >= (select day::timestamp at time zone 'UTC' from known)
      ), day as (
        select day.day::date as day from first, generate_series(first.day::timestamp,
          least(first.day + ${MOST_DAYS - 1}::int, ((${moment} - interval '1 hour') at time zone 'UTC')::date - 1)::timestamp,
          interval '1 day') as day (day)
      )
      insert into cronhook.monitor_days (monitor_id, day, up_ms, down_ms)
      select monitor_id, day.day, coalesce(round(sum(ms) filter (where ok)), 0),
        coalesce(round(sum(ms) filter (where not ok)), 0)
      from day cross join lateral (${countedTime(starts, ends, sql`true`)}) as checked
      group by monitor_id, day.day
      on conflict do nothing returning 1
    `,
  );
  return lines.length;
}

/** Of each check, the milliseconds for which it counts within these moments: the last one before them may reach in. */
const countedTime = (starts: SQL, ends: SQL, which: SQL): SQL => sql`
  select monitor_id, ok, ms
  from (
    select monitor_id, ok, extract(epoch from
      least(lead(at) over (partition by monitor_id order by at), at + ${counts}, ${ends}) - greatest(at, ${starts})
    ) * 1000 as ms
    from cronhook.monitor_checks where ${which} and at >= ${starts} - ${counts} and at < ${ends}
  ) as counted
  where ms > 0`;

const idsIn = (ids: string[]): SQL => sql`${`{${ids.join(',')}}`}::text::uuid[]`;
