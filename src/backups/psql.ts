import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Program } from '../clients/postgres-programs.js';
import { libpqEnvironment } from '../clients/postgres-url.js';
import { startProgram } from '../clients/program-run.js';
import type { Secret } from '../secret.js';
import { restoreProblem } from './restore-problem.js';

interface FeedOptions {
  program: Program;
  url: Secret;
  signal: AbortSignal;
}

/** No profile, no prompts, the first error is the end; messages with PostgreSQL's codes. */
const FLAGS = [
  ...['--no-psqlrc', '--no-password', '--quiet', '--tuples-only'],
  ...['--set=ON_ERROR_STOP=1', '--set=VERBOSITY=verbose', '--file=-'],
];

/**
 * Lets psql run a script, which is read as fast as the server works it off. A script that throws, and an abort, end psql
 * before it gets another statement: without its COMMIT nothing of a transaction remains.
 * @returns what psql wrote to standard error
 * @throws {AppError}
 */
export async function feedPsql(script: AsyncIterable<Uint8Array>, options: FeedOptions): Promise<string> {
  const { program, url, signal } = options;
  signal.throwIfAborted();
  const psql = startProgram(program.path, FLAGS, {
    env: libpqEnvironment(url),
    input: 'pipe',
    signal,
    endWith: 'SIGINT',
  });
  psql.output.resume();
  const input = psql.input as Writable;
  const close = () => input.destroy();
  signal.addEventListener('abort', close, { once: true });
  try {
    const broken = await pipeline(Readable.from(script, { highWaterMark: 2 }), input).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    // Only its end tells why psql reads no further.
    const cut = broken && !isClosed(broken.error) ? broken : undefined;
    if (cut) await psql.stop();
    const end = await psql.ended;
    if (end.code === 0 && !broken) return end.messages;
    signal.throwIfAborted();
    // An end without a complaint is that of a script which was cut off.
    throw cut || (broken && end.code === 0) ? broken?.error : restoreProblem(end);
  } finally {
    signal.removeEventListener('abort', close);
    await psql.stop();
  }
}

const CLOSED = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'];

/** The reader has gone. The script's own errors are of other kinds: those of clients are AppErrors. */
const isClosed = (error: unknown): boolean =>
  CLOSED.includes(String((error as NodeJS.ErrnoException | null)?.code));
