import { sql } from 'drizzle-orm';
import type { Config } from './config.js';
import type { Database } from './db/client.js';
import { enabledSetting } from './db/leases.js';
import { type TaskHistory, taskHistories } from './task-health/history.js';
import { nextCall } from './task-health/next-call.js';
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
  /** Of one that is late: what it was expected by. */
  schedule?: string;
}

export type TaskHealthReader = () => Promise<TaskHealth[]>;

interface TaskHealthSource {
  db: Database;
  config: Pick<Config, 'TIMEZONE'>;
  tasks: AnyTask[];
  missing(task: AnyTask): string[];
  now(): Date;
}

/** Schedulers call a little early at times. */
const EARLY_MS = 15_000;
/** Beside a task's time limit: a call takes its time, and a run may need some to stop. */
const GRACE_MS = 60_000;

export function createTaskHealth({ db, config, tasks, missing, now }: TaskHealthSource): TaskHealthReader {
  return async () => {
    const at = now();
    const names = tasks.map(({ name }) => name);
    const [histories, settings] = await Promise.all([taskHistories(db, names), readSettings(db)]);
    return tasks.map((task) => {
      const history = histories.get(task.name);
      const nothing = { since: null, expectedBy: null, message: null };
      const lastRunAt = history?.startedAt ?? null;
      const idle = (state: TaskState): TaskHealth => ({ task: task.name, state, ...nothing, lastRunAt });
      if (missing(task).length > 0) return idle('not_configured');
      if (!isEnabled(task, settings.values)) return idle('disabled');
      if (!history) return idle('never');
      const expectedBy = expectedEnd(task, history, settings, config.TIMEZONE, at);
      const message = history.trouble?.message ?? null;
      const known = { task: task.name, expectedBy, lastRunAt, message };
      if (expectedBy && at > expectedBy) {
        const schedule = scheduleOf(task, settings.values);
        return { ...known, state: 'late', since: expectedBy, schedule };
      }
      if (history.trouble) return { ...known, state: 'failing', since: history.trouble.since };
      return { ...known, state: 'ok', since: null };
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

/** A run of now must end by its limit; after one that has ended, the next must have come and ended too. */
function expectedEnd(
  task: AnyTask,
  { status, startedAt, finishedAt }: TaskHistory,
  { values, changedAt }: Settings,
  timeZone: string,
  now: Date,
): Date | null {
  const allowedMs = task.timeoutMs + GRACE_MS;
  if (status === 'running') return new Date(startedAt.getTime() + allowedMs);
  // Calls during a run are turned away; and a new schedule, or a task turned on, counts from the change.
  const changes = [scheduleSetting(task.name), enabledSetting(task.name)]
    .map((key) => changedAt.get(key)?.getTime() ?? 0)
    .filter((change) => change <= now.getTime());
  const after = Math.max(startedAt.getTime() + EARLY_MS, finishedAt?.getTime() ?? 0, ...changes);
  const next = nextCall(scheduleOf(task, values), timeZone, new Date(after));
  return next && new Date(next.getTime() + allowedMs);
}
