import { Cron } from 'croner';
import type { Config } from './config.js';
import type { Database } from './db/client.js';
import { lastRuns, type RunSummary } from './db/runs.js';
import type { Logger } from './log.js';
import { isEnabled, scheduleOf, taskSettings, warnOfSettings } from './task-settings.js';
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
  log: Logger;
  now: Date;
}

export async function catalogue({
  db,
  config,
  tasks,
  missing,
  log,
  now,
}: CatalogueSource): Promise<CatalogueEntry[]> {
  const names = tasks.map((task) => task.name);
  const [runs, settings] = await Promise.all([lastRuns(db, names), taskSettings(db)]);
  warnOfSettings(settings, tasks, log);
  return tasks.map((task) => {
    const lacking = missing(task);
    const schedule = scheduleOf(task, settings);
    const enabled = isEnabled(task, settings);
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

/** When the schedule next calls, daylight saving considered. */
export function nextRun(expression: string, timezone: string, now: Date): string | null {
  return new Cron(expression, { timezone, paused: true }).nextRun(now)?.toISOString() ?? null;
}
