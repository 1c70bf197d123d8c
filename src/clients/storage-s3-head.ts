import type { S3 } from './storage-s3-client.js';
import { statusOf } from './storage-s3-problem.js';
import { insist, type Patience, until } from './storage-s3-request.js';

/** Written with each upload: where an answer was lost, it tells ours from an object that another has put there. */
export const MARK = 'cronhook-upload';

interface Head {
  sizeBytes: number | undefined;
  mark: string | undefined;
  /** Names in lower case. */
  metadata: Record<string, string>;
}

/** @returns undefined when there is no such object */
export async function headOf(s3: S3, key: string, patience: Patience): Promise<Head | undefined> {
  const { sdk, quick, options } = s3;
  const command = new sdk.HeadObjectCommand({ Bucket: options.bucket, Key: key });
  const head = await insist(
    s3,
    's3:GetObject',
    () =>
      quick.send(command, until(patience.signal)).catch((error) => {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }),
    patience,
  );
  if (!head) return undefined;
  const { [MARK]: mark, ...metadata } = head.Metadata ?? {};
  return { sizeBytes: head.ContentLength, mark, metadata };
}
