import { randomInt } from 'node:crypto';
import { Readable } from 'node:stream';
import { encryptFor } from '../clients/age.js';
import type { PostgresPrograms, Program } from '../clients/postgres-programs.js';
import type { Storage } from '../clients/storage.js';
import { archive, isThere } from '../clients/tar.js';
import { AppError } from '../errors.js';
import type { TaskLog } from '../run-log.js';
import { findAnomalies } from './anomalies.js';
import { dumpDatabase } from './dump.js';
import { type BackupSet, type DamagedSet, takeInventory } from './inventory.js';
import { counted, digested, gzipped } from './pipes.js';
import { ofDatabase } from './rotate.js';
import {
  claimOf,
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
  /** Sets of the same database that the bucket has lost in part. */
  damaged: DamagedSet[];
}

/** Dumps the database into a new set. What fails, or is told to stop, leaves nothing. */
export async function writeSet(options: WritingOptions): Promise<WrittenSet> {
  const { backups, programs, signal } = options;
  const snapshot = await openSnapshot(backups.url, { schemas: backups.schemas, signal });
  const written: string[] = [];
  try {
    const program = await programs.find('pg_dump', snapshot.serverMajor);
    const set = await write(options, snapshot, program, written);
    await removeAll(options, [claimOf(set.stem, options.runId)]);
    return set;
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
  const { sets, damaged, stems } = await takeInventory(storage, backups.prefix);
  const previous = ofDatabase(sets, snapshot.database.id)[0];
  const name = backups.name ?? snapshot.database.name;
  const stem = await claimStem(options, snapshot, { name, startedAt, taken: stems, written });
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
  return { stem, manifest, previous, damaged: ofDatabase(damaged, snapshot.database.id) };
}

interface Wish {
  name: string;
  startedAt: Date;
  taken: Set<string>;
  written: string[];
}

/**
 * A name of its own for the set: that of another database, or of another run, may begin in the same second. Of two that
 * claim one name at the same moment both go on to another.
 */
async function claimStem(
  options: WritingOptions,
  snapshot: Snapshot,
  { name, startedAt, taken, written }: Wish,
): Promise<string> {
  const { storage, backups, runId, signal } = options;
  for (let second = 0; ; second += randomInt(1, 4)) {
    signal.throwIfAborted();
    const stem = stemOf(backups.prefix, name, new Date(startedAt.getTime() + second * 1_000));
    if (taken.has(stem)) continue;
    const claim = claimOf(stem, runId);
    written.push(claim);
    const metadata = metadataOf(snapshot);
    await storage.upload(claim, Readable.from([Buffer.from(runId)]), {
      contentType: 'text/plain',
      metadata,
      signal,
    });
    const objects: string[] = [];
    for await (const { key } of storage.list(`${stem}.`)) objects.push(key);
    if (objects.every((key) => key === claim)) return stem;
    await storage.remove(claim);
  }
}

const metadataOf = ({ database }: Snapshot) => ({ [DATABASE_METADATA]: encodeURIComponent(database.id) });

async function writeDump(
  options: WritingOptions,
  snapshot: Snapshot,
  program: Program,
  stem: string,
  written: string[],
) {
  const { backups, signal, log, progress } = options;
  await snapshot.lockTables();
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
  const { backups, signal, log, fail, progress } = options;
  const paths: string[] = [];
  for (const path of backups.extraPaths) {
    if (await isThere(path)) paths.push(path);
    else fail(path, new AppError('unprocessable', (t) => t.backups.set.extraMissing));
  }
  if (paths.length === 0) return null;
  progress({ phase: 'files' });
  const unread: string[] = [];
  const tar = archive(paths, {
    signal,
    changed: (text) => log.warn({ text }, 'files changed while they were archived'),
    unread: (text) => unread.push(text),
  });
  const key = extraKey(stem, backups.recipient !== undefined);
  const file = await store(options, snapshot, key, tar, written);
  for (const detail of unread)
    fail('BACKUP_EXTRA_PATHS', new AppError('unprocessable', (t) => t.backups.set.extra(detail)));
  return { ...file, paths };
}

/** Writes one file of the set, encrypted where that is wanted. */
async function store(
  { storage, backups, signal }: WritingOptions,
  snapshot: Snapshot,
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
    metadata: metadataOf(snapshot),
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
