import { sql } from 'drizzle-orm';
import { validate as isUuid } from 'uuid';
import { type ProbeTarget, targetProblem } from '../../../clients/probe.js';
import type { Database } from '../../../db/client.js';
import { SEVERITIES, type Severity } from '../../../db/schema/messages.js';
import { AppError, type Text } from '../../../errors.js';

/** A monitor that can be checked. */
export interface Monitor extends ProbeTarget {
  id: string;
  name: string;
  severity: Severity;
}

export const TIMEOUT = { min: 1_000, max: 60_000, default: 10_000 };
export const STATUS = { min: 100, max: 599, default: 200 };

/** As it stands: the table may be a view of the team's own. */
interface Row {
  id: string | null;
  name: string | null;
  kind: string | null;
  target: string | null;
  expectedStatus: number | null;
  timeoutMs: number | null;
  keyword: string | null;
  followRedirects: boolean | null;
  severity: string | null;
}

/** Those that are enabled; the ones that nobody could check are named by `fail`. */
export async function readMonitors(
  db: Pick<Database, 'rows'>,
  fail: (item: string, error: unknown) => void,
): Promise<Monitor[]> {
  const rows = await db.rows<Row>(sql`
    select id::text, name, kind, target, expected_status as "expectedStatus", timeout_ms as "timeoutMs", keyword,
      follow_redirects as "followRedirects", severity
    from cronhook.monitors where enabled order by name, id
  `);
  const monitors = new Map<string, Monitor>();
  for (const row of rows) {
    const problem = problemOf(row);
    if (problem) fail(row.name || row.id || 'monitors', new AppError('unprocessable', problem));
    else monitors.set(row.id as string, monitorOf(row));
  }
  return [...monitors.values()];
}

/** Those that are checked as before, as they stand now; of whoever was changed the next run knows more. */
export async function unchanged(db: Pick<Database, 'rows'>, monitors: Monitor[]): Promise<Monitor[]> {
  const current = new Map((await readMonitors(db, () => {})).map((monitor) => [monitor.id, monitor]));
  return monitors.flatMap((monitor) => {
    const found = current.get(monitor.id);
    return found && CHECKED.every((field) => found[field] === monitor[field]) ? [found] : [];
  });
}

const CHECKED = ['kind', 'target', 'expectedStatus', 'keyword', 'followRedirects', 'timeoutMs'] as const;

function problemOf({ id, kind, target, expectedStatus }: Row): Text | undefined {
  if (id === null || !isUuid(id)) return (t) => t.monitors.noId;
  if (kind !== 'http' && kind !== 'tcp') return (t) => t.monitors.unknownKind;
  const problem = targetProblem(kind, target ?? '');
  if (problem) return (t) => t.monitors.badTarget(problem(t));
  const status = expectedStatus ?? STATUS.default;
  if (kind === 'http' && (status < STATUS.min || status > STATUS.max))
    return (t) => t.monitors.badStatus(status);
  return undefined;
}

const monitorOf = (row: Row): Monitor => ({
  id: row.id as string,
  name: row.name || (row.id as string),
  kind: row.kind as Monitor['kind'],
  target: row.target as string,
  expectedStatus: row.expectedStatus ?? STATUS.default,
  timeoutMs: Math.min(Math.max(row.timeoutMs ?? TIMEOUT.default, TIMEOUT.min), TIMEOUT.max),
  keyword: row.keyword || null,
  followRedirects: row.followRedirects ?? false,
  severity: SEVERITIES.find((known) => known === row.severity) ?? 'critical',
});

export const sourceOf = (id: string): string => `monitor:${id}`;
export const certificateSourceOf = (id: string): string => `monitor:${id}:certificate`;
/** That of the service itself, when it reaches nothing at all. */
export const NETWORK = 'monitoring:network';

/** For the eyes of a reader: neither credentials nor a query, in which tokens may be. */
export function publicTarget({ kind, target }: Pick<ProbeTarget, 'kind' | 'target'>): string {
  if (kind === 'tcp' || !URL.canParse(target)) return target;
  const { origin, pathname } = new URL(target);
  return `${origin}${pathname}`;
}
