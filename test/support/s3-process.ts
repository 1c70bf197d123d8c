import { serveS3 } from './s3-server.js';

/** The process that spawnS3 starts: says its port. */
const { directory, bucket } = JSON.parse(process.argv[2] ?? '{}') as { directory: string; bucket: string };
const { port } = await serveS3({ directory, bucket });
process.stdout.write(`${port}\n`);
process.stdin.on('end', () => process.exit()).resume();
