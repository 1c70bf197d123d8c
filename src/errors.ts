import { en } from './locales/en.js';
import type { Messages } from './locales/index.js';

/** The stable codes of the contract (section 2.4) and the HTTP status each stands for. */
export const HTTP_STATUS = {
  invalid_parameters: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unprocessable: 422,
  task_failed: 500,
  internal: 500,
  not_configured: 503,
  database_unavailable: 503,
  shutting_down: 503,
} as const;

export type ErrorCode = keyof typeof HTTP_STATUS;

/** A text that waits for the reader's language. */
export type Text = (messages: Messages) => string;

interface AppErrorOptions {
  cause?: unknown;
  /** Trying again without a change cannot help (a wrong password, say). */
  permanent?: boolean;
  retryAfterSeconds?: number;
  /** What is away, where several tasks stumble over it at once. */
  away?: 'storage';
}

/** An error whose text may be shown to people: it says what failed, on what, and what to do. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly permanent: boolean;
  readonly away: 'storage' | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    readonly text: Text,
    options: AppErrorOptions = {},
  ) {
    super(text(en), { cause: options.cause });
    this.permanent = options.permanent ?? false;
    this.away = options.away;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export const databaseUnavailable = (cause: unknown): AppError =>
  new AppError('database_unavailable', databaseAwayText(cause), { cause, retryAfterSeconds: 30 });

/** A server that is up and full is not looked for where one that is down is. */
export const databaseAwayText =
  (cause: unknown): Text =>
  ({ errors }) =>
    isDatabaseFull(cause) ? errors.databaseFull : errors.databaseUnavailable;

function isDatabaseFull(error: unknown): boolean {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  )
    if (databaseErrorCode(current) === TOO_MANY_CONNECTIONS) return true;
  return false;
}

const TOO_MANY_CONNECTIONS = '53300';

/** A database that answers, but on which `cronhook migrate` has not been run. */
export const migrationsPending = (cause: unknown): AppError =>
  new AppError('database_unavailable', (t) => t.errors.migrationsPending, { cause, retryAfterSeconds: 30 });

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_COLUMN = '42703';

/** Why a task could not even be claimed. */
export function claimProblem(error: unknown): unknown {
  if (isDatabaseUnavailable(error)) return databaseUnavailable(error);
  const cause = error instanceof Error ? error.cause : undefined;
  const { code } = (cause ?? error) as { code?: unknown };
  return code === UNDEFINED_TABLE || code === UNDEFINED_COLUMN ? migrationsPending(error) : error;
}

/** What a person may read of any error: unknown ones stay in the log. */
export function describeError(error: unknown, messages: Messages): string {
  // Servers are quoted in it, and what it says is stored.
  if (error instanceof AppError) return error.text(messages).replaceAll('\0', '').toWellFormed();
  if (isDatabaseUnavailable(error)) return databaseAwayText(error)(messages);
  return messages.errors.internal;
}

const UNAVAILABLE_CODES = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  '25006', // a standby, or set to read only
  '28000', // refused by pg_hba.conf
  '28P01', // wrong password
  '3D000', // no such database
  TOO_MANY_CONNECTIONS,
  '57P01', // the server is being stopped
  '57P02',
  '57P03', // the server is starting
]);

/** Where PostgreSQL decides who may enter a database; its codes (55000 when nobody may) mean other things elsewhere. */
const LETS_IN = 'CheckMyDatabase';

/** True when the database could not be asked, whichever layer noticed it. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  ) {
    if (current instanceof AppError) return current.code === 'database_unavailable';
    // PgBouncer reports a server it cannot reach as a protocol violation (08P01).
    const code = databaseErrorCode(current);
    if (code !== undefined && (UNAVAILABLE_CODES.has(code) || code.startsWith('08'))) return true;
    if ('routine' in current && current.routine === LETS_IN) return true;
  }
  return false;
}

/** postgres.js adds the query to the socket errors that reach it; clients of third parties throw AppErrors. */
function databaseErrorCode(error: Error & { code?: unknown }): string | undefined {
  const fromDriver =
    error.name === 'PostgresError' || 'query' in error || /^CONNECT/.test(String(error.code));
  return fromDriver && typeof error.code === 'string' ? error.code : undefined;
}
