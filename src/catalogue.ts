import { Cron } from 'croner';
import type { Config } from './config.js';
import type { Database } from './db/client.js';
import { lastRuns, type RunSummary } from './db/runs.js';
import type { Logger } from './log.js';
import type { TaskHealth, TaskHealthReader } from './task-health.js';
import { isEnabled, scheduleOf, taskSettings, warnOfSettings } from './task-settings.js';
import type { AnyTask } from './tasks/define.js';
import { type Oddity, unusualAmong } from './unusual-runs.js';

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
  /** How it fares by its schedule; times are ISO 8601. */
  health: EntryHealth;
  /** `unusual` names how it differs from the thirty runs before it. */
  lastRun: (RunSummary & { unusual: Oddity[] | null }) | null;
  nextRunAt: string | null;
}

interface EntryHealth {
  state: TaskHealth['state'];
  since: string | null;
  expectedBy: string | null;
}

interface CatalogueSource {
  db: Database;
  taskHealth: TaskHealthReader;
  config: Config;
  tasks: AnyTask[];
  missing(task: AnyTask): string[];
  log: Logger;
  now: Date;
}

export async function catalogue({
  db,
  taskHealth,
  config,
  tasks,
  missing,
  log,
  now,
}: CatalogueSource): Promise<CatalogueEntry[]> {
  const names = tasks.map((task) => task.name);
  const [runs, settings, health] = await Promise.all([lastRuns(db, names), taskSettings(db), taskHealth()]);
  const unusual = await unusualAmong(
    db,
    [...runs.values()].map(({ id }) => id),
    { variableDuration: tasks.filter((task) => task.variableDuration).map(({ name }) => name) },
  );
  warnOfSettings(settings, tasks, log);
  return tasks.map((task) => {
    const lacking = missing(task);
    const schedule = scheduleOf(task, settings);
    const enabled = isEnabled(task, settings);
    const lastRun = runs.get(task.name);
    const odd = unusual.find(({ runId }) => runId === lastRun?.id);
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
      health: shown(health.find((one) => one.task === task.name)),
      lastRun: lastRun ? { ...lastRun, unusual: odd?.oddities ?? null } : null,
      nextRunAt: enabled && lacking.length === 0 ? nextRun(schedule, config.TIMEZONE, now) : null,
    };
  });
}

const shown = (health: TaskHealth | undefined): EntryHealth => ({
  state: health?.state ?? 'never',
  since: health?.since?.toISOString() ?? null,
  expectedBy: health?.expectedBy?.toISOString() ?? null,
});

/** When the schedule next calls, daylight saving considered. */
export function nextRun(expression: string, timezone: string, now: Date): string | null {
  return new Cron(expression, { timezone, paused: true }).nextRun(now)?.toISOString() ?? null;
}
