import { checkKey, type Storage } from './storage.js';
import { connectS3, type S3, type S3Options } from './storage-s3-client.js';
import { downloadFromS3 } from './storage-s3-download.js';
import { headOf } from './storage-s3-head.js';
import { notS3, type S3Action, s3Problem } from './storage-s3-problem.js';
import { discardUpload, listUploads, removeObject } from './storage-s3-removal.js';
import { AT_ONCE, keptPrivate } from './storage-s3-request.js';
import { uploadToS3 } from './storage-s3-upload.js';

/** AWS S3, DigitalOcean Spaces, Backblaze B2, Cloudflare R2, MinIO. */
export function createS3Storage(options: S3Options): Storage {
  const { bucket } = options;
  let connected: Promise<S3> | undefined;
  const connect = () => {
    connected ??= connectS3(options);
    return connected;
  };
  const attempt = async <Result>(action: S3Action, work: (s3: S3) => Promise<Result>): Promise<Result> =>
    work(await connect()).catch((error: unknown) => {
      throw s3Problem(error, action, options);
    });
  return {
    async put(key, body, { contentType }) {
      checkKey(key);
      await attempt('s3:PutObject', async (s3) => {
        const input = { Bucket: bucket, Key: key, Body: body, ContentType: contentType };
        const { ETag } = await keptPrivate(s3, (acl) =>
          s3.quick.send(new s3.sdk.PutObjectCommand({ ...input, ...acl })),
        );
        if (!ETag) throw notS3(options);
      });
    },
    async get(key) {
      checkKey(key);
      return attempt('s3:GetObject', async ({ quick, sdk }) => {
        try {
          const { Body, ETag } = await quick.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key }));
          if (!Body || !ETag) throw notS3(options);
          return await Body.transformToString('utf-8');
        } catch (error) {
          if (error instanceof sdk.NoSuchKey) return undefined;
          throw error;
        }
      });
    },
    async *list(prefix) {
      for (let after: string | undefined; ; ) {
        const page = await attempt('s3:ListBucket', ({ quick, sdk }) =>
          quick.send(
            new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: after }),
          ),
        );
        // Some other server's page must not pass for an empty bucket.
        if (page.IsTruncated === undefined && page.Name === undefined) throw notS3(options);
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          // Consoles make folders as empty objects whose key ends so.
          if (Key && !Key.endsWith('/'))
            yield { key: Key, sizeBytes: Size ?? 0, modifiedAt: LastModified ?? new Date(0) };
        }
        if (!page.IsTruncated) return;
        if (!page.NextContinuationToken || page.NextContinuationToken === after) throw notS3(options);
        after = page.NextContinuationToken;
      }
    },
    async upload(key, body, how) {
      checkKey(key);
      await uploadToS3(await connect(), key, body, how);
    },
    async download(key, { signal } = {}) {
      checkKey(key);
      return downloadFromS3(await connect(), { key, signal });
    },
    async metadata(key) {
      checkKey(key);
      return (await headOf(await connect(), key, AT_ONCE))?.metadata;
    },
    async remove(key) {
      checkKey(key);
      await removeObject(await connect(), key);
    },
    async *listUnfinished(prefix) {
      yield* listUploads(await connect(), prefix);
    },
    async discard(upload) {
      await discardUpload(await connect(), upload);
    },
  };
}
