import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompletedPart } from '@aws-sdk/client-s3';
import type { Part } from './storage-body.js';
import type { S3 } from './storage-s3-client.js';
import { headOf, MARK } from './storage-s3-head.js';
import { incomplete, isPassing, notS3 } from './storage-s3-problem.js';
import { discardUpload, listUploads, removeObject } from './storage-s3-removal.js';
import { insist, keptPrivate, type Patience, until } from './storage-s3-request.js';

/** A server may still be at work on a request whose connection was cut. */
const SECOND_LOOK_MS = 1_000;

interface NewObject {
  key: string;
  contentType: string;
  metadata: Record<string, string>;
  signal: AbortSignal;
}

/** The requests of one upload. */
export function newS3Object(s3: S3, { key, contentType, metadata, signal }: NewObject) {
  const { sdk, patient, options } = s3;
  const target = { Bucket: options.bucket, Key: key };
  const mark = randomUUID();
  const described = { ...target, ContentType: contentType, Metadata: { ...metadata, [MARK]: mark } };
  const parts: CompletedPart[] = [];
  let sizeBytes = 0;
  let begun = 0;
  let id: string | undefined;
  /** `possible`: it was asked for, and the answer may have been lost. */
  let visible: 'no' | 'possible' | 'yes' = 'no';

  return {
    /** The whole object in one request. */
    async put({ bytes }: Part): Promise<void> {
      const input = { ...described, Body: bytes, ContentMD5: md5(bytes) };
      sizeBytes = bytes.length;
      visible = 'possible';
      const { ETag } = await ask(() =>
        keptPrivate(s3, (acl) => patient.send(new sdk.PutObjectCommand({ ...input, ...acl }), until(signal))),
      );
      if (!ETag) throw notS3(options);
      visible = 'yes';
      await check();
    },
    async begin(): Promise<void> {
      const { UploadId } = await ask(() => {
        begun += 1;
        return keptPrivate(s3, (acl) =>
          patient.send(new sdk.CreateMultipartUploadCommand({ ...described, ...acl }), until(signal)),
        );
      });
      if (!UploadId) throw notS3(options);
      id = UploadId;
      if (begun > 1) await discardStrays({ signal, retryForMs: 0 });
    },
    async send({ number, bytes }: Part): Promise<void> {
      const input = { ...target, UploadId: id, PartNumber: number, Body: bytes, ContentMD5: md5(bytes) };
      const { ETag } = await ask(() => patient.send(new sdk.UploadPartCommand(input), until(signal)));
      if (!ETag) throw notS3(options);
      parts[number - 1] = { ETag, PartNumber: number };
      sizeBytes += bytes.length;
    },
    async complete(): Promise<void> {
      const input = { ...target, UploadId: id, MultipartUpload: { Parts: parts } };
      visible = 'possible';
      let tries = 0;
      await ask(async () => {
        tries += 1;
        try {
          const { ETag } = await patient.send(new sdk.CompleteMultipartUploadCommand(input), until(signal));
          if (!ETag) throw notS3(options);
        } catch (error) {
          // An earlier try may have worked, and only its answer been lost: this one finds no upload, or no parts.
          if (tries === 1 || isPassing(error) || !(await isOurs({ signal }))) throw error;
        }
      });
      visible = 'yes';
      await check();
    },
    /** Leaves nothing behind. */
    async abandon(withinMs: number): Promise<void> {
      const patience = { signal: AbortSignal.timeout(withinMs), retryForMs: withinMs };
      // Whether or not this works, an object must not stay.
      await discardParts(patience).catch(() => {});
      if (visible === 'yes' || (visible === 'possible' && (await appears(patience))))
        await removeObject(s3, key, patience);
    },
  };

  function ask<Result>(request: () => Promise<Result>): Promise<Result> {
    return insist(s3, 's3:PutObject', request, { signal });
  }

  async function check(): Promise<void> {
    const found = await headOf(s3, key, { signal });
    if (found?.sizeBytes !== sizeBytes) throw incomplete(key, options);
  }

  async function appears(patience: Patience): Promise<boolean> {
    if (await isOurs(patience)) return true;
    await sleep(SECOND_LOOK_MS);
    return isOurs(patience);
  }

  async function isOurs(patience: Patience): Promise<boolean> {
    return (await headOf(s3, key, patience))?.mark === mark;
  }

  async function discardParts(patience: Patience): Promise<void> {
    if (!id) return begun ? discardStrays(patience) : undefined;
    await discardUpload(s3, { key, id }, patience);
    // AWS keeps a part that arrived meanwhile, and asks to abort again.
    await discardUpload(s3, { key, id }, patience);
  }

  /** Uploads that were begun for us, without us learning of it. */
  async function discardStrays(patience: Patience): Promise<void> {
    try {
      for await (const upload of listUploads(s3, key, patience))
        if (upload.key === key && upload.id !== id) await discardUpload(s3, upload, patience);
    } catch {
      // Few keys may list them; rotation comes by later.
    }
  }
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('base64');
