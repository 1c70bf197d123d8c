import type { Config } from './config.js';
import type { Database } from './db/client.js';
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
}

export type TaskHealthReader = () => Promise<TaskHealth[]>;

interface TaskHealthSource {
  db: Database;
  config: Pick<Config, 'TIMEZONE'>;
  tasks: AnyTask[];
  missing(task: AnyTask): string[];
  now(): Date;
}

export function createTaskHealth(_source: TaskHealthSource): TaskHealthReader {
  return async () => [];
}
