import { onTestFinished } from 'vitest';
import { Secret } from '../../src/secret.js';
import { temporaryFolder } from './folder.js';
import { S3_KEYS, s3Env, serveS3 } from './s3-server.js';

/** A real S3 server with one bucket, until the test ends. */
export async function startS3(bucket = 'backups') {
  const directory = await temporaryFolder();
  const { port, close } = await serveS3({ directory, bucket });
  onTestFinished(close);
  const { accessKeyId, secretAccessKey } = S3_KEYS;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    /** Where the server keeps what it is given. */
    directory,
    credentials: { accessKeyId, secretAccessKey: new Secret(secretAccessKey) },
    /** The same for the service. */
    env: s3Env(port, bucket),
  };
}
