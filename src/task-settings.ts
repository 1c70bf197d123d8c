import { Cron } from 'croner';
import { sql } from 'drizzle-orm';
import type { Database } from './db/client.js';
import { enabledSetting } from './db/leases.js';
import type { Logger } from './log.js';
import { plainLine } from './messages/layout-clean.js';
import type { AnyTask } from './tasks/define.js';

export type TaskSettings = Map<string, string>;

/** The setting that replaces a task's recommended schedule. */
export const scheduleSetting = (task: string): string => `task.${task}.schedule`;

const LONGEST_QUOTE = 60;

/** Every setting about tasks. */
export async function taskSettings(db: Database): Promise<TaskSettings> {
  const rows = await db.rows<{ key: string; value: string }>(
    sql`select key, value from cronhook.settings where key like 'task.%'`,
  );
  return new Map(rows.map((row) => [row.key, row.value]));
}

/** The setting's schedule where there is one, else the recommended one. */
export function scheduleOf(task: AnyTask, settings: TaskSettings): string {
  const given = settings.get(scheduleSetting(task.name));
  // One that cannot be read falls back to the recommended one rather than hiding the task.
  return given && isSchedule(given) ? given : task.schedule;
}

/** As `claim` reads it in SQL. */
export const isEnabled = (task: AnyTask, settings: TaskSettings): boolean =>
  settings.get(enabledSetting(task.name))?.toLowerCase() !== 'false';

/** The settings that cannot be read, each with what holds in its place; an empty one counts as unset. */
export function settingProblems(settings: TaskSettings, tasks: AnyTask[]): string[] {
  const problems: string[] = [];
  for (const { name, schedule } of tasks) {
    const given = settings.get(scheduleSetting(name));
    if (given && !isSchedule(given))
      problems.push(
        `setting ${scheduleSetting(name)}: ${quoted(given)} is no cron expression; ${schedule} holds`,
      );
    const enabled = settings.get(enabledSetting(name));
    if (enabled && !/^(true|false)$/i.test(enabled))
      problems.push(
        `setting ${enabledSetting(name)}: ${quoted(enabled)} is neither true nor false; the task stays on`,
      );
  }
  return problems;
}

/** What a log has been told; a service has one log as long as it runs. */
const told = new WeakMap<Logger, Set<string>>();

/** Logs each problem of the settings once, however often they are read. */
export function warnOfSettings(settings: TaskSettings, tasks: AnyTask[], log: Logger): void {
  const known = told.get(log) ?? new Set();
  told.set(log, known);
  for (const problem of settingProblems(settings, tasks)) {
    if (!known.has(problem)) log.warn(problem);
    known.add(problem);
  }
}

const quoted = (value: string): string => `"${plainLine(value, LONGEST_QUOTE)}"`;

/** Five fields, or a name such as `@daily`, as schedulers have them: neither seconds nor dates. */
const SCHEDULE = /^(\S+( +\S+){4}|@[a-z]+)$/;

/** One that never comes, such as 30 February, is none. */
export function isSchedule(expression: string): boolean {
  if (!SCHEDULE.test(expression)) return false;
  try {
    return new Cron(expression, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}
