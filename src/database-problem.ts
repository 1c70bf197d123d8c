import { isDatabaseUnavailable } from './errors.js';

interface DriverError extends Error {
  code?: unknown;
  hostname?: string;
  address?: string;
  port?: number;
}

/** The server has answered, and will answer the same until somebody changes something. */
const REFUSALS = new Set(['28P01', '28000', '3D000']);

/** Why the database cannot be used, in one line that says what to check; undefined for any other error. */
export function databaseProblem(error: unknown): string | undefined {
  if (!isDatabaseUnavailable(error)) return undefined;
  const cause = innermost(error);
  const { message, hostname } = cause;
  switch (cause.code) {
    case '28P01':
      return `PostgreSQL refuses the user or the password of DATABASE_URL (${message}): check both; special characters must be URL-encoded`;
    case '28000':
      return `PostgreSQL refuses the connection (${message}): check user and sslmode in DATABASE_URL, and pg_hba.conf`;
    case '3D000':
      return `PostgreSQL has no such database (${message}): check the name at the end of DATABASE_URL, or create it`;
    case '53300':
      return `PostgreSQL has no connection left (${message}): lower DATABASE_POOL_MAX or raise max_connections`;
    case '42P01':
    case '42703':
      return 'The tables of Cronhook are missing or out of date: run "npx cronhook migrate"';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host ${hostname ?? ''} of DATABASE_URL is not found: check its spelling, and that this machine can look it up`;
    case 'ECONNREFUSED':
      return `Nothing listens at ${placeOf(cause)}: check host and port in DATABASE_URL, and that PostgreSQL is up`;
    case 'CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `No answer from ${placeOf(cause)}: check host and port in DATABASE_URL, and the firewalls between`;
    default:
      return `The database does not answer (${message}): check DATABASE_URL and that PostgreSQL is up`;
  }
}

/** True when waiting does not help: the server is up, and refuses. */
export const isRefusedForGood = (error: unknown): boolean =>
  isDatabaseUnavailable(error) && REFUSALS.has(String(innermost(error).code));

/** What the driver said; those around it quote statements, and one of several addresses stands for all. */
export function innermost(error: unknown): DriverError {
  let current = error;
  for (let depth = 0; depth < 10; depth++) {
    const inner = current instanceof AggregateError ? current.errors[0] : Object(current).cause;
    if (!(inner instanceof Error)) break;
    current = inner;
  }
  return current instanceof Error ? current : new Error(String(current));
}

const placeOf = ({ address, port }: DriverError): string =>
  address ? `${address}${port ? `:${port}` : ''}` : 'the host of DATABASE_URL';
