import { AppError } from '../errors.js';

export interface StoredObject {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

/** A bucket, or a folder that stands for one. */
export interface Storage {
  /** Writes a small object whole; another one of that key is replaced. */
  put(key: string, body: string, options: { contentType: string }): Promise<void>;
  /** @returns undefined when there is no such object */
  get(key: string): Promise<string | undefined>;
  /** Every object whose key begins so, in the order of their keys, however many there are. */
  list(prefix: string): AsyncIterable<StoredObject>;
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
