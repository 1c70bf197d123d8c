import type { PostgresPrograms } from '../clients/postgres-programs.js';
import type { Storage } from '../clients/storage.js';
import { AppError, describeError, isDatabaseUnavailable } from '../errors.js';
import type { Messages } from '../locales/index.js';
import type { Secret } from '../secret.js';
import type { BackupSet } from './inventory.js';
import { checkStored, openDump } from './open-set.js';
import { psqlMajorFor, restoreDump } from './restore.js';
import { createScratch } from './scratch.js';
import { dumpOf, extraOf, MANIFEST, VERIFIED, type Verification } from './set.js';

export interface VerifyOptions {
  storage: Storage;
  programs: PostgresPrograms;
  /** Where the scratch database is made. */
  verifyServer: Secret;
  /** Without it nothing but the checksum of an encrypted set can be compared. */
  identity: Secret | undefined;
  runId: string;
  now(): Date;
  signal: AbortSignal;
  messages: Messages;
  progress(value: Record<string, unknown>): void;
  warn(error: unknown, text: string): void;
  /** Throws when another run has taken over: then this one writes nothing more. */
  stillOurs(): Promise<void>;
}

export interface Verified {
  check: 'restored' | 'checksum';
  tables: number;
  rows: number;
}

/**
 * Proves a set: its checksums, and that it can be restored with every row of the manifest. What is found out about the
 * set is recorded beside it; what lies with a server or with this machine is no fault of the set.
 * @throws {AppError} naming the set, and what to do
 */
export async function verifySet(set: BackupSet, options: VerifyOptions): Promise<Verified> {
  const { signal, now } = options;
  try {
    const verified = await check(set, options);
    const at = now().toISOString();
    const { verifiedAt = null, failure = null } = set.verification ?? {};
    const proof = verified.check === 'restored' ? { verifiedAt: at, failure: null } : { verifiedAt, failure };
    await record(set, options, { ...proof, checksumAt: at });
    return verified;
  } catch (error) {
    if (signal.aborted) throw error;
    if (isFaultOfSet(error)) await recordFailure(set, options, error);
    if (!(error instanceof AppError) && !isDatabaseUnavailable(error)) throw error;
    throw new AppError('task_failed', (t) => t.backups.verify.failed(set.stem, describeError(error, t)), {
      cause: error,
      permanent: true,
    });
  }
}

async function check(set: BackupSet, options: VerifyOptions): Promise<Verified> {
  const { stem, manifest } = set;
  const { storage, signal, identity } = options;
  const extra = extraOf(stem, manifest);
  if (extra) await checkStored(storage, extra, { signal, onBytes: report(set, options, 'files') });
  if (manifest.encryption && !identity) {
    const onBytes = report(set, options, 'checksum');
    await checkStored(storage, dumpOf(stem, manifest), { signal, onBytes });
    return { check: 'checksum', tables: 0, rows: 0 };
  }
  const { tables, rows } = await tryOut(set, options);
  return { check: 'restored', tables, rows };
}

async function tryOut(set: BackupSet, options: VerifyOptions) {
  const { manifest } = set;
  const { storage, programs, verifyServer, identity, signal } = options;
  const program = await programs.find('psql', psqlMajorFor(manifest));
  const scratch = await createScratch(verifyServer, manifest, options.now());
  try {
    const onBytes = report(set, options, 'restore');
    const dump = await openDump(storage, set, { identity, signal, onBytes });
    return await restoreDump({ dump, manifest, url: scratch.url, program, replace: false, signal });
  } finally {
    await scratch
      .drop()
      .catch((error) => options.warn(error, 'the scratch database stays until the next run'));
  }
}

const report =
  ({ stem, manifest }: BackupSet, { progress }: VerifyOptions, phase: string) =>
  (bytes: number): void =>
    progress({ phase, key: stem, compressedBytes: bytes, ofBytes: manifest.compressedBytes });

/** What trying again, on another server or at another time, would not mend. */
const isFaultOfSet = (error: unknown): boolean =>
  error instanceof AppError && error.permanent && error.code === 'unprocessable';

async function recordFailure(set: BackupSet, options: VerifyOptions, error: unknown): Promise<void> {
  const { verifiedAt = null, checksumAt = null } = set.verification ?? {};
  const failure = { at: options.now().toISOString(), message: describeError(error, options.messages) };
  await record(set, options, { verifiedAt, checksumAt, failure });
}

async function record(
  { stem }: BackupSet,
  { storage, runId, stillOurs }: VerifyOptions,
  found: Omit<Verification, 'runId'>,
): Promise<void> {
  await stillOurs();
  // The rotation may have removed the set meanwhile: what is beside nothing would stay for ever.
  if ((await storage.get(stem + MANIFEST)) === undefined)
    throw new AppError('not_found', (t) => t.backups.set.missing(stem + MANIFEST));
  const verification: Verification = { runId, ...found };
  const text = `${JSON.stringify(verification, null, 2)}\n`;
  await storage.put(stem + VERIFIED, text, { contentType: 'application/json' });
}
