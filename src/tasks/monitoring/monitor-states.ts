import { type SQL, sql } from 'drizzle-orm';
import type { ProbeResult } from '../../clients/probe.js';
import type { Database } from '../../db/client.js';
import { anyOf } from '../../db/ids.js';
import { showable, sqlTime } from '../../db/moments.js';
import { CHECK_COUNTS_MS, uptimesIn } from '../../db/uptime.js';

/** `down`: bad for more than a minute, and told; `failing`: bad, for now; `unknown`: no check of the last ten minutes. */
export type MonitorState = 'up' | 'failing' | 'down' | 'unknown' | 'disabled';

type Measured = 'ok' | 'latencyMs' | 'dnsMs' | 'connectMs' | 'tlsMs' | 'firstByteMs';

/** How a monitor fares. Times are ISO 8601, durations milliseconds, shares 0 to 1. */
export interface MonitorFigures {
  state: MonitorState;
  since: string | null;
  lastCheck: ({ at: string; error: string | null } & Pick<ProbeResult, Measured>) | null;
  uptime: Record<keyof typeof SPANS, number | null>;
  /** Of the good checks of the last 24 hours. */
  latency: { p50Ms: number | null; p95Ms: number | null };
  certificateExpiresAt: string | null;
}

const DAY_MS = 24 * 60 * 60_000;
const SPANS = { day: 1, week: 7, month: 30, quarter: 90 };
const LONGEST_ERROR = 300;

type Reader = Pick<Database, 'lookUps'>;

export async function readFigures(
  db: Reader,
  monitorIds: string[],
  now: Date,
): Promise<Map<string, MonitorFigures>> {
  if (monitorIds.length === 0) return new Map();
  const spans = Object.values(SPANS).map((days) => ({
    from: new Date(now.getTime() - days * DAY_MS),
    to: now,
  }));
  const [rows, uptimes] = await Promise.all([
    readLatest(db, monitorIds, now),
    uptimesIn(db, spans, monitorIds),
  ]);
  const uptimeOf = (index: number) =>
    Object.fromEntries(
      Object.keys(SPANS).map((name, span) => [name, uptimes[span]?.[index]?.uptime ?? null]),
    ) as MonitorFigures['uptime'];
  const found = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    monitorIds.map((id, index) => [id, { ...figuresOf(found.get(id), now), uptime: uptimeOf(index) }]),
  );
}

interface Latest {
  id: string;
  enabled: boolean;
  lastCheck: MonitorFigures['lastCheck'];
  downSince: string | null;
  steadySince: string | null;
  certificateExpiresAt: string | null;
  p50: number | null;
  p95: number | null;
}

function figuresOf(row: Latest | undefined, now: Date): Omit<MonitorFigures, 'uptime'> {
  const lastCheck = row?.lastCheck ? { ...row.lastCheck, at: iso(row.lastCheck.at) as string } : null;
  const state = stateOf(row, now);
  return {
    state,
    since: sinceOf(state, row),
    lastCheck,
    latency: { p50Ms: row?.p50 ?? null, p95Ms: row?.p95 ?? null },
    certificateExpiresAt: iso(row?.certificateExpiresAt ?? null),
  };
}

function stateOf(row: Latest | undefined, now: Date): MonitorState {
  if (!row) return 'unknown';
  if (!row.enabled) return 'disabled';
  if (row.downSince) return 'down';
  const { lastCheck } = row;
  if (!lastCheck || now.getTime() - Date.parse(lastCheck.at) > CHECK_COUNTS_MS) return 'unknown';
  return lastCheck.ok ? 'up' : 'failing';
}

function sinceOf(state: MonitorState, row: Latest | undefined): string | null {
  if (state === 'down') return iso(row?.downSince ?? null);
  return state === 'up' || state === 'failing' ? iso(row?.steadySince ?? null) : null;
}

const iso = (moment: string | null): string | null =>
  moment === null ? null : new Date(moment).toISOString();

/** By index look-ups for each monitor; only the checks of a day are read, and those since the last line of a day. */
const readLatest = (db: Reader, ids: string[], now: Date): Promise<Latest[]> => {
  const dayAgo = sqlTime(new Date(now.getTime() - DAY_MS));
  const of = (columns: SQL, which: SQL) =>
    sql`select ${columns} from cronhook.monitor_checks where monitor_id = monitor.id ${which}`;
  return db.lookUps<Latest>(sql`
    select monitor.id, monitor.enabled, to_json(last) as "lastCheck",
      (select ${showable(sql`opened_at`)} from cronhook.incidents
        where source = 'monitor:' || monitor.id and resolved_at is null) as "downSince",
      (${of(sql`min(at)`, sql`and at > coalesce(turn.at, '-infinity')`)}) as "steadySince",
      (${of(
        sql`certificate_expires_at`,
        sql`and at >= ${dayAgo} and certificate_expires_at is not null order by at desc limit 1`,
      )}) as "certificateExpiresAt",
      latency.p50, latency.p95
    from cronhook.monitors monitor
    left join lateral (
      ${of(
        sql`at, ok, latency_ms as "latencyMs", dns_ms as "dnsMs", connect_ms as "connectMs", tls_ms as "tlsMs",
          first_byte_ms as "firstByteMs", left(error, ${LONGEST_ERROR}::int) as error`,
        sql`order by at desc limit 1`,
      )}
    ) as last on true
    left join lateral (
      select max(day) + 1 as unlined, max(day) filter (where down_ms > 0) as bad, max(day) filter (where up_ms > 0) as good
      from cronhook.monitor_days where monitor_id = monitor.id
    ) as lines on true
    left join lateral (
      select greatest(
        (${of(sql`at`, sql`and ok <> last.ok and at >= coalesce(${startOf(sql`lines.unlined`)}, '-infinity') order by at desc limit 1`)}),
        (${of(
          sql`at`,
          sql`and ok <> last.ok and at < ${startOf(sql`other.day + 1`)} and at >= ${startOf(sql`other.day - 1`)}
            order by at desc limit 1`,
        )})
      ) as at
      from (select case when last.ok then lines.bad else lines.good end as day) as other
    ) as turn on true
    left join lateral (
      ${of(
        sql`round(percentile_cont(0.5) within group (order by latency_ms))::int as p50,
          round(percentile_cont(0.95) within group (order by latency_ms))::int as p95`,
        sql`and at >= ${dayAgo} and ok`,
      )}
    ) as latency on true
    where monitor.id = ${anyOf(ids)}
  `);
};

const startOf = (day: SQL): SQL => sql`((${day})::timestamp at time zone 'UTC')`;
