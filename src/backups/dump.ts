import type { Program } from '../clients/postgres-programs.js';
import { libpqEnvironment, parsePostgresUrl } from '../clients/postgres-url.js';
import { startProgram } from '../clients/program-run.js';
import type { TaskLog } from '../run-log.js';
import type { Secret } from '../secret.js';
import { dumpProblem } from './dump-problem.js';
import { LOCK_WAIT_SECONDS } from './limits.js';

export interface DumpOptions {
  program: Program;
  url: Secret;
  snapshotId: string;
  /** Undefined: all. */
  schemas?: string[] | undefined;
  /** Those to take along with chosen schemas. */
  extensions?: string[] | undefined;
  /** How long to wait for a table that is locked. */
  lockWaitSeconds?: number;
  signal: AbortSignal;
  log: TaskLog;
}

/** Plain SQL as pg_dump writes it; throws after the last byte unless pg_dump ended well and the dump is whole. */
export async function* dumpDatabase(options: DumpOptions): AsyncGenerator<Buffer, void, undefined> {
  const { program, url, signal, log } = options;
  signal.throwIfAborted();
  const running = startProgram(program.path, argumentsOf(options), {
    env: libpqEnvironment(url),
    input: 'ignore',
    signal,
  });
  try {
    let tail: Buffer = Buffer.alloc(0);
    for await (const chunk of running.output as AsyncIterable<Buffer>) {
      tail = endOf(tail, chunk);
      yield chunk;
    }
    const end = await running.ended;
    signal.throwIfAborted();
    const problem = dumpProblem(program, end, isWhole(tail), parsePostgresUrl(url));
    if (problem) throw problem;
    if (end.messages) log.warn({ messages: end.messages.slice(0, 2000) }, `${program.name} gave warnings`);
  } finally {
    await running.stop();
  }
}

function argumentsOf({ program, snapshotId, schemas, extensions, ...options }: DumpOptions): string[] {
  const lockWaitMs = (options.lockWaitSeconds ?? LOCK_WAIT_SECONDS) * 1000;
  const args = [
    ...[
      '--format=plain',
      '--no-owner',
      '--no-privileges',
      '--no-tablespaces',
      '--no-password',
      '--encoding=UTF8',
    ],
    `--snapshot=${snapshotId}`,
    `--lock-wait-timeout=${lockWaitMs}`,
  ];
  if (!schemas) return args;
  return [
    ...args,
    '--strict-names',
    // Without it a narrowed dump leaves large objects out; its name changed with version 16.
    program.major < 16 ? '--blobs' : '--large-objects',
    ...schemas.map((name) => `--schema=${exactly(name)}`),
    // Versions before 14 cannot.
    ...(program.major < 14 ? [] : (extensions ?? []).map((name) => `--extension=${exactly(name)}`)),
  ];
}

/** Names on pg_dump's command line are patterns, in which quotes make everything literal. */
const exactly = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const TAIL_BYTES = 512;

const endOf = (tail: Buffer, chunk: Buffer): Buffer =>
  Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);

/** Newer minor versions close with `\unrestrict` and its key. */
const isWhole = (tail: Buffer): boolean =>
  /\n-- PostgreSQL database dump complete\r?\n(?:--|\\unrestrict \S+|\s)*$/.test(tail.toString('latin1'));
