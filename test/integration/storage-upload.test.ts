import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Storage } from '../../src/clients/storage.js';
import { partBytesFor } from '../../src/clients/storage-s3-upload.js';
import { en } from '../../src/locales/en.js';
import { fr } from '../../src/locales/fr.js';
import { bytes, digestOf, MIB } from '../support/bytes.js';
import type { S3Fault, S3Kind } from '../support/s3-faults.js';
import { failure, keysOf, openBucket } from '../support/storage.js';

const KEY = 'backups/2026/11/21/shop é_backup_20261121_153000.sql.gz';
const TYPE = { contentType: 'application/gzip' };
/** Three parts. */
const LARGE = 18 * MIB + 12_345;
const SMALL = MIB;

describe('a large object', () => {
  test('goes up in parts of equal size, three at a time, and comes back identical', async () => {
    const { storage, proxy } = await openBucket();
    await storage.upload(KEY, bytes(LARGE), TYPE);
    expect(await stored(storage)).toEqual(await digestOf(bytes(LARGE)));
    expect(proxy.count('PutPart')).toBe(3);
    expect(proxy.mostPartsUnderWay()).toBeLessThanOrEqual(3);
    expect(proxy.mostPartsUnderWay()).toBeGreaterThan(1);
  });

  test.each([0, 1, 8 * MIB])('of %i bytes goes up in one request', async (size) => {
    const { storage, proxy } = await openBucket();
    await storage.upload(KEY, bytes(size), TYPE);
    expect(await stored(storage)).toEqual(await digestOf(bytes(size)));
    expect(proxy.count('Put')).toBe(1);
    expect(proxy.count('Create')).toBe(0);
  });

  test.each([8 * MIB + 1, 16 * MIB])('of %i bytes goes up in two parts', async (size) => {
    const { storage, proxy } = await openBucket();
    await storage.upload(KEY, bytes(size), TYPE);
    expect(await stored(storage)).toEqual(await digestOf(bytes(size)));
    expect(proxy.count('PutPart')).toBe(2);
  });

  test('appears only when it is whole', async () => {
    const { storage } = await openBucket();
    let seen: Promise<string[]> | undefined;
    async function* watched() {
      yield* bytes(LARGE);
      seen = keysOf(storage);
      await seen;
    }
    await storage.upload(KEY, watched(), TYPE);
    expect(await seen).toEqual([]);
    expect(await keysOf(storage)).toEqual([KEY]);
  });

  test('is asked to be private, with a checksum for each part', async () => {
    const { storage, proxy } = await openBucket();
    await storage.upload(KEY, bytes(LARGE), TYPE);
    await storage.upload('small', bytes(SMALL), TYPE);
    const headers = (kind: S3Kind) => proxy.asked.filter((asked) => asked.kind === kind);
    expect(headers('Create')[0]?.headers).toMatchObject({
      'x-amz-acl': 'private',
      'content-type': TYPE.contentType,
    });
    expect(headers('Put')[0]?.headers['x-amz-acl']).toBe('private');
    for (const { headers: sent } of headers('PutPart')) expect(sent['content-md5']).toMatch(/==$/);
  });

  test.each([
    [0, 8],
    [70e9, 8],
    [100e9, 11],
    [5e12, 530],
  ])('of %d bytes expected is cut into parts of %i MiB, so that 9,000 suffice', (expected, mib) => {
    expect(partBytesFor(expected)).toBe(mib * MIB);
    expect(expected / partBytesFor(expected)).toBeLessThanOrEqual(9_000);
  });
});

describe('an upload goes on', () => {
  test.each<[string, S3Kind, S3Fault, { nth?: number; times: number }]>([
    ['a part is answered with 500s', 'PutPart', { status: 500 }, { nth: 3, times: 4 }],
    [
      'a part is answered with 503 SlowDown',
      'PutPart',
      { status: 503, code: 'SlowDown' },
      { nth: 2, times: 5 },
    ],
    ['a part is answered with 429', 'PutPart', { status: 429, code: 'TooManyRequests' }, { times: 3 }],
    ['a gateway answers in HTML', 'PutPart', { status: 502, html: true }, { nth: 2, times: 3 }],
    ['the connection is cut before a part', 'PutPart', 'before', { nth: 3, times: 3 }],
    ['the connection is cut in the middle of a part', 'PutPart', 'request', { nth: 2, times: 3 }],
    ['the answer to a part is lost', 'PutPart', 'after', { nth: 2, times: 3 }],
    ['a part is never answered', 'PutPart', 'silent', { nth: 2, times: 2 }],
    ['a part is damaged on its way', 'PutPart', 'damage', { nth: 2, times: 2 }],
    ['the beginning is answered with 500s', 'Create', { status: 500 }, { times: 3 }],
    ['the answer to the beginning is lost', 'Create', 'after', { times: 2 }],
    ['the end is answered with 500s', 'Complete', { status: 500 }, { times: 3 }],
    ['the end is answered with 200 and an error', 'Complete', { status: 200 }, { times: 3 }],
    ['the answer to the end is lost', 'Complete', 'after', { times: 1 }],
    ['the answer to the end breaks off', 'Complete', 'answer', { times: 1 }],
    ['the end is never answered', 'Complete', 'silent', { times: 1 }],
    ['the size cannot be asked for a moment', 'Head', { status: 503 }, { times: 4 }],
  ])('after %s', async (_what, kind, fault, which) => {
    const { storage, proxy, unfinished } = await openBucket();
    proxy.fail(kind, fault, which);
    await storage.upload(KEY, bytes(LARGE), TYPE);
    expect(await stored(storage)).toEqual(await digestOf(bytes(LARGE)));
    expect(proxy.count(kind)).toBeGreaterThan(which.times);
    expect(await unfinished()).toEqual([]);
  });

  test.each<[string, S3Fault]>([
    ['500s', { status: 500 }],
    ['a connection cut in the middle', 'request'],
    ['a lost answer', 'after'],
    ['damage', 'damage'],
  ])('of a small object after %s', async (_what, fault) => {
    const { storage, proxy } = await openBucket();
    proxy.fail('Put', fault, { times: 3 });
    await storage.upload(KEY, bytes(SMALL), TYPE);
    expect(await stored(storage)).toEqual(await digestOf(bytes(SMALL)));
  });

  test('when the server was away for a while', async () => {
    const { storage, proxy, unfinished } = await openBucket();
    let away: Promise<void> | undefined;
    async function* body() {
      let read = 0;
      for await (const chunk of bytes(LARGE)) {
        read += chunk.length;
        if (!away && read > 17 * MIB) {
          await until(() => proxy.count('PutPart') >= 1);
          away = proxy.goAway(1_500);
        }
        yield chunk;
      }
    }
    await storage.upload(KEY, body(), TYPE);
    await away;
    expect(away).toBeDefined();
    expect(await stored(storage)).toEqual(await digestOf(bytes(LARGE)));
    expect(await unfinished()).toEqual([]);
  });

  test('over a slow link, however long a part takes, as long as it moves', async () => {
    const { storage, proxy } = await openBucket({ requestMs: 500, idleMs: 1_000 });
    proxy.fail('PutPart', 'slow');
    const began = performance.now();
    const size = 40 * MIB;
    await storage.upload(KEY, bytes(size), { ...TYPE, expectedBytes: 9_000 * 32 * MIB });
    expect(performance.now() - began).toBeGreaterThan(3_000);
    expect(proxy.count('PutPart')).toBe(2);
    expect(await stored(storage)).toEqual(await digestOf(bytes(size)));
  });

  test('without an ACL where the bucket has none, and asks for one no more', async () => {
    const { storage, proxy } = await openBucket();
    proxy.fail('Create', { status: 400, code: 'AccessControlListNotSupported' }, { times: 1 });
    await storage.upload(KEY, bytes(LARGE), TYPE);
    await storage.put('manifest.json', '{}', TYPE);
    const acls = proxy.asked.filter(({ kind }) => ['Create', 'Put'].includes(kind));
    expect(acls.map(({ headers }) => headers['x-amz-acl'])).toEqual(['private', undefined, undefined]);
  });
});

describe('an upload that fails leaves neither object nor parts', () => {
  test.each<[string, S3Kind, S3Fault, (host: string) => string]>([
    ['500s without end', 'PutPart', { status: 500 }, (host) => en.storage.busy(host, 500)],
    ['a part that is always cut', 'PutPart', 'request', (host) => en.storage.timeout(host)],
    ['a server that stays silent', 'PutPart', 'silent', (host) => en.storage.timeout(host)],
    ['a part that is always damaged', 'PutPart', 'damage', (host) => en.storage.damaged(host, 'BadDigest')],
    [
      'a full bucket',
      'PutPart',
      { status: 507, code: 'XMinioStorageFull' },
      (host) => en.storage.bucketFull('backups', host),
    ],
    [
      'a missing permission',
      'Create',
      { status: 403, code: 'AccessDenied' },
      () => en.storage.denied('backups', 's3:PutObject'),
    ],
    [
      'a bucket that went',
      'PutPart',
      { status: 404, code: 'NoSuchBucket' },
      (host) => en.storage.bucketMissing('backups', host),
    ],
    [
      'an unknown key',
      'PutPart',
      { status: 403, code: 'InvalidAccessKeyId' },
      (host) => en.storage.accessKey(host),
    ],
    [
      'a wrong secret',
      'PutPart',
      { status: 403, code: 'SignatureDoesNotMatch' },
      (host) => en.storage.secretKey(host),
    ],
    [
      'a clock that is wrong',
      'PutPart',
      { status: 403, code: 'RequestTimeTooSkewed' },
      (host) => en.storage.clock(host),
    ],
    ['an end that always fails', 'Complete', { status: 500 }, (host) => en.storage.busy(host, 500)],
    ['an end whose answer is always lost', 'Complete', 'before', (host) => en.storage.timeout(host)],
    ['a store that keeps less than it was sent', 'Head', 'short', (host) => en.storage.incomplete(KEY, host)],
    [
      'a size that may not be asked',
      'Head',
      { status: 403 },
      () => en.storage.denied('backups', 's3:GetObject'),
    ],
  ])('%s', async (_what, kind, fault, text) => {
    const { storage, proxy, host, leftovers } = await openBucket({ retryForMs: 1_000 });
    proxy.fail(kind, fault, kind === 'PutPart' ? { nth: 2 } : {});
    const error = await failure(storage.upload(KEY, bytes(LARGE), TYPE));
    expect(error.text(en)).toBe(text(host));
    expect(error.text(fr)).not.toBe(text(host));
    proxy.mend();
    expect(await leftovers()).toEqual([]);
  });

  test('at once where trying again cannot help', async () => {
    const { storage, proxy } = await openBucket();
    proxy.fail('PutPart', { status: 403, code: 'AccessDenied' });
    const error = await failure(storage.upload(KEY, endless(), TYPE));
    expect(error.permanent).toBe(true);
    expect(proxy.count('PutPart')).toBeLessThanOrEqual(3);
  });

  test('nor when the body throws, whose error is thrown as it is', async () => {
    const { storage, leftovers } = await openBucket();
    const broken = new Error('pg_dump: error: connection to server was lost');
    async function* body(size: number) {
      yield* bytes(size);
      throw broken;
    }
    for (const size of [0, SMALL, LARGE])
      await expect(storage.upload(KEY, body(size), TYPE)).rejects.toBe(broken);
    expect(await leftovers()).toEqual([]);
  });

  test.each<[string, S3Kind | undefined]>([
    ['the body says nothing', undefined],
    ['parts are not answered', 'PutPart'],
    ['the beginning is not answered', 'Create'],
    ['the end is not answered', 'Complete'],
  ])('nor when it is aborted while %s', async (_what, silent) => {
    const { storage, proxy, leftovers } = await openBucket({ transferIdleMs: 30_000 });
    if (silent) proxy.fail(silent, 'silent');
    const abort = new AbortController();
    const reason = new Error('the service stops');
    const body = silent === 'Complete' ? bytes(LARGE) : stuckAfter(bytes(LARGE));
    const upload = storage.upload(KEY, body, { ...TYPE, signal: abort.signal });
    const ended = upload.catch((error: unknown) => error);
    await until(() => proxy.count(silent ?? 'PutPart') >= (silent ? 1 : 2));
    await sleep(200);
    const began = performance.now();
    abort.abort(reason);
    expect(await ended).toBe(reason);
    expect(performance.now() - began).toBeLessThan(4_000);
    proxy.mend();
    expect(await leftovers()).toEqual([]);
  });

  test('nor an answer that came too late: an object that was completed all the same is removed', async () => {
    const { storage, proxy, leftovers } = await openBucket({ retryForMs: 500 });
    proxy.fail('Complete', 'after');
    proxy.fail('Head', { status: 500 }, { times: 12 });
    const upload = failure(storage.upload(KEY, bytes(LARGE), TYPE));
    await upload;
    proxy.mend();
    expect(await leftovers()).toEqual([]);
  });

  test('but the object that another has put there meanwhile stays', async () => {
    const { storage, proxy } = await openBucket({ retryForMs: 300 });
    await storage.put(KEY, 'another one', TYPE);
    proxy.fail('Complete', { status: 500 });
    await failure(storage.upload(KEY, bytes(LARGE), TYPE));
    expect(await storage.get(KEY)).toBe('another one');
  });

  test('and tries the cleaning up again, too', async () => {
    const { storage, proxy, leftovers } = await openBucket({ retryForMs: 300 });
    proxy.fail('PutPart', { status: 500 });
    proxy.fail('Abort', { status: 500 }, { times: 5 });
    await failure(storage.upload(KEY, bytes(LARGE), TYPE));
    expect(await leftovers()).toEqual([]);
  });
});

async function stored(storage: Storage) {
  const body = await storage.download(KEY);
  return body && digestOf(body);
}

const endless = () => bytes(Number.POSITIVE_INFINITY);

async function* stuckAfter(body: AsyncIterable<Uint8Array>) {
  yield* body;
  await new Promise(() => {});
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}
