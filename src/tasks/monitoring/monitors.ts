import { randomUUID } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import type { ProbeTarget } from '../../clients/probe.js';
import { type Database, rowsOf } from '../../db/client.js';
import type { Severity } from '../../db/schema/messages.js';
import { AppError } from '../../errors.js';
import { retire } from '../../incidents/observe.js';
import { certificateSourceOf, sourceOf } from './availability/monitors.js';
import { type MonitorFigures, readFigures } from './monitor-states.js';
import { invalid, refuseHiddenPassword, refuseTarget, shownTarget, withPassword } from './monitor-target.js';

/** The columns of `monitors`, as people write them. */
export interface MonitorFields extends ProbeTarget {
  name: string;
  severity: Severity;
  enabled: boolean;
}

export interface ShownMonitor extends MonitorFields, MonitorFigures {
  id: string;
}

const fields =
  sql.raw(`id, name, kind, target, expected_status as "expectedStatus", timeout_ms as "timeoutMs",
  keyword, follow_redirects as "followRedirects", severity, enabled`);

/** @throws {AppError} invalid_parameters for a target that cannot be watched */
export async function addMonitor(db: Database, given: MonitorFields): Promise<string> {
  refuseTarget(given);
  refuseHiddenPassword(given.target);
  const id = randomUUID();
  await db.rows(sql`
    insert into cronhook.monitors (id, name, kind, target, expected_status, timeout_ms, keyword, follow_redirects,
      severity, enabled)
    values (${id}::uuid, ${given.name}, ${given.kind}, ${given.target}, ${given.expectedStatus}::int,
      ${given.timeoutMs}::int, ${given.keyword}, ${given.followRedirects}::boolean, ${given.severity},
      ${given.enabled}::boolean)
  `);
  return id;
}

/**
 * By name.
 * @param after the id of a monitor: only those behind it
 * @throws {AppError} invalid_parameters for an `after` that is gone
 */
export async function listMonitors(
  db: Database,
  { limit, after, now }: { limit: number; after?: string | undefined; now: Date },
): Promise<ShownMonitor[]> {
  let behind: SQL = sql``;
  if (after) {
    const [last] = await db.rows<{ name: string | null }>(
      sql`select name from cronhook.monitors where id = ${after}::uuid`,
    );
    if (!last) throw invalid('after', (t) => t.monitors.afterGone);
    behind = sql`where (coalesce(name, ''), id) > (${last.name ?? ''}, ${after}::uuid)`;
  }
  return shown(db, sql`${behind} order by coalesce(name, ''), id limit ${limit}`, now);
}

/** @throws {AppError} not_found */
export async function findMonitor(db: Database, id: string, now: Date): Promise<ShownMonitor> {
  const [found] = await shown(db, sql`where id = ${id}::uuid`, now);
  if (!found) throw notFound(id);
  return found;
}

/**
 * Changes what is given. One that is switched off has no incidents any more.
 * @throws {AppError} not_found; invalid_parameters for a target that cannot be watched
 */
export async function changeMonitor(
  db: Database,
  id: string,
  changes: Partial<MonitorFields>,
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [current] = await rowsOf<MonitorFields>(
      tx,
      sql`select ${fields} from cronhook.monitors where id = ${id}::uuid for update`,
    );
    if (!current) throw notFound(id);
    const wanted = { ...current, ...changes };
    wanted.target = withPassword(wanted.target, current.target);
    if (changes.kind !== undefined || changes.target !== undefined) refuseTarget(wanted);
    if (wanted.target !== current.target) refuseHiddenPassword(wanted.target);
    await tx.execute(sql`
      update cronhook.monitors set name = ${wanted.name}, kind = ${wanted.kind}, target = ${wanted.target},
        expected_status = ${wanted.expectedStatus}::int, timeout_ms = ${wanted.timeoutMs}::int,
        keyword = ${wanted.keyword}, follow_redirects = ${wanted.followRedirects}::boolean,
        severity = ${wanted.severity}, enabled = ${wanted.enabled}::boolean
      where id = ${id}::uuid
    `);
    if (!wanted.enabled) await retire(tx, incidentsOf(id), now);
  });
}

/**
 * Removes a monitor with its checks; its incidents end without a word.
 * @throws {AppError} not_found
 */
export async function removeMonitor(db: Database, id: string, now: Date): Promise<void> {
  await db.transaction(async (tx) => {
    const removed = await rowsOf(tx, sql`delete from cronhook.monitors where id = ${id}::uuid returning 1`);
    if (removed.length === 0) throw notFound(id);
    await tx.execute(sql`delete from cronhook.monitor_checks where monitor_id = ${id}::uuid`);
    await tx.execute(sql`delete from cronhook.monitor_days where monitor_id = ${id}::uuid`);
    await retire(tx, incidentsOf(id), now);
  });
}

async function shown(db: Database, which: SQL, now: Date): Promise<ShownMonitor[]> {
  const rows = await db.rows<MonitorFields & { id: string }>(
    sql`select ${fields} from cronhook.monitors ${which}`,
  );
  const figures = await readFigures(
    db,
    rows.map(({ id }) => id),
    now,
  );
  return rows.map((row) => ({
    ...row,
    target: shownTarget(row.target),
    ...(figures.get(row.id) as MonitorFigures),
  }));
}

const incidentsOf = (id: string): string[] => [sourceOf(id), certificateSourceOf(id)];

const notFound = (id: string): AppError => new AppError('not_found', (t) => t.monitors.notFound(id));
