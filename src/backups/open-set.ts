import { decryptWith } from '../clients/age.js';
import type { Storage } from '../clients/storage.js';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import type { BackupSet } from './inventory.js';
import { counted, digested, gunzipped } from './pipes.js';
import { dumpOf, extraOf, type Manifest, type StoredFile } from './set.js';

export interface OpenOptions {
  identity?: Secret | undefined;
  signal?: AbortSignal | undefined;
  /** Told of the stored bytes that have been read. */
  onBytes?: ((total: number) => void) | undefined;
}

type NamedSet = Pick<BackupSet, 'stem' | 'manifest'>;

/**
 * The SQL of a set. It throws instead of ending when the checksum is not the manifest's: who reads it must not act on
 * the whole before the end.
 * @throws {AppError} at once for an encrypted set without an identity
 */
export async function openDump(
  storage: Storage,
  set: NamedSet,
  options: OpenOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const stored = await openStored(storage, dumpOf(set.stem, set.manifest), options);
  const sql = gunzipped(decrypted(stored, set.manifest, options.identity));
  return unlessDamaged(sql, dumpOf(set.stem, set.manifest).key);
}

async function* unlessDamaged(sql: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* sql;
  } catch (cause) {
    // It may notice before the whole is read and its checksum known.
    if (!String((cause as NodeJS.ErrnoException).code).startsWith('Z_')) throw cause;
    throw new AppError('unprocessable', (t) => t.backups.set.damaged(key), { cause, permanent: true });
  }
}

/** The tar (gzipped) of a set's files; undefined when it has none. */
export async function openExtra(
  storage: Storage,
  set: NamedSet,
  options: OpenOptions,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const file = extraOf(set.stem, set.manifest);
  return file && decrypted(await openStored(storage, file, options), set.manifest, options.identity);
}

/** Reads a file of a set to its end, and throws when its checksum is not the manifest's. */
export async function checkStored(
  storage: Storage,
  file: StoredFile,
  options: Pick<OpenOptions, 'signal' | 'onBytes'>,
): Promise<void> {
  for await (const _ of await openStored(storage, file, options));
}

async function openStored(
  storage: Storage,
  file: StoredFile,
  { signal, onBytes }: OpenOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const stored = await storage.download(file.key, { signal });
  if (!stored) throw new AppError('not_found', (t) => t.backups.set.missing(file.key));
  return checked(onBytes ? counted(stored, onBytes) : stored, file);
}

async function* checked(stored: AsyncIterable<Uint8Array>, file: StoredFile): AsyncGenerator<Uint8Array> {
  const { bytes, digest } = digested(stored);
  let last: Uint8Array | undefined;
  // The last chunk is held back until the checksum is known: nobody gets the whole of what is damaged.
  for await (const chunk of bytes) {
    if (last) yield last;
    last = chunk;
  }
  if (digest.bytes !== file.compressedBytes || digest.sha256() !== file.sha256)
    throw new AppError('unprocessable', (t) => t.backups.set.checksum(file.key), { permanent: true });
  if (last) yield last;
}

function decrypted(
  stored: AsyncIterable<Uint8Array>,
  { encryption }: Manifest,
  identity: Secret | undefined,
) {
  if (!encryption) return stored;
  if (identity) return decryptWith(identity, stored);
  throw new AppError('not_configured', (t) => t.backups.set.encrypted(encryption.keyId), { permanent: true });
}
