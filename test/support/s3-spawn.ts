import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { s3Env } from './s3-server.js';

/** An S3 server in a process of its own, which ends with ours. Who starts it calls `close`. */
export async function spawnS3(bucket = 'backups') {
  const directory = mkdtempSync(join(tmpdir(), 's3-'));
  const entry = fileURLToPath(new URL('s3-process.ts', import.meta.url));
  const given = JSON.stringify({ directory, bucket });
  const child = spawn(process.execPath, ['--import', 'tsx', entry, given], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(Number(data)));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the S3 server ended with ${code}`)));
  });
  return {
    env: s3Env(port, bucket),
    close() {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
