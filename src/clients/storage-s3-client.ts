import type { S3Client } from '@aws-sdk/client-s3';
import type { Secret } from '../secret.js';

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

export interface S3Timing {
  connectMs: number;
  /** Until the answer to a small request begins. */
  requestMs: number;
  /** Silence after which a connection counts as dead. */
  idleMs: number;
  /** The same while a large object is sent or read: the system itself may hold a minute of a slow link's bytes. */
  transferIdleMs: number;
  /** How long a request of a large object is tried again after it first failed, or last moved on. */
  retryForMs: number;
  /** Before the first new try; each following pause is twice as long, up to `longestPauseMs`. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** How long a failed upload may take to leave nothing behind. */
  cleanupMs: number;
  /** The same after an abort, when the process may be about to end. */
  abortMs: number;
}

const TIMING: S3Timing = {
  connectMs: 5_000,
  requestMs: 30_000,
  idleMs: 30_000,
  transferIdleMs: 60_000,
  retryForMs: 120_000,
  firstPauseMs: 500,
  longestPauseMs: 15_000,
  cleanupMs: 30_000,
  abortMs: 3_500,
};

/** The SDK, and two clients of one bucket. */
export interface S3 {
  options: S3Options;
  timing: S3Timing;
  sdk: typeof import('@aws-sdk/client-s3');
  /** For what is answered at once. */
  quick: S3Client;
  /** For large objects: only silence ends a request, and who asks tries again. */
  patient: S3Client;
  /** The bucket has no ACLs: whatever is in it is as private as it is itself. */
  withoutAcl: boolean;
}

/** Of a small request, within some seconds. */
const QUICK_ATTEMPTS = 5;

/** The SDK is large and few runs want it: it is loaded when first used. */
export async function connectS3(options: S3Options): Promise<S3> {
  const sdk = await import('@aws-sdk/client-s3');
  const timing = { ...TIMING, ...options.timing };
  const client = (maxAttempts: number, requestTimeout: number, socketTimeout: number) =>
    createClient(sdk.S3Client, options, {
      maxAttempts,
      requestHandler: {
        connectionTimeout: timing.connectMs,
        requestTimeout,
        throwOnRequestTimeout: true,
        socketTimeout,
      },
    });
  return {
    options,
    timing,
    sdk,
    quick: client(QUICK_ATTEMPTS, timing.requestMs, timing.idleMs),
    patient: client(1, 0, timing.transferIdleMs),
    withoutAcl: false,
  };
}

function createClient(
  Client: typeof S3Client,
  { endpoint, credentials, ...options }: S3Options,
  handling: { maxAttempts: number; requestHandler: object },
): S3Client {
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
    // The checksums that AWS has added since are refused by other servers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...handling,
  });
}

const isAws = (endpoint: string): boolean => /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
