import {
  AppError,
  databaseUnavailable,
  describeError,
  type ErrorCode,
  HTTP_STATUS,
  isDatabaseUnavailable,
} from '../errors.js';
import type { Messages } from '../locales/index.js';
import type { Outcome } from '../run-outcome.js';

const LARGEST_ANSWER_BYTES = 8 * 1024;
const ANSWERED_ERRORS = 10;
const LONGEST_ITEM = 200;
const LONGEST_MESSAGE = 500;

export interface ErrorAnswer {
  status: (typeof HTTP_STATUS)[ErrorCode];
  retryAfterSeconds: number | undefined;
  body: { success: false; message: string; timestamp: string; error: ErrorCode };
}

/** The one mapping of errors to answers. */
export function errorAnswer(error: unknown, messages: Messages, now: Date): ErrorAnswer {
  const away = !(error instanceof AppError) && isDatabaseUnavailable(error);
  const known = away ? databaseUnavailable(error) : error;
  const code = known instanceof AppError ? known.code : 'internal';
  return {
    status: HTTP_STATUS[code],
    retryAfterSeconds: known instanceof AppError ? known.retryAfterSeconds : undefined,
    body: {
      success: false,
      message: describeError(known, messages),
      timestamp: now.toISOString(),
      error: code,
    },
  };
}

interface TaskAnswer {
  success: boolean;
  message: string;
  timestamp: string;
  task: string;
  runId: string | null;
  status: Outcome['status'] | 'running';
  durationMs: number;
  stats: Record<string, unknown>;
  errors: { item: string; message: string }[];
  error?: ErrorCode;
  dryRun?: true;
  details?: Record<string, unknown>[];
}

const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  database_unavailable: 30,
  shutting_down: 10,
};

/** The answer to a run that has ended (contract, section 2.4). */
export function outcomeAnswer(task: string, runId: string, outcome: Outcome, dryRun: boolean, now: Date) {
  const failed = outcome.status === 'failed' || outcome.status === 'interrupted';
  const code = failed ? (outcome.code ?? 'task_failed') : undefined;
  const body: TaskAnswer = {
    success: !failed,
    message: cut(outcome.message, LONGEST_MESSAGE),
    timestamp: now.toISOString(),
    task,
    runId,
    status: outcome.status,
    durationMs: outcome.durationMs,
    stats: outcome.stats,
    errors: outcome.errors.slice(0, ANSWERED_ERRORS).map(({ item, message }) => ({
      item: cut(item, LONGEST_ITEM),
      message: cut(message, LONGEST_MESSAGE),
    })),
    ...(code && { error: code }),
    ...(dryRun && { dryRun: true as const, details: outcome.details ?? [] }),
  };
  return {
    status: code ? HTTP_STATUS[code] : (200 as const),
    retryAfterSeconds: code && RETRY_AFTER_SECONDS[code],
    body: shorten(body),
  };
}

/** The answer to a call that found the task running: that run's id and age. */
export function overlapAnswer(
  task: string,
  holder: { runId: string | null; runningForMs: number | null },
  messages: Messages,
  now: Date,
): TaskAnswer {
  const runningForMs = Math.max(0, holder.runningForMs ?? 0);
  const message = messages.run.stillRunning(Math.round(runningForMs / 1000));
  return { ...unfinished(task, holder.runId, message, now), status: 'skipped', stats: { runningForMs } };
}

/** The answer to a call that did not wait for the end. */
export function runningAnswer(
  task: string,
  run: { runId: string; durationMs: number },
  messages: Messages,
  now: Date,
): TaskAnswer {
  return { ...unfinished(task, run.runId, messages.run.running, now), durationMs: run.durationMs };
}

const unfinished = (task: string, runId: string | null, message: string, now: Date): TaskAnswer => ({
  success: true,
  message,
  timestamp: now.toISOString(),
  task,
  runId,
  status: 'running',
  durationMs: 0,
  stats: {},
  errors: [],
});

/** cron-job.org reads 64 KB at most and people less: details go first, then errors. */
function shorten(body: TaskAnswer): TaskAnswer {
  const tooLarge = () => Buffer.byteLength(JSON.stringify(body)) > LARGEST_ANSWER_BYTES;
  while (body.details && body.details.length > 0 && tooLarge()) {
    body.details = body.details.slice(0, Math.floor(body.details.length / 2));
  }
  while (body.errors.length > 0 && tooLarge()) body.errors = body.errors.slice(0, -1);
  return body;
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
