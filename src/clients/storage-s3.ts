import type { S3Client } from '@aws-sdk/client-s3';
import type { Secret } from '../secret.js';
import { checkKey, type Storage } from './storage.js';
import { notS3, type S3Action, s3Problem } from './storage-s3-problem.js';

export interface S3Options {
  bucket: string;
  /** Missing for AWS itself. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** Missing: what the AWS SDK finds by itself (its own variables, files, the machine's role). */
  credentials?: { accessKeyId: string; secretAccessKey: Secret } | undefined;
  forcePathStyle?: boolean | undefined;
  timing?: Partial<S3Timing>;
}

interface S3Timing {
  connectMs: number;
  /** Until the answer begins. */
  requestMs: number;
  /** Silence after which a connection counts as dead. */
  idleMs: number;
}

const TIMING: S3Timing = { connectMs: 5_000, requestMs: 30_000, idleMs: 30_000 };

/** AWS S3, DigitalOcean Spaces, Backblaze B2, Cloudflare R2, MinIO. */
export function createS3Storage(options: S3Options): Storage {
  const { bucket } = options;
  // The SDK is large and few runs want it: it is loaded when first used.
  const load = async () => {
    const sdk = await import('@aws-sdk/client-s3');
    return { sdk, client: createClient(sdk.S3Client, options) };
  };
  let loaded: ReturnType<typeof load> | undefined;
  const attempt = async <Result>(
    action: S3Action,
    work: (s3: Awaited<ReturnType<typeof load>>) => Promise<Result>,
  ): Promise<Result> => {
    loaded ??= load();
    const s3 = await loaded;
    return work(s3).catch((error: unknown) => {
      throw s3Problem(error, action, options);
    });
  };
  return {
    async put(key, body, { contentType }) {
      checkKey(key);
      await attempt('s3:PutObject', async ({ client, sdk }) => {
        const input = { Bucket: bucket, Key: key, Body: body, ContentType: contentType };
        const { ETag } = await client.send(new sdk.PutObjectCommand(input));
        if (!ETag) throw notS3(options);
      });
    },
    async get(key) {
      checkKey(key);
      return attempt('s3:GetObject', async ({ client, sdk }) => {
        try {
          const { Body, ETag } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key }));
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
        const page = await attempt('s3:ListBucket', ({ client, sdk }) =>
          client.send(
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
  };
}

function createClient(Client: typeof S3Client, options: S3Options): S3Client {
  const { endpoint, credentials } = options;
  const timing = { ...TIMING, ...options.timing };
  return new Client({
    region: options.region ?? 'us-east-1',
    ...(endpoint && { endpoint }),
    ...(credentials && {
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
      },
    }),
    // Every server but AWS itself knows the bucket in the path; few have a name in the DNS for each bucket.
    forcePathStyle: options.forcePathStyle ?? (endpoint !== undefined && !isAws(endpoint)),
    maxAttempts: 3,
    // The checksums that AWS has added since are refused by other servers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timing.connectMs,
      requestTimeout: timing.requestMs,
      throwOnRequestTimeout: true,
      socketTimeout: timing.idleMs,
    },
  });
}

const isAws = (endpoint: string): boolean => /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
