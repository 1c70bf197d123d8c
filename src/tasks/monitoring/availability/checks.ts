import { sql } from 'drizzle-orm';
import type { ProbeResult } from '../../../clients/probe.js';
import { type Database, rowsOf, type Transaction } from '../../../db/client.js';
import { anyOf } from '../../../db/ids.js';
import { storable } from '../../../db/json.js';
import type { Messages } from '../../../locales/index.js';
import type { Monitor } from './monitors.js';

/** What one pass has seen of one monitor. */
export interface Check {
  monitor: Monitor;
  at: Date;
  result: ProbeResult;
}

const LONGEST_ERROR = 1_000;

/** All checks of a pass at once; those of a monitor that has been deleted meanwhile are left out. */
export async function storeChecks(tx: Transaction, checks: Check[], messages: Messages): Promise<void> {
  if (checks.length === 0) return;
  const rows = checks.map(({ monitor, at, result }) => ({
    monitor_id: monitor.id,
    at: at.toISOString(),
    ok: result.ok,
    latency_ms: result.latencyMs,
    dns_ms: result.dnsMs,
    connect_ms: result.connectMs,
    tls_ms: result.tlsMs,
    first_byte_ms: result.firstByteMs,
    certificate_expires_at: result.certificateExpiresAt?.toISOString() ?? null,
    error: result.error?.(messages).slice(0, LONGEST_ERROR) ?? null,
  }));
  await rowsOf(
    tx,
    sql`
      insert into cronhook.monitor_checks (monitor_id, at, ok, latency_ms, dns_ms, connect_ms, tls_ms, first_byte_ms,
        certificate_expires_at, error)
      select monitor_id, at, ok, latency_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, certificate_expires_at, error
      from json_to_recordset(${JSON.stringify(rows, storable)}::json) as given (monitor_id uuid, at timestamptz,
        ok boolean, latency_ms int, dns_ms int, connect_ms int, tls_ms int, first_byte_ms int,
        certificate_expires_at timestamptz, error text)
      where monitor_id in (select id from cronhook.monitors) and not exists (
        select from cronhook.monitor_checks known where known.monitor_id = given.monitor_id and known.at = given.at
      )
    `,
  );
}

/** Those of these monitors whose last stored check was good. */
export async function lastGood(
  db: Pick<Database, 'rows'>,
  monitors: Iterable<string>,
  before: Date,
): Promise<Set<string>> {
  const ids = [...monitors];
  if (ids.length === 0) return new Set();
  const rows = await db.rows<{ id: string }>(sql`
    select monitor.id from cronhook.monitors monitor cross join lateral (
      select ok from cronhook.monitor_checks
      where monitor_id = monitor.id and at < ${before.toISOString()}::timestamptz order by at desc limit 1
    ) as last
    where monitor.id = ${anyOf(ids)} and last.ok
  `);
  return new Set(rows.map(({ id }) => id));
}
