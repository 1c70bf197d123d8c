import type { ProgramEnd } from '../clients/program-run.js';
import { AppError, type ErrorCode, type Text } from '../errors.js';
import { DIFFERENT, type Difference } from './restore-script.js';

/**
 * Why psql did not restore the dump. `unprocessable` is what only another dump can mend, all else lies with the server,
 * the user or this machine.
 */
export function restoreProblem({ code, signal, startCode, messages }: ProgramEnd): AppError {
  if (startCode) return problem('not_configured', (t) => t.backups.dump.notStarted('psql', startCode));
  if (signal) return problem('not_configured', (t) => t.backups.restore.killed(signal));
  const [, sqlState, message = ''] = COMPLAINT.exec(messages) ?? [];
  if (sqlState !== undefined)
    return (
      KNOWN[sqlState]?.(message, messages) ??
      byClass(sqlState, message) ??
      problem('unprocessable', (t) => t.backups.restore.refused(quote(sqlState, message)))
    );
  if (/invalid command \\(?:un)?restrict/.test(messages))
    return problem('not_configured', (t) => t.backups.restore.oldPsql);
  const own = /^psql:(?:<stdin>:\d+:)? (?:error: )?(.*)$/m.exec(messages)?.[1];
  if (own !== undefined && ABOUT_CONNECTION.test(own)) return lost(own);
  if (own !== undefined) return problem('unprocessable', (t) => t.backups.restore.refused(shorten(own)));
  return problem('unprocessable', (t) => t.backups.restore.ended(code ?? -1));
}

/** `psql:<stdin>:12: ERROR:  42P01: …`, the severity in the server's language; codes 00 to 02 are no errors. */
const COMPLAINT = /^(?:psql:(?:<stdin>:\d+:)? )?[^:\n]{1,20}: {1,2}((?!0[012])[0-9A-Z]{5}): (.*)$/m;

/** What libpq says by itself, in English since psql runs under LC_ALL=C. */
const ABOUT_CONNECTION = /connection|server|SSL|could not (?:translate|send|receive)|timeout expired/;

type Recognise = (message: string, messages: string) => AppError | undefined;

const KNOWN: Record<string, Recognise> = {
  // Named by its control file before PostgreSQL 16, by its library when only that is missing.
  '58P01': (message) =>
    extension(/([^/"]+)\.control"/.exec(message) ?? /"(?:\$libdir\/)?([^"]+)"/.exec(message)),
  '0A000': (message) => extension(/extension "([^"]+)"/.exec(message)),
  '42704': (message) => {
    const role = /role "([^"]+)"/.exec(message)?.[1];
    return role === undefined ? undefined : problem('not_configured', (t) => t.backups.restore.role(role));
  },
  '42501': (message) => problem('not_configured', (t) => t.backups.restore.denied(shorten(message))),
  // The setting's name, which stands in the hint, is the same in every language.
  '53200': (_message, messages) =>
    problem('not_configured', (t) =>
      messages.includes('max_locks_per_transaction') ? t.backups.restore.locks : t.backups.restore.memory,
    ),
  '53100': () => problem('not_configured', (t) => t.backups.restore.diskFull),
  '55P03': () => problem('not_configured', (t) => t.backups.restore.locked),
  '25006': () => problem('not_configured', (t) => t.backups.restore.readOnly),
  P0001: (message) => {
    if (!message.startsWith(DIFFERENT)) return undefined;
    const differences: Difference[] = JSON.parse(message.slice(DIFFERENT.length));
    return problem('unprocessable', (t) => t.backups.restore.different(differences));
  },
};

const extension = (found: RegExpExecArray | null): AppError | undefined => {
  const name = found?.[1];
  return name === undefined ? undefined : problem('not_configured', (t) => t.backups.restore.extension(name));
};

function byClass(sqlState: string, message: string): AppError | undefined {
  if (/^(?:08|57P)/.test(sqlState)) return lost(message);
  if (/^(?:28|3D)/.test(sqlState))
    return problem('not_configured', (t) => t.backups.restore.denied(shorten(message)));
  return undefined;
}

const lost = (detail: string): AppError =>
  problem('database_unavailable', (t) => t.backups.restore.connectionLost(shorten(detail)));

/** What a type or a constraint refuses is somebody's data. */
const quote = (sqlState: string, message: string): string =>
  /^2[123]/.test(sqlState) && sqlState !== INVALID_PARAMETER
    ? `SQLSTATE ${sqlState}`
    : `${shorten(message)} (SQLSTATE ${sqlState})`;

/** Names a setting or an object of the server. */
const INVALID_PARAMETER = '22023';

const LONGEST_QUOTE = 200;

const shorten = (text: string): string =>
  text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;

const problem = (code: ErrorCode, text: Text): AppError => new AppError(code, text, { permanent: true });
