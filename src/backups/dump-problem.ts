import type { Program } from '../clients/postgres-programs.js';
import { type PostgresTarget, placeOf } from '../clients/postgres-url.js';
import type { ProgramEnd } from '../clients/program-run.js';
import { AppError, type Text } from '../errors.js';
import { createScrubber } from '../secret.js';
import { LOCK_WAIT_SECONDS } from './limits.js';

/** Why a dump cannot be kept; undefined when it ended well. */
export function dumpProblem(
  program: Program,
  { code, signal, startCode, ...end }: ProgramEnd,
  isWhole: boolean,
  target: PostgresTarget,
): AppError | undefined {
  const { name } = program;
  if (startCode) return problem((t) => t.backups.dump.notStarted(name, startCode), true);
  if (signal) return problem((t) => t.backups.dump.killed(name, signal));
  if (code === 0 && isWhole) return undefined;
  const messages = end.messages.replace(STATEMENT, '');
  const known = recognise(messages, name, target);
  if (known) return problem(known);
  const detail = summaryOf(messages, target);
  if (code === 0 || !detail) return problem((t) => t.backups.dump.incomplete(name));
  return problem((t) => t.backups.dump.failed(name, detail));
}

/** It may take many lines, holds the team's names and perhaps data, and says nothing to a person. */
const STATEMENT = /^\S+ detail: (?:Query|Command) was:[\s\S]*?(?=^pg_dump: |(?![\s\S]))/gm;

const problem = (text: Text, permanent = false): AppError =>
  new AppError('unprocessable', text, { permanent });

/** The program speaks English to us, the server the language it is set to: then it is quoted. */
function recognise(messages: string, program: string, target: PostgresTarget): Text | undefined {
  const says = (pattern: RegExp) => pattern.test(messages);
  const user = userOf(target);
  const [, denied] = /permission denied for (.+)/.exec(messages) ?? [];
  if (denied?.startsWith('large object')) return (t) => t.backups.dump.largeObject(user);
  if (denied) return (t) => t.backups.dump.permission(user, denied);
  const [, table] = /row-level security policy for table "(.+?)"\s*$/m.exec(messages) ?? [];
  if (table) return (t) => t.backups.dump.rowSecurity(user, table);
  if (says(/due to (?:statement|lock) timeout/)) return (t) => t.backups.dump.locked(LOCK_WAIT_SECONDS);
  if (says(/server version mismatch/)) return (t) => t.backups.dump.versions(program);
  if (says(SNAPSHOT)) return (t) => t.backups.dump.snapshotLost;
  if (says(/No space left on device/)) return (t) => t.backups.dump.diskFull;
  if (says(/out of shared memory/)) return (t) => t.backups.dump.outOfLocks;
  const [, largeRow] = TOO_LARGE.exec(messages) ?? [];
  if (largeRow) return (t) => t.backups.dump.rowTooLarge(largeRow);
  if (says(/conflict with recovery/)) return (t) => t.backups.dump.standbyConflict;
  if (says(/out of memory/)) return (t) => t.backups.dump.outOfMemory;
  const refusal = /connection to server[\s\S]*? failed: (.+)/.exec(messages)?.[1];
  if (refusal) return connectionText(refusalCode(refusal), refusal, target);
  if (says(LOST)) return (t) => t.backups.dump.connectionLost;
  return undefined;
}

const SNAPSHOT =
  /invalid snapshot identifier|could not import the requested snapshot|snapshot ".*" does not exist/;
const TOO_LARGE = /contents of table "(.+?)" failed[\s\S]*invalid memory alloc request size/;
const LOST =
  /server closed the connection|terminating connection|connection not open|no connection to the server|SSL SYSCALL|could not (?:receive|send) data|SSL connection has been closed/;

/** The code behind what libpq quotes of a refused connection. */
function refusalCode(refusal: string): string {
  if (/authentication failed|no password supplied/.test(refusal)) return '28P01';
  if (/database ".*" does not exist/.test(refusal)) return '3D000';
  if (/too many clients|too many connections|remaining connection slots/.test(refusal)) return '53300';
  if (/Connection refused|timeout expired|not accept|shutting down|starting up/.test(refusal)) return '57P03';
  return '28000';
}

interface DriverError extends Error {
  code?: unknown;
  errors?: unknown[];
}

/** Why the database could not be asked, without the password; any other error as it is. */
export function connectionProblem(error: unknown, target: PostgresTarget): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const { code, message } = innermost(error);
  if (typeof code !== 'string') return error;
  const text = recognise(message, 'PostgreSQL', target) ?? connectionText(code, message, target);
  return text ? new AppError('unprocessable', text, { cause: error }) : error;
}

const innermost = (error: DriverError): DriverError => {
  const inner = error.cause instanceof Error ? error.cause : error.errors?.[0];
  return inner instanceof Error ? innermost(inner) : error;
};

const HOST = ['ENOTFOUND', 'EAI_AGAIN'];
const SILENT = /^(?:ECONN|EHOST|ENET|ETIMEDOUT|EPIPE|ENOENT|CONNECT_TIMEOUT|57P0)/;

function connectionText(code: string, message: string, target: PostgresTarget): Text | undefined {
  const place = placeOf(target);
  const detail = summaryOf(message, target);
  if (code === '28P01') return (t) => t.backups.dump.credentials(userOf(target), place);
  if (code === '3D000')
    return (t) => t.backups.dump.databaseMissing(target.database ?? userOf(target), place);
  if (code === '53300') return (t) => t.backups.dump.tooManyConnections(place);
  if (HOST.includes(code)) return (t) => t.backups.dump.hostNotFound(place);
  if (/^CONNECTION_|^08/.test(code)) return (t) => t.backups.dump.connectionLost;
  if (SILENT.test(code)) return (t) => t.backups.dump.unreachable(place, detail || code);
  if (code === '28000' || /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code))
    return (t) => t.backups.dump.refused(place, detail);
  return undefined;
}

const userOf = ({ user }: PostgresTarget): string => user ?? 'PGUSER';

const SUMMARY_CHARACTERS = 200;
const PREFIX = /^pg_dump: (?:error: |detail: )?(?:Error message from server: )?/;

/** The last error it names. */
function summaryOf(messages: string, { password }: PostgresTarget): string {
  const lines = messages.split(/\r?\n/);
  const errors = lines.filter((line) => /error|fatal|panic/i.test(line));
  const line = (errors.at(-1) ?? lines.filter(Boolean).at(-1) ?? '').replace(PREFIX, '');
  return createScrubber(password ? [password] : [])(line)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, SUMMARY_CHARACTERS);
}
