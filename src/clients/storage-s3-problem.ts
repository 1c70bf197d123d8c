import { AppError, type Text } from '../errors.js';
import { createScrubber } from '../secret.js';
import type { S3Options } from './storage-s3-client.js';

/** The permissions that the operations need, by AWS's names. */
export type S3Action =
  | 's3:PutObject'
  | 's3:GetObject'
  | 's3:ListBucket'
  | 's3:DeleteObject'
  | 's3:AbortMultipartUpload'
  | 's3:ListBucketMultipartUploads';

/** What the SDK throws: the server's code is its name. */
interface S3Failure extends Error {
  code?: unknown;
  Region?: unknown;
  $metadata?: { httpStatusCode?: number };
}

const UNKNOWN_KEY = [
  'InvalidAccessKeyId',
  'InvalidToken',
  'ExpiredToken',
  'Unauthorized',
  'InvalidClientTokenId',
];
const REGION = ['AuthorizationHeaderMalformed', 'PermanentRedirect', 'IllegalLocationConstraintException'];
const FULL = ['XMinioStorageFull', 'InsufficientStorage', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded'];
const CLOCK = ['RequestTimeTooSkewed', 'RequestExpired'];
const SOCKET = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EPROTO'];
/** What the way to the server spoilt or cut short. */
const DAMAGED = ['BadDigest', 'XAmzContentSHA256Mismatch', 'IncompleteBody', 'RequestTimeout'];
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/;
const NO_ANSWER = /TimeoutError|ECONNRESET|EPIPE|ETIMEDOUT|aborted|socket hang up|AbortError|PREMATURE_CLOSE/;

/** Why the bucket did not do it, in words that say what to change. */
export function s3Problem(error: unknown, action: S3Action, options: S3Options): AppError {
  if (error instanceof AppError) return error;
  const failure = error as S3Failure;
  const { bucket } = options;
  const host = hostOf(options);
  const name = String(failure.name);
  const code = String(failure.code ?? '');
  const status = failure.$metadata?.httpStatusCode ?? 0;
  const because = (text: Text, permanent = false) =>
    new AppError('unprocessable', text, { cause: bare(failure), permanent, away: 'storage' });

  if (name === 'NoSuchBucket') return because((t) => t.storage.bucketMissing(bucket, host), true);
  if (UNKNOWN_KEY.includes(name)) return because((t) => t.storage.accessKey(host), true);
  if (name === 'SignatureDoesNotMatch') return because((t) => t.storage.secretKey(host), true);
  if (name === 'CredentialsProviderError') return because((t) => t.storage.credentialsMissing(bucket), true);
  if (CLOCK.includes(name)) return because((t) => t.storage.clock(host));
  if (REGION.includes(name) || status === 301) {
    const region = typeof failure.Region === 'string' ? failure.Region.slice(0, 40) : undefined;
    return because((t) => t.storage.region(bucket, region), true);
  }
  if (FULL.includes(name) || status === 507) return because((t) => t.storage.bucketFull(bucket, host));
  if (['AccessDenied', 'AllAccessDisabled', 'Forbidden'].includes(name) || status === 403)
    return because((t) => t.storage.denied(bucket, action), true);
  if (CERTIFICATE.test(code)) return because((t) => t.storage.certificate(host, code));
  if (SOCKET.includes(code) || /ERR_SSL/.test(code)) return because((t) => t.storage.unreachable(host, code));
  if (status >= 500 || status === 429 || name === 'SlowDown')
    return because((t) => t.storage.busy(host, status));
  if (DAMAGED.includes(name)) return because((t) => t.storage.damaged(host, name));
  if (NO_ANSWER.test(`${name} ${code} ${failure.message}`)) return because((t) => t.storage.timeout(host));
  if (!isFromServer(failure)) return notS3(options, bare(failure));
  const detail = serverWords(failure, options);
  return because((t) => t.storage.refused(bucket, detail));
}

/** Whether the same request may be answered better in a moment. */
export function isPassing(error: unknown): boolean {
  if (error instanceof AppError) return false;
  const { name, code, message, $metadata } = error as S3Failure;
  const status = $metadata?.httpStatusCode;
  if (FULL.includes(name) || name === 'NoSuchBucket') return false;
  if (DAMAGED.includes(name) || name === 'SlowDown') return true;
  if (status !== undefined && status >= 300)
    return [408, 409, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 507);
  const words = `${name} ${code} ${message}`;
  return SOCKET.includes(String(code)) || NO_ANSWER.test(words);
}

/** The SDK learns the server's time from such an answer, and signs the next request by it. */
export const isClockProblem = (error: unknown): boolean => CLOCK.includes((error as S3Failure).name);

/** An answer as no S3 server gives it. */
export const notS3 = (options: S3Options, cause?: unknown): AppError =>
  new AppError('unprocessable', (t) => t.storage.notS3(hostOf(options)), { cause });

/** The size is not what was sent. */
export const incomplete = (key: string, options: S3Options): AppError =>
  new AppError('unprocessable', (t) => t.storage.incomplete(key, hostOf(options)));

/** What is still to be read is no longer that object's. */
export const replaced = (key: string, options: S3Options, cause?: unknown): AppError =>
  new AppError('unprocessable', (t) => t.storage.replaced(key, hostOf(options)), { cause });

export const statusOf = (error: unknown): number | undefined =>
  (error as S3Failure).$metadata?.httpStatusCode;

const hostOf = ({ endpoint, region }: S3Options): string =>
  endpoint ? new URL(endpoint).host : `s3.${region ?? 'us-east-1'}.amazonaws.com`;

/** The SDK names by itself what it could not parse. */
const isFromServer = ({ name, $metadata }: S3Failure): boolean =>
  $metadata?.httpStatusCode !== undefined &&
  !['Error', 'SyntaxError', 'UnknownError', 'NotFound'].includes(name);

function serverWords({ name, message }: S3Failure, { credentials }: S3Options): string {
  const secrets = credentials ? [credentials.accessKeyId, credentials.secretAccessKey.reveal()] : [];
  return createScrubber(secrets)(`${name}: ${message}`).replace(/\s+/g, ' ').slice(0, 200);
}

/** The SDK hangs whole requests and answers on its errors; logs want neither. */
function bare({ name, message, stack }: S3Failure): Error {
  return Object.assign(new Error(message), { name, stack });
}
