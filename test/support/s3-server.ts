import crypto from 'node:crypto';
import S3rver from 's3rver';
import { completeMultipart } from './s3-multipart.js';

/** The one pair of keys that s3rver knows. */
export const S3_KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/**
 * s3rver encrypts its paging tokens with DES, which OpenSSL 3 no longer has by that name.
 * Triple DES with three times the same key is DES.
 */
for (const name of ['createCipheriv', 'createDecipheriv'] as const) {
  const original = crypto[name] as (algorithm: string, key: Buffer, iv: Buffer) => crypto.Cipher;
  Object.assign(crypto, {
    [name]: (algorithm: string, key: Buffer, iv: Buffer) =>
      algorithm === 'des'
        ? original('des-ede3-cbc', Buffer.concat([key, key, key]), iv)
        : original(algorithm, key, iv),
  });
}

/** A real S3 server with one bucket, until it is closed. */
export async function serveS3({
  directory,
  bucket,
  port: wanted = 0,
}: {
  directory: string;
  bucket: string;
  port?: number;
}) {
  const server = new S3rver({
    address: '127.0.0.1',
    port: wanted,
    silent: true,
    directory,
    vhostBuckets: false,
    configureBuckets: [{ name: bucket }],
  });
  completeMultipart(server);
  const { port } = await server.run();
  const close = async () => {
    server.httpServer.closeAllConnections();
    await server.close();
  };
  return { port, close };
}

/** What the service is told to use it. */
export const s3Env = (port: number, bucket: string): Record<string, string> => ({
  S3_BUCKET: bucket,
  S3_ENDPOINT: `http://127.0.0.1:${port}`,
  S3_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
  S3_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
  S3_FORCE_PATH_STYLE: 'true',
});
