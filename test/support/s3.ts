import crypto from 'node:crypto';
import S3rver from 's3rver';
import { onTestFinished } from 'vitest';
import { Secret } from '../../src/secret.js';
import { temporaryFolder } from './folder.js';
import { completeMultipart } from './s3-multipart.js';

/** The one pair of keys that s3rver knows. */
const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: new Secret('S3RVER') };

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

/** A real S3 server with one bucket, until the test ends. */
export async function startS3(bucket = 'backups') {
  const directory = await temporaryFolder();
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    vhostBuckets: false,
    configureBuckets: [{ name: bucket }],
  });
  completeMultipart(server);
  // It would complain of requests that end after it.
  server.logger.silent = true;
  const { port } = await server.run();
  onTestFinished(async () => {
    server.httpServer.closeAllConnections();
    await server.close();
  });
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    bucket,
    /** Where the server keeps what it is given. */
    directory,
    credentials: CREDENTIALS,
    /** The same for the service. */
    env: {
      S3_BUCKET: bucket,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      S3_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey.reveal(),
      S3_FORCE_PATH_STYLE: 'true',
    },
  };
}
