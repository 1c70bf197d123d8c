import { sql } from 'drizzle-orm';
import type { Config } from './config.js';
import type { Database } from './db/client.js';
import { enabledSetting } from './db/leases.js';
import { expectedEnd } from './task-health/expected-end.js';
import { taskHistories } from './task-health/history.js';
import { isEnabled, scheduleOf, scheduleSetting, type TaskSettings } from './task-settings.js';
import type { AnyTask } from './tasks/define.js';

export type TaskState = 'ok' | 'late' | 'failing' | 'never' | 'disabled' | 'not_configured';

/** How a task fares by its schedule. */
export interface TaskHealth {
  task: string;
  state: TaskState;
  /** Since when it is late or failing; null otherwise. */
  since: Date | null;
  /** When its next run must have ended at the latest; null where none is expected. */
  expectedBy: Date | null;
  /** The start of the last run that counts. */
  lastRunAt: Date | null;
  /** What the last run said, where it failed. */
  message: string | null;
  /** Nobody knows yet how its work ends: a run is on, or was interrupted. */
  isUnderWay?: true;
  /** Of one that is late: what it was expected by. */
  schedule?: string;
  /** As its definition has it. */
  variableDuration?: true;
}

export type TaskHealthReader = () => Promise<TaskHealth[]>;

interface TaskHealthSource {
  db: Database;
  config: Pick<Config, 'TIMEZONE'>;
  tasks: AnyTask[];
  missing(task: AnyTask): string[];
  now(): Date;
}

export function createTaskHealth({ db, config, tasks, missing, now }: TaskHealthSource): TaskHealthReader {
  return async () => {
    const at = now();
    const names = tasks.map(({ name }) => name);
    const [histories, settings] = await Promise.all([taskHistories(db, names), readSettings(db)]);
    return tasks.map((task) => {
      const history = histories.get(task.name);
      const known = {
        task: task.name,
        lastRunAt: history?.startedAt ?? null,
        ...((history?.last?.status === 'running' || history?.interrupted) && { isUnderWay: true as const }),
        ...(task.variableDuration && { variableDuration: true as const }),
      };
      const nothing = { since: null, expectedBy: null, message: null };
      const idle = (state: TaskState): TaskHealth => ({ ...known, state, ...nothing });
      if (missing(task).length > 0) return idle('not_configured');
      if (!isEnabled(task, settings.values)) return idle('disabled');
      if (!history) return idle('never');
      const schedule = scheduleOf(task, settings.values);
      const expectedBy = expectedEnd(history, {
        timeoutMs: task.timeoutMs,
        schedule,
        timeZone: config.TIMEZONE,
        changedAt: lastChange(task, settings, at),
      });
      const expected = { ...known, expectedBy, message: history.trouble?.message ?? null };
      if (expectedBy && at > expectedBy) return { ...expected, state: 'late', since: expectedBy, schedule };
      if (history.trouble) return { ...expected, state: 'failing', since: history.trouble.since };
      return { ...expected, state: 'ok', since: null };
    });
  };
}

interface Settings {
  values: TaskSettings;
  changedAt: Map<string, Date>;
}

async function readSettings(db: Database): Promise<Settings> {
  const rows = await db.rows<{ key: string; value: string; updated_at: string }>(
    sql`select key, value, updated_at from cronhook.settings where key like 'task.%'`,
  );
  return {
    values: new Map(rows.map(({ key, value }) => [key, value])),
    changedAt: new Map(rows.map(({ key, updated_at }) => [key, new Date(updated_at)])),
  };
}

/** The calls of a new schedule, or of a task turned on, count from the change. */
function lastChange(task: AnyTask, { changedAt }: Settings, now: Date): Date | undefined {
  return [scheduleSetting(task.name), enabledSetting(task.name)]
    .map((key) => changedAt.get(key))
    .filter((change) => change !== undefined && change <= now)
    .sort((one, other) => Number(one) - Number(other))
    .at(-1);
}
