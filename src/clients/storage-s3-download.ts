import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3 } from './storage-s3-client.js';
import { isPassing, notS3, replaced, s3Problem, statusOf } from './storage-s3-problem.js';
import { insist, pauseAfter, until } from './storage-s3-request.js';

interface Reading {
  key: string;
  signal?: AbortSignal | undefined;
}

interface Opened {
  etag: string;
  sizeBytes: number;
  stream: Readable;
}

/** @returns undefined when there is no such object */
export async function downloadFromS3(
  s3: S3,
  reading: Reading,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const opened = await open(s3, reading);
  return opened && read(s3, reading, opened);
}

async function* read(
  s3: S3,
  { key, signal }: Reading,
  { etag, sizeBytes, ...first }: Opened,
): AsyncGenerator<Uint8Array, void, undefined> {
  let { stream } = first;
  let offset = 0;
  let breaks = 0;
  let givesUpAt = 0;
  try {
    while (offset < sizeBytes) {
      try {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          offset += chunk.length;
          breaks = 0;
          yield chunk;
        }
        if (offset < sizeBytes) throw brokenOff();
      } catch (error) {
        signal?.throwIfAborted();
        if (offset >= sizeBytes) return;
        breaks += 1;
        if (breaks === 1) givesUpAt = performance.now() + s3.timing.retryForMs;
        if (!isPassing(error) || performance.now() > givesUpAt)
          throw s3Problem(error, 's3:GetObject', s3.options);
        await sleep(pauseAfter(s3, breaks), undefined, signal && { signal }).catch(() => {});
        stream = await openRest(s3, { key, signal, etag, offset });
      }
    }
  } finally {
    stream.destroy();
  }
}

async function open(s3: S3, { key, signal }: Reading): Promise<Opened | undefined> {
  const { sdk, patient, options } = s3;
  const command = new sdk.GetObjectCommand({ Bucket: options.bucket, Key: key });
  const answer = await insist(
    s3,
    's3:GetObject',
    () =>
      patient.send(command, until(signal)).catch((error) => {
        if (error instanceof sdk.NoSuchKey) return undefined;
        throw error;
      }),
    { signal },
  );
  if (!answer) return undefined;
  const { Body, ETag, ContentLength } = answer;
  if (!Body || !ETag || ContentLength === undefined) throw notS3(options);
  return { etag: ETag, sizeBytes: ContentLength, stream: asStream(Body) };
}

async function openRest(
  s3: S3,
  { key, signal, etag, offset }: Reading & { etag: string; offset: number },
): Promise<Readable> {
  const { sdk, patient, options } = s3;
  const command = new sdk.GetObjectCommand({
    Bucket: options.bucket,
    Key: key,
    Range: `bytes=${offset}-`,
    IfMatch: etag,
  });
  const { Body, ETag, ContentRange } = await insist(
    s3,
    's3:GetObject',
    () =>
      patient.send(command, until(signal)).catch((error) => {
        if ([404, 412, 416].includes(statusOf(error) ?? 0)) throw replaced(key, options, error);
        throw error;
      }),
    { signal },
  );
  if (!Body) throw notS3(options);
  const stream = asStream(Body);
  if (ETag === etag && ContentRange?.startsWith(`bytes ${offset}-`)) return stream;
  stream.destroy();
  throw ETag === etag ? notS3(options) : replaced(key, options);
}

/** One whose errors wait until it is read. */
const asStream = (body: unknown): Readable => (body as Readable).on('error', () => {});

const brokenOff = () => Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
