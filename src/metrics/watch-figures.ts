import { sql } from 'drizzle-orm';
import type { Database } from '../db/client.js';
import { SEVERITIES, type Severity } from '../db/schema/messages.js';
import type { Scrub } from '../secret.js';
import type { Family } from './exposition.js';

type Db = Pick<Database, 'rows'>;

/** Each is a series: more of them would weigh on Prometheus. */
const MOST_MONITORS = 1_000;

export async function incidentFigures(db: Db): Promise<Family[]> {
  const open = await db.rows<{ severity: Severity; incidents: number }>(sql`
    select severity, count(*)::int as incidents from cronhook.incidents where resolved_at is null group by severity
  `);
  return [
    {
      name: 'cronhook_incidents_open',
      help: 'Incidents that last, by severity.',
      type: 'gauge',
      samples: SEVERITIES.map((severity) => ({
        labels: { severity },
        value: open.find((line) => line.severity === severity)?.incidents ?? 0,
      })),
    },
  ];
}

/** Monitors may be a table of the team's application; their names are what people wrote. */
export async function monitorFigures(db: Db, scrub: Scrub): Promise<Family[]> {
  const checked = await db.rows<{ id: string; name: string; up: boolean }>(sql`
    select monitor.id, monitor.name, last.ok as up
    from (
      select id, name from cronhook.monitors where enabled order by created_at, id limit ${MOST_MONITORS}
    ) as monitor
    cross join lateral (
      select ok from cronhook.monitor_checks where monitor_id = monitor.id order by at desc limit 1
    ) as last
    order by monitor.name, monitor.id
  `);
  return [
    {
      name: 'cronhook_monitor_up',
      help: 'Whether the last check of the monitor was good.',
      type: 'gauge',
      samples: checked.map(({ id, name, up }) => ({
        labels: { monitor: id, name: scrub(name) },
        value: up ? 1 : 0,
      })),
    },
  ];
}
