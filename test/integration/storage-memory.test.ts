import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bytes, digestOf } from '../support/bytes.js';
import { startS3 } from '../support/s3.js';

const MB = 1_000_000;

test('an object of any size goes up and comes back in the same memory', { timeout: 240_000 }, async () => {
  const s3 = await startS3();
  const measure = async (sizeBytes: number) => {
    const script = ['--import', 'tsx', 'test/support/storage-process.ts', String(sizeBytes)];
    const { stdout } = await promisify(execFile)(process.execPath, script, {
      env: { ...process.env, ...s3.env },
    });
    const { uploadedKib, downloadedKib, ...digest } = JSON.parse(stdout);
    expect(digest).toEqual(await digestOf(bytes(sizeBytes)));
    return { uploadedKib, downloadedKib };
  };
  const small = await measure(30 * MB);
  const large = await measure(180 * MB);
  expect(large.uploadedKib - small.uploadedKib).toBeLessThan(64 * 1024);
  expect(large.downloadedKib - small.downloadedKib).toBeLessThan(64 * 1024);
});
