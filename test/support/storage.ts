import { expect } from 'vitest';
import type { Storage } from '../../src/clients/storage.js';
import { createS3Storage } from '../../src/clients/storage-s3.js';
import type { S3Timing } from '../../src/clients/storage-s3-client.js';
import { AppError } from '../../src/errors.js';
import { startS3 } from './s3.js';
import { startS3Faults } from './s3-faults.js';

const FAST: Partial<S3Timing> = {
  connectMs: 1_000,
  requestMs: 1_000,
  idleMs: 1_000,
  transferIdleMs: 2_000,
  retryForMs: 8_000,
  firstPauseMs: 20,
  longestPauseMs: 200,
};

/** A bucket behind a proxy that breaks what it is told to. */
export async function openBucket(timing: Partial<S3Timing> = {}) {
  const s3 = await startS3();
  const proxy = await startS3Faults(s3.endpoint);
  const { bucket, credentials } = s3;
  const options = { bucket, credentials, endpoint: proxy.endpoint, timing: { ...FAST, ...timing } };
  const direct = createS3Storage({ ...options, endpoint: s3.endpoint });
  return {
    storage: createS3Storage(options),
    proxy,
    host: new URL(proxy.endpoint).host,
    /** What was begun and never ended, as the server itself sees it. */
    unfinished: () => uploadsOf(direct),
    /** The same, and every object. */
    leftovers: async () => [...(await uploadsOf(direct)), ...(await keysOf(direct))],
  };
}

export async function uploadsOf(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.listUnfinished('')) keys.push(key);
  return keys;
}

export async function keysOf(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list('')) keys.push(key);
  return keys;
}

export const failure = (attempt: Promise<unknown>): Promise<AppError> =>
  attempt.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => {
      expect(error).toBeInstanceOf(AppError);
      return error as AppError;
    },
  );
