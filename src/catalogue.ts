import { Cron } from 'croner';
import { sql } from 'drizzle-orm';
import type { Config } from './config.js';
import type { Database } from './db/client.js';
import { enabledSetting } from './db/leases.js';
import { lastRuns, type RunSummary } from './db/runs.js';
import type { AnyTask } from './tasks/define.js';

/** A task as the catalogue shows it. */
export interface CatalogueEntry {
  name: string;
  product: string;
  path: string;
  methods: ['GET', 'POST'];
  summary: string;
  /** Cron expression in `timezone`, the setting's where there is one. */
  schedule: string;
  timezone: string;
  timeoutSeconds: number;
  enabled: boolean;
  configured: boolean;
  /** Variables to set before it can run. */
  missing: string[];
  lastRun: RunSummary | null;
  nextRunAt: string | null;
}

interface CatalogueSource {
  db: Database;
  config: Config;
  tasks: AnyTask[];
  missing(task: AnyTask): string[];
  now: Date;
}

/** The setting that replaces a task's recommended schedule. */
const scheduleSetting = (task: string): string => `task.${task}.schedule`;

export async function catalogue({
  db,
  config,
  tasks,
  missing,
  now,
}: CatalogueSource): Promise<CatalogueEntry[]> {
  const names = tasks.map((task) => task.name);
  const [runs, settings] = await Promise.all([lastRuns(db, names), taskSettings(db)]);
  return tasks.map((task) => {
    const lacking = missing(task);
    const schedule = scheduleOf(task, settings);
    const enabled = settings.get(enabledSetting(task.name))?.toLowerCase() !== 'false';
    return {
      name: task.name,
      product: task.product,
      path: task.path,
      methods: ['GET', 'POST'],
      summary: task.summary,
      schedule,
      timezone: config.TIMEZONE,
      timeoutSeconds: task.timeoutMs / 1000,
      enabled,
      configured: lacking.length === 0,
      missing: lacking,
      lastRun: runs.get(task.name) ?? null,
      nextRunAt: enabled && lacking.length === 0 ? nextRun(schedule, config.TIMEZONE, now) : null,
    };
  });
}

/** Every setting about tasks. */
export async function taskSettings(db: Database): Promise<Map<string, string>> {
  const rows = await db.rows<{ key: string; value: string }>(
    sql`select key, value from cronhook.settings where key like 'task.%'`,
  );
  return new Map(rows.map((row) => [row.key, row.value]));
}

/** The setting's schedule where there is one, else the recommended one. */
export const scheduleOf = (task: AnyTask, settings: Map<string, string>): string =>
  validSchedule(settings.get(scheduleSetting(task.name))) ?? task.schedule;

/** A schedule that cannot be read falls back to the recommended one rather than hiding the task. */
function validSchedule(expression: string | undefined): string | undefined {
  if (!expression) return undefined;
  try {
    new Cron(expression, { paused: true });
    return expression;
  } catch {
    return undefined;
  }
}

/** When the schedule next calls, daylight saving considered. */
export function nextRun(expression: string, timezone: string, now: Date): string | null {
  return new Cron(expression, { timezone, paused: true }).nextRun(now)?.toISOString() ?? null;
}
