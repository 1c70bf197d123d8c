import { brokenTable, missingTable } from './db/table-problem.js';
import {
  AppError,
  databaseAwayText,
  describeError,
  type ErrorCode,
  isDatabaseUnavailable,
} from './errors.js';
import type { Messages } from './locales/index.js';
import type { ItemError, RunJournal } from './run-context.js';
import { RunStopped, TaskSkipped } from './run-stop.js';
import type { AnyTask, Stats } from './tasks/define.js';

/** How a run ended. */
export interface Outcome {
  status: 'succeeded' | 'partial' | 'skipped' | 'failed' | 'interrupted';
  /** Why, when it failed. */
  code?: ErrorCode;
  /** All that went wrong, where other tasks may stumble over it too: `table:users`, `storage`. */
  sharedCause?: string | undefined;
  message: string;
  durationMs: number;
  stats: Stats;
  errors: ItemError[];
  details?: Record<string, unknown>[];
}

type Ending = Pick<Outcome, 'status' | 'code' | 'sharedCause' | 'message'>;

/** The ending of a run whose work was done. */
export function completed(task: AnyTask, journal: RunJournal, stats: Stats, messages: Messages): Ending {
  const success = task.success(messages);
  const undone = task.undone?.(stats, messages);
  if (journal.failed === 0) return { status: 'succeeded', message: undone ?? success };
  const [table, ...others] = journal.brokenTables;
  return {
    status: 'partial',
    sharedCause: table !== undefined && others.length === 0 ? `table:${table}` : undefined,
    message: undone ?? messages.run.partial(success, journal.failed),
  };
}

/** They say whose turn it is: the developer's, or the caller's. */
const KEPT_CODES: ErrorCode[] = ['not_configured', 'invalid_parameters'];

/** The ending of a run that threw: what stopped it goes before what it then stumbled over. */
export function explain(
  error: unknown,
  signal: AbortSignal,
  task: AnyTask,
  runId: string,
  messages: Messages,
): Ending {
  if (error instanceof TaskSkipped) return { status: 'skipped', message: error.reason(messages) };
  const stop = signal.reason instanceof RunStopped ? signal.reason.reason : undefined;
  if (stop === 'interrupted')
    return { status: 'interrupted', code: 'shutting_down', message: messages.run.interrupted };
  if (stop === 'time_limit') return failed(messages.run.timeLimit(task.timeoutMs / 1000));
  if (stop === 'lease_lost') return failed(messages.run.leaseLost);
  if (isDatabaseUnavailable(error)) return databaseAway(messages, error);
  const sharedCause = sharedCauseOf(error);
  if (error instanceof AppError) {
    const code = KEPT_CODES.includes(error.code) ? error.code : 'task_failed';
    return { status: 'failed', code, sharedCause, message: describeError(error, messages) };
  }
  return { ...failed(missingTable(error)?.(messages) ?? messages.run.internal(runId)), sharedCause };
}

function sharedCauseOf(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof AppError && current.away) return current.away;
  }
  const table = brokenTable(error)?.name;
  return table === undefined ? undefined : `table:${table}`;
}

/** The ending of a run that had, or could record, no database. */
export const databaseAway = (messages: Messages, cause?: unknown): Ending => ({
  status: 'failed',
  code: 'database_unavailable',
  message: databaseAwayText(cause)(messages),
});

const failed = (message: string): Ending => ({ status: 'failed', code: 'task_failed', message });
