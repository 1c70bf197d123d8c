import type { UnfinishedUpload } from './storage.js';
import type { S3 } from './storage-s3-client.js';
import { notS3, statusOf } from './storage-s3-problem.js';
import { AT_ONCE, insist, until } from './storage-s3-request.js';

export async function removeObject(s3: S3, key: string, patience = AT_ONCE): Promise<void> {
  const { sdk, quick, options } = s3;
  const command = new sdk.DeleteObjectCommand({ Bucket: options.bucket, Key: key });
  await insist(
    s3,
    's3:DeleteObject',
    () => quick.send(command, until(patience.signal)).catch(unless('NoSuchKey')),
    patience,
  );
}

/** Its parts with it. */
export async function discardUpload(
  s3: S3,
  { key, id }: Pick<UnfinishedUpload, 'key' | 'id'>,
  patience = AT_ONCE,
): Promise<void> {
  const { sdk, quick, options } = s3;
  const command = new sdk.AbortMultipartUploadCommand({ Bucket: options.bucket, Key: key, UploadId: id });
  await insist(
    s3,
    's3:AbortMultipartUpload',
    () => quick.send(command, until(patience.signal)).catch(unless('NoSuchUpload')),
    patience,
  );
}

/** None where the server keeps no list of them. */
export async function* listUploads(
  s3: S3,
  prefix: string,
  patience = AT_ONCE,
): AsyncGenerator<UnfinishedUpload, void, undefined> {
  const { sdk, quick, options } = s3;
  for (let after: { KeyMarker?: string; UploadIdMarker?: string } = {}; ; ) {
    const input = { Bucket: options.bucket, Prefix: prefix, ...after };
    const page = await insist(
      s3,
      's3:ListBucketMultipartUploads',
      () =>
        quick.send(new sdk.ListMultipartUploadsCommand(input), until(patience.signal)).catch((error) => {
          if (isNotOffered(error)) return undefined;
          throw error;
        }),
      patience,
    );
    if (!page) return;
    if (page.IsTruncated === undefined && page.Bucket === undefined) throw notS3(options);
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key?.startsWith(prefix) && UploadId)
        yield { key: Key, id: UploadId, startedAt: Initiated ?? new Date(0) };
    }
    if (!page.IsTruncated) return;
    const next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    if (
      !next.KeyMarker ||
      (next.KeyMarker === after.KeyMarker && next.UploadIdMarker === after.UploadIdMarker)
    )
      throw notS3(options);
    after = {
      KeyMarker: next.KeyMarker,
      ...(next.UploadIdMarker && { UploadIdMarker: next.UploadIdMarker }),
    };
  }
}

const unless = (name: string) => (error: Error) => {
  if (error.name !== name) throw error;
};

const isNotOffered = (error: unknown): boolean =>
  [405, 501].includes(statusOf(error) ?? 0) ||
  ['NotImplemented', 'MethodNotAllowed'].includes((error as Error).name);
