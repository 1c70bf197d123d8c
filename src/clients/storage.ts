import { AppError } from '../errors.js';

export interface StoredObject {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

export interface UploadOptions {
  contentType: string;
  /** Kept with the object: names of lower-case letters and hyphens, values of printable ASCII. */
  metadata?: Record<string, string> | undefined;
  /** Ends the upload and leaves nothing behind. */
  signal?: AbortSignal | undefined;
  /** No less than the object will have, as far as known: chooses the parts' size (at most 10,000 of them). */
  expectedBytes?: number | undefined;
}

export interface UnfinishedUpload {
  key: string;
  id: string;
  startedAt: Date;
}

/** A bucket, or a folder that stands for one. */
export interface Storage {
  /** Writes a small object whole; another one of that key is replaced. */
  put(key: string, body: string, options: { contentType: string }): Promise<void>;
  /** @returns undefined when there is no such object */
  get(key: string): Promise<string | undefined>;
  /** Every object whose key begins so, in the order of their keys, however many there are. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /**
   * Writes a large object as it comes, in constant memory: it appears whole or not at all. A body that throws, or an
   * abort, leaves neither object nor parts; the body's error and the signal's reason are thrown as they are.
   */
  upload(key: string, body: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<void>;
  /**
   * A large object as it is read, in constant memory; goes on where a connection broke off.
   * @returns undefined when there is no such object
   */
  download(
    key: string,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** @returns what an upload was given; undefined when there is no such object, an empty object when it has none */
  metadata(key: string): Promise<Record<string, string> | undefined>;
  /** An object that is not there is no error. */
  remove(key: string): Promise<void>;
  /** Uploads that were begun and never ended. */
  listUnfinished(prefix: string): AsyncIterable<UnfinishedUpload>;
  discard(upload: UnfinishedUpload): Promise<void>;
}

const LONGEST_KEY_BYTES = 1024;

/**
 * Keys are paths of plain names, so that a folder can hold what a bucket holds and nothing leaves it.
 * @throws {AppError}
 */
export function checkKey(key: string): void {
  const names = key.split('/');
  const plain = names.every(
    (name) => name !== '' && name !== '.' && name !== '..' && !/[\\\p{Cc}]/u.test(name),
  );
  if (plain && key.isWellFormed() && Buffer.byteLength(key) <= LONGEST_KEY_BYTES) return;
  throw new AppError('unprocessable', (t) => t.storage.key(key.slice(0, 100)), { permanent: true });
}
