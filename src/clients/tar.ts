import { once } from 'node:events';
import { lstat, mkdir } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { AppError } from '../errors.js';
import { type ProgramEnd, startProgram } from './program-run.js';

type Bytes = AsyncIterable<Uint8Array>;

interface ArchiveOptions {
  signal: AbortSignal;
  /** Told in tar's words of what changed or went while it was read: it is there as it was at some moment. */
  changed(text: string): void;
  /** Told in tar's words of what is missing. */
  unread(text: string): void;
}

/** GNU tar's exit codes; the archive is whole in spite of them. */
const CHANGED = 1;
const UNREAD = 2;

/**
 * Files and folders as one gzipped tar, by the system's own `tar`: what vanishes, changes or cannot be read meanwhile is
 * told and left out, and spoils nothing else. Names in it are the absolute paths without their first slash.
 */
export async function* archive(
  paths: string[],
  { signal, changed, unread }: ArchiveOptions,
): AsyncGenerator<Uint8Array> {
  const names = paths.map((path) => relative('/', resolve(path)) || '.');
  const tar = startProgram('tar', ['-C', '/', '-cf', '-', '--', ...names], {
    env: environment(),
    input: 'ignore',
    signal,
  });
  try {
    const gzip = createGzip();
    const piped = pipeline(tar.output, gzip);
    piped.catch(() => {});
    yield* gzip as Bytes;
    await piped;
    const end = await tar.ended;
    signal.throwIfAborted();
    if (isFatal(end)) throw problem(end);
    if (end.code === CHANGED) changed(told(end));
    if (end.code === UNREAD) unread(told(end));
  } finally {
    await tar.stop();
  }
}

/** Unpacks such an archive below a folder: tar itself sees to it that nothing is written outside. */
export async function unpack(
  archived: Bytes,
  folder: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tar = startProgram('tar', ['-C', folder, '-xpf', '-'], {
    env: environment(),
    input: 'pipe',
    signal,
  });
  tar.output.resume();
  try {
    await feed(archived, tar.input as Writable);
    const end = await tar.ended;
    signal.throwIfAborted();
    if (end.code !== 0) throw problem(end);
  } finally {
    await tar.stop();
  }
}

/** To the last byte, where the checksum is known: tar itself stops reading at the mark of the archive's end. */
async function feed(archived: Bytes, input: Writable): Promise<void> {
  const closed = once(input, 'close').catch(() => {});
  const gunzip = createGunzip();
  const piped = pipeline(archived, gunzip);
  piped.catch(() => {});
  for await (const chunk of gunzip) {
    if (input.writable && !input.write(chunk))
      await Promise.race([once(input, 'drain').catch(() => {}), closed]);
  }
  await piped;
  input.end();
}

/** Its words are read: they must be English ones. */
const environment = (): Record<string, string> => ({ PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' });

const isFatal = ({ code, signal, startCode, messages }: ProgramEnd): boolean =>
  startCode !== undefined ||
  signal !== null ||
  code === null ||
  code > UNREAD ||
  /not recoverable/.test(messages);

const LONGEST_QUOTE = 300;

const told = ({ messages }: ProgramEnd): string => {
  const lines = messages.split('\n').filter((line) => line && !/previous errors|Removing leading/.test(line));
  const text = lines.map((line) => line.replace(/^[^:\s]*tar: /, '')).join('; ');
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
};

function problem(end: ProgramEnd): AppError {
  if (end.startCode === 'ENOENT') return new AppError('not_configured', (t) => t.backups.set.tarMissing);
  return new AppError('unprocessable', (t) =>
    t.backups.set.tar(told(end) || `exit ${end.code ?? end.signal}`),
  );
}

export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
