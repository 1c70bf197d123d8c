import { AppError } from '../errors.js';
import type { UploadOptions } from './storage.js';
import { cutIntoParts, readUntil } from './storage-body.js';
import type { S3 } from './storage-s3-client.js';
import { newS3Object } from './storage-s3-object.js';

const MIB = 1024 * 1024;
const SMALLEST_PART_BYTES = 8 * MIB;
const MOST_PARTS = 10_000;
/** Some room below the limit, should the object become larger than expected. */
const PLANNED_PARTS = 9_000;
/** Three parts, while they are of the smallest size. */
const HELD_BYTES = 3 * SMALLEST_PART_BYTES;

/**
 * Parts of equal size (Cloudflare R2 wants that), three at a time; a body smaller than one part is put at once.
 * lib-storage is not used: its abort does not wait for the parts under way, which then stay in the bucket.
 */
export async function uploadToS3(
  s3: S3,
  key: string,
  body: AsyncIterable<Uint8Array>,
  { contentType, metadata = {}, signal: outer, expectedBytes = 0 }: UploadOptions,
): Promise<void> {
  const failed = new AbortController();
  const signal = outer ? AbortSignal.any([outer, failed.signal]) : failed.signal;
  const object = newS3Object(s3, { key, contentType, metadata, signal });
  const partBytes = partBytesFor(expectedBytes);
  const count = Math.max(2, Math.floor(HELD_BYTES / partBytes));
  const sending = new Set<Promise<void>>();
  try {
    for await (const part of cutIntoParts(readUntil(body, signal), { partBytes, count })) {
      if (part.number > MOST_PARTS) throw tooLarge(key, partBytes);
      if (part.number === 1 && part.last) return await object.put(part);
      if (part.number === 1) await object.begin();
      const sent: Promise<void> = object
        .send(part)
        .catch((error) => failed.abort(error))
        .finally(() => {
          sending.delete(sent);
          part.release();
        });
      sending.add(sent);
    }
    await Promise.all(sending);
    signal.throwIfAborted();
    await object.complete();
  } catch (error) {
    failed.abort(error);
    await Promise.all(sending);
    // What is left if even this fails is found by `listUnfinished`.
    await object.abandon(outer?.aborted ? s3.timing.abortMs : s3.timing.cleanupMs).catch(() => {});
    throw error;
  }
}

export function partBytesFor(expectedBytes: number): number {
  const wanted = Math.ceil(expectedBytes / PLANNED_PARTS / MIB) * MIB;
  return Math.max(SMALLEST_PART_BYTES, wanted);
}

const tooLarge = (key: string, partBytes: number): AppError =>
  new AppError('unprocessable', (t) => t.storage.tooLarge(key, Math.floor((partBytes * MOST_PARTS) / 1e9)));
