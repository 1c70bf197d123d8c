import { Readable } from 'node:stream';
import { encryptFor } from '../clients/age.js';
import type { PostgresPrograms, Program } from '../clients/postgres-programs.js';
import type { Storage } from '../clients/storage.js';
import { archive, isThere } from '../clients/tar.js';
import { AppError } from '../errors.js';
import type { TaskLog } from '../run-log.js';
import { findAnomalies } from './anomalies.js';
import { dumpDatabase } from './dump.js';
import { type BackupSet, takeInventory } from './inventory.js';
import { counted, digested, gzipped } from './pipes.js';
import { ownSets } from './rotate.js';
import {
  DATABASE_METADATA,
  dumpKey,
  extraKey,
  MANIFEST,
  type Manifest,
  type StoredFile,
  stemOf,
} from './set.js';
import type { BackupSettings } from './settings.js';
import { openSnapshot, type Snapshot } from './snapshot.js';

export interface WritingOptions {
  storage: Storage;
  backups: BackupSettings;
  programs: PostgresPrograms;
  runId: string;
  now(): Date;
  signal: AbortSignal;
  log: TaskLog;
  progress(value: Record<string, unknown>): void;
  /** Records that the set is made, but not all of it. */
  fail(item: string, error: unknown): void;
  /** Throws when another run has taken over: then this one must not finish its set. */
  stillOurs(): Promise<void>;
}

export interface WrittenSet extends Pick<BackupSet, 'stem' | 'manifest'> {
  /** The newest set of the same database before it. */
  previous: BackupSet | undefined;
}

/** Dumps the database into a new set. What fails, or is told to stop, leaves nothing. */
export async function writeSet(options: WritingOptions): Promise<WrittenSet> {
  const { backups, programs, signal } = options;
  const snapshot = await openSnapshot(backups.url, { schemas: backups.schemas, signal });
  const written: string[] = [];
  try {
    const program = await programs.find('pg_dump', snapshot.serverMajor);
    return await write(options, snapshot, program, written);
  } catch (error) {
    await removeAll(options, written);
    throw error;
  } finally {
    await snapshot.close();
  }
}

async function write(options: WritingOptions, snapshot: Snapshot, program: Program, written: string[]) {
  const { storage, backups, now } = options;
  const startedAt = now();
  const { sets, stems } = await takeInventory(storage, backups.prefix);
  const stem = freeStem(stems, backups.prefix, backups.name ?? snapshot.database.name, startedAt);
  const previous = ownSets(sets, snapshot.database.id)[0];

  const dump = await writeDump(options, snapshot, program, stem, written);
  const extra = await writeExtra(options, snapshot, stem, written);
  const counts = { sizeBytes: dump.sizeBytes, schemas: backups.schemas ?? null, ...dump.counts };
  const manifest: Manifest = {
    format: 1,
    runId: options.runId,
    database: snapshot.database,
    serverVersion: snapshot.serverVersion,
    clientVersion: program.version,
    startedAt: startedAt.toISOString(),
    finishedAt: now().toISOString(),
    ...dump.file,
    ...counts,
    roles: snapshot.roles,
    encryption: backups.recipient ? { method: 'age', keyId: backups.recipient } : null,
    extra,
    previous: previous?.stem ?? null,
    anomalies: findAnomalies(previous?.manifest, counts),
  };
  await options.stillOurs();
  written.push(stem + MANIFEST);
  // An upload waits longer for a bucket that is away than a put: the whole dump hangs on it.
  const text = Readable.from([Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)]);
  await storage.upload(stem + MANIFEST, text, { contentType: 'application/json', signal: options.signal });
  return { stem, manifest, previous };
}

/** Two sets of one second would be one. */
function freeStem(taken: Set<string>, prefix: string, name: string, at: Date): string {
  for (let second = 0; ; second++) {
    const stem = stemOf(prefix, name, new Date(at.getTime() + second * 1_000));
    if (!taken.has(stem)) return stem;
  }
}

async function writeDump(
  options: WritingOptions,
  snapshot: Snapshot,
  program: Program,
  stem: string,
  written: string[],
) {
  const { backups, signal, log, progress } = options;
  const dump = dumpDatabase({
    program,
    url: backups.url,
    snapshotId: snapshot.id,
    schemas: backups.schemas,
    extensions: snapshot.extensions,
    signal,
    log,
  });
  let sizeBytes = 0;
  let counting: ReturnType<Snapshot['count']> | undefined;
  const sql = counted(dump, (total) => {
    sizeBytes = total;
    progress({ phase: 'dump', sqlBytes: total, databaseBytes: snapshot.sizeBytes });
    // By now the tables are locked; another connection counts the same snapshot meanwhile.
    counting ??= snapshot.count();
    counting.catch(() => {});
  });
  const key = dumpKey(stem, backups.recipient !== undefined);
  // Bytes that do not compress are written as twice as many digits.
  const file = await store(options, snapshot, key, gzipped(sql), written, snapshot.sizeBytes * 2);
  return { file, sizeBytes, counts: await (counting ?? snapshot.count()) };
}

/** The files that belong to the database; what is wrong with them spoils no dump. */
async function writeExtra(
  options: WritingOptions,
  snapshot: Snapshot,
  stem: string,
  written: string[],
): Promise<Manifest['extra']> {
  const { backups, log, fail, progress } = options;
  const paths: string[] = [];
  for (const path of backups.extraPaths) {
    if (await isThere(path)) paths.push(path);
    else fail(path, new AppError('unprocessable', (t) => t.backups.set.extraMissing));
  }
  if (paths.length === 0) return null;
  progress({ phase: 'files' });
  const key = extraKey(stem, backups.recipient !== undefined);
  try {
    const tar = archive(paths, (warning) => log.warn({ warning }, 'while files were archived'));
    return { ...(await store(options, snapshot, key, tar, written)), paths };
  } catch (error) {
    if (error instanceof AppError || options.signal.aborted) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    fail(
      'BACKUP_EXTRA_PATHS',
      new AppError('unprocessable', (t) => t.backups.set.extra(code), { cause: error }),
    );
    return null;
  }
}

/** Writes one file of the set, encrypted where that is wanted. */
async function store(
  { storage, backups, signal }: WritingOptions,
  { database }: Snapshot,
  key: string,
  bytes: AsyncIterable<Uint8Array>,
  written: string[],
  expectedBytes?: number,
): Promise<StoredFile> {
  const sealed = backups.recipient ? encryptFor(backups.recipient, bytes) : bytes;
  const { bytes: body, digest } = digested(sealed);
  written.push(key);
  await storage.upload(key, body, {
    contentType: backups.recipient ? 'application/octet-stream' : 'application/gzip',
    metadata: { [DATABASE_METADATA]: encodeURIComponent(database.id) },
    expectedBytes,
    signal,
  });
  return { key, compressedBytes: digest.bytes, sha256: digest.sha256() };
}

/** The manifest first: a set without one does not exist. What cannot be removed now, a rotation removes. */
async function removeAll({ storage, log }: WritingOptions, written: string[]): Promise<void> {
  for (const key of written.reverse()) {
    await storage.remove(key).catch((err) => log.warn({ err, key }, 'the remains of a failed backup stay'));
  }
}
