import { createS3Storage } from '../../src/clients/storage-s3.js';
import { Secret } from '../../src/secret.js';
import { bytes, digestOf } from './bytes.js';

/** A process that uploads and downloads an object, and says how much memory that took at most. */
const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket = '' } = process.env;
const storage = createS3Storage({
  bucket,
  endpoint,
  credentials: {
    accessKeyId: process.env.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: new Secret(process.env.S3_SECRET_ACCESS_KEY ?? ''),
  },
});
await storage.upload('large', bytes(Number(process.argv[2])), { contentType: 'application/gzip' });
const uploadedKib = process.resourceUsage().maxRSS;
const { size, sha256 } = await digestOf((await storage.download('large')) ?? bytes(0));
const downloadedKib = process.resourceUsage().maxRSS;
process.stdout.write(JSON.stringify({ size, sha256, uploadedKib, downloadedKib }));
