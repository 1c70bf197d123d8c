import { sql } from 'drizzle-orm';
import type { Database } from '../../../db/client.js';
import { sqlTime } from '../../../db/moments.js';
import type { LongQuery } from '../../../locales/performance.js';

type Rows = Pick<Database, 'rows'>;

const ROUND_TRIPS = 5;
const ERRORS_OVER_MINUTES = 5;
/** More of them than that are no better to know. */
const MOST_ERRORS = 100_000;

/** The usual one: the first may have had to open a connection. */
export async function roundTripMs({ rows }: Rows): Promise<number | undefined> {
  const trips: number[] = [];
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    const begun = performance.now();
    await rows(sql`select 1`);
    trips.push(performance.now() - begun);
  }
  return trips.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)];
}

/** A session of another user hides what it is, but not that it is there; what has no user is PostgreSQL's own. */
const CLIENTS = sql.raw(`datid is not null and usesysid is not null
  and coalesce(backend_type, 'client backend') = 'client backend'`);

/** What PostgreSQL shows in place of a statement to who may not see it. */
const HIDDEN = sql.raw(`state is null and query = '<insufficient privilege>'`);

/** Of all databases of the server; against the nearest limit: of the server, of the database or of the user. */
export async function connectionsInUse({
  rows,
}: Rows): Promise<{ connections: number; percent: number } | undefined> {
  const [found] = await rows<{ connections: number; percent: number }>(sql`
    with used as (
      select count(*)::float8 as connections,
        count(*) filter (where datname = current_database()) as here,
        count(*) filter (where usename = current_user) as own
      from pg_stat_activity where ${CLIENTS}
    ), most as (
      select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
          - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) as server,
        (select datconnlimit from pg_database where datname = current_database()) as here,
        (select rolconnlimit from pg_roles where rolname = current_user and not rolsuper) as own
    )
    select connections, greatest(
      100 * connections / nullif(greatest(most.server, 0), 0),
      100 * used.here::float8 / nullif(greatest(most.here, 0), 0),
      100 * used.own::float8 / nullif(greatest(most.own, 0), 0)
    ) as percent
    from used, most
  `);
  return found;
}

/** Of a statement its first word, comments aside. */
const COMMAND = sql.raw(
  String.raw`upper(substring(regexp_replace(left(query, 1000), '^(\s|/\*.*?\*/|--[^\n]*\n)+', '') from '^[A-Za-z]{1,20}'))`,
);

/** Whether sessions of other users hide what they do: the role pg_monitor sees all of them. */
export interface Sight {
  hidden: boolean;
}

/**
 * The one that has been running longest in this database, by the server's own clock; none runs for zero seconds. A
 * backup may take its time.
 */
export async function longestQuery({ rows }: Rows): Promise<LongQuery & { seconds: number } & Sight> {
  const [{ hidden } = { hidden: false }] = await rows<Sight>(sql`
    select exists (
      select from pg_stat_activity where ${CLIENTS} and datname = current_database() and ${HIDDEN}
    ) as hidden
  `);
  const [found] = await rows<LongQuery & { seconds: number }>(sql`
    select pid, coalesce(application_name, '') as application, coalesce(usename, '') as user,
      coalesce(${COMMAND}, '') as command,
      greatest(extract(epoch from clock_timestamp() - query_start), 0)::float8 as seconds
    from pg_stat_activity
    where ${CLIENTS} and datname = current_database() and state = 'active' and query_start is not null
      and pid <> pg_backend_pid() and application_name <> 'pg_dump'
    order by query_start limit 1
  `);
  return { ...(found ?? { pid: 0, application: '', user: '', command: '', seconds: 0 }), hidden };
}

/** How far the slowest standby is behind, or this server where it is one itself; none where nothing is replicated. */
export async function replicationLagSeconds({
  rows,
}: Rows): Promise<Sight & { seconds: number | undefined }> {
  const [found] = await rows<Sight & { seconds: number | null }>(sql`
    select not pg_is_in_recovery() and exists (select from pg_stat_replication where state is null) as hidden, case
      when not pg_is_in_recovery() then (
        select max(coalesce(extract(epoch from replay_lag), 0))
        from pg_stat_replication where state in ('streaming', 'catchup')
      )
      when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
      else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())
    end::float8 as seconds
  `);
  return { hidden: found?.hidden ?? false, seconds: found?.seconds ?? undefined };
}

export async function databaseBytes({ rows }: Rows): Promise<number | undefined> {
  const [found] = await rows<{ bytes: number }>(
    sql`select pg_database_size(current_database())::float8 as bytes`,
  );
  return found?.bytes;
}

/** Statistics begin anew when they are reset, and may when the server starts. */
export async function databaseCounters({
  rows,
}: Rows): Promise<{ instance: string; values: Map<string, number> } | undefined> {
  const [found] = await rows<{ instance: string; deadlocks: number; hit: number; read: number }>(sql`
    select concat_ws(' ', datid, pg_postmaster_start_time(), stats_reset) as instance,
      deadlocks::float8 as deadlocks, blks_hit::float8 as hit, blks_read::float8 as read
    from pg_stat_database where datname = current_database()
  `);
  if (!found) return undefined;
  const { instance, deadlocks, hit, read } = found;
  return {
    instance,
    values: new Map([
      ['deadlocks', deadlocks],
      ['blocks_hit', hit],
      ['blocks_read', read],
    ]),
  };
}

/** By which a count that waits for a lock is found again. */
const COUNTING = '/* cronhook: errors per minute */';

/** A count that nobody waits for any more would hold its connection until the lock is gone. */
export const cancelCounts = ({ rows }: Rows): Promise<unknown> =>
  rows(sql`
    select pg_cancel_backend(pid) from pg_stat_activity
    where usename = current_user and datname = current_database() and pid <> pg_backend_pid()
      and state = 'active' and position(${COUNTING}::text in query) > 0
  `);

/** Over the last five minutes, whenever the last run was. */
export async function errorsPerMinute({ rows }: Rows, now: Date): Promise<number | undefined> {
  const from = new Date(now.getTime() - ERRORS_OVER_MINUTES * 60_000);
  const [found] = await rows<{ errors: number }>(sql`
    select ${sql.raw(COUNTING)} count(*)::float8 as errors from (
      select from cronhook.application_logs
      where created_at > ${sqlTime(from)} and created_at <= ${sqlTime(now)}
        and lower(level::text) in ('error', 'critical')
      limit ${MOST_ERRORS}
    ) as lines
  `);
  return found && found.errors / ERRORS_OVER_MINUTES;
}
