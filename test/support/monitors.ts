import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.js';

export interface MonitorRow {
  id: string;
  name: string;
  kind: string;
  target: string;
  expected_status: number;
  timeout_ms: number;
  keyword: string | null;
  follow_redirects: boolean;
  severity: string;
  enabled: boolean;
}

/** A monitor as the team's application would write it. */
export async function addMonitor(db: Database, given: Partial<MonitorRow>): Promise<string> {
  const id = given.id ?? randomUUID();
  const row: MonitorRow = {
    ...{
      id,
      name: 'Site',
      kind: 'http',
      target: 'http://127.0.0.1:9/',
      expected_status: 200,
      timeout_ms: 2_000,
    },
    ...{ keyword: null, follow_redirects: false, severity: 'critical', enabled: true },
    ...given,
  };
  await db.rows(sql`
    insert into cronhook.monitors
    select (json_populate_record(null::cronhook.monitors, ${JSON.stringify({ ...row, created_at: new Date() })}::json)).*
  `);
  return id;
}

export interface CheckRow {
  monitor_id: string;
  at: number;
  ok: boolean;
  latency_ms?: number;
  certificate_expires_at?: string;
  error?: string;
}

export async function addChecks(db: Database, checks: CheckRow[]): Promise<void> {
  const rows = checks.map((check) => ({ ...check, at: new Date(check.at).toISOString() }));
  await db.rows(sql`
    insert into cronhook.monitor_checks (monitor_id, at, ok, latency_ms, certificate_expires_at, error)
    select * from json_to_recordset(${JSON.stringify(rows)}::json) as given (monitor_id uuid, at timestamptz, ok boolean,
      latency_ms int, certificate_expires_at timestamptz, error text)
  `);
}

export interface StoredCheck {
  monitor: string;
  at: string;
  ok: boolean;
  error: string | null;
}

export const storedChecks = (db: Database): Promise<StoredCheck[]> =>
  db.rows<StoredCheck>(sql`
    select name as monitor, at, ok, error from cronhook.monitor_checks
      join cronhook.monitors on monitors.id = monitor_id order by at, name
  `);
