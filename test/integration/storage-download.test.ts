import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Storage } from '../../src/clients/storage.js';
import { en } from '../../src/locales/en.js';
import { fr } from '../../src/locales/fr.js';
import { bytes, digestOf, MIB } from '../support/bytes.js';
import type { S3Fault } from '../support/s3-faults.js';
import { failure, openBucket } from '../support/storage.js';

const KEY = 'backups/shop.sql.gz';
const TYPE = { contentType: 'application/gzip' };
const SIZE = 12 * MIB + 77;

describe('a download', () => {
  test.each<[string, S3Fault, number]>([
    ['the answer breaks off, time and again', 'answer', 6],
    ['the connection is cut before the answer', 'before', 3],
    ['500s', { status: 500 }, 4],
    ['503 SlowDown', { status: 503, code: 'SlowDown' }, 4],
    ['a gateway that answers in HTML', { status: 502, html: true }, 3],
    ['silence', 'silent', 1],
  ])('is identical after %s', async (_what, fault, times) => {
    const { storage, proxy } = await filled();
    proxy.fail('Get', fault, { times });
    expect(await digestOf(await opened(storage))).toEqual(await digestOf(bytes(SIZE)));
    expect(proxy.count('Get')).toBe(times + 1);
  });

  test('goes on where it broke off when the server was away', async () => {
    const { storage, proxy } = await filled();
    const body = await opened(storage);
    let away: Promise<void> | undefined;
    async function* watched() {
      for await (const chunk of body) {
        away ??= proxy.goAway(1_000);
        yield chunk;
      }
    }
    expect(await digestOf(watched())).toEqual(await digestOf(bytes(SIZE)));
    await away;
    const [first, rest] = proxy.asked.filter(({ kind }) => kind === 'Get');
    expect(first?.headers.range).toBeUndefined();
    expect(rest?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(rest?.headers['if-match']).toMatch(/^"/);
  });

  test('goes on after its reader took longer than any silence that is borne', async () => {
    const { storage } = await filled({ transferIdleMs: 300 });
    const body = await opened(storage);
    async function* slowly() {
      let read = 0;
      for await (const chunk of body) {
        read += 1;
        if (read === 3) await sleep(1_500);
        yield chunk;
      }
    }
    expect(await digestOf(slowly())).toEqual(await digestOf(bytes(SIZE)));
  });

  test('of an object that another replaces meanwhile fails', async () => {
    const { storage, proxy, host } = await filled();
    proxy.fail('Get', 'answer', { times: 1 });
    const error = await failure(
      (async () => {
        let other: Promise<void> | undefined;
        for await (const _chunk of await opened(storage)) {
          other ??= storage.upload(KEY, bytes(SIZE + 1), TYPE);
          await other;
        }
      })(),
    );
    expect(error.text(en)).toBe(en.storage.replaced(KEY, host));
    expect(error.text(fr)).toBe(fr.storage.replaced(KEY, host));
  });

  test('of an object that is removed meanwhile fails', async () => {
    const { storage, proxy, host } = await filled();
    proxy.fail('Get', 'answer', { times: 1 });
    const error = await failure(
      (async () => {
        for await (const _chunk of await opened(storage)) await storage.remove(KEY);
      })(),
    );
    expect(error.text(en)).toBe(en.storage.replaced(KEY, host));
  });

  test('gives up a server that always breaks off without a byte', async () => {
    const { storage, proxy, host } = await filled({ retryForMs: 1_000 });
    const body = await opened(storage);
    proxy.fail('Get', 'before');
    const broken = (async () => {
      for await (const _chunk of body) proxy.cut();
    })();
    expect((await failure(broken)).text(en)).toBe(en.storage.timeout(host));
  });

  test.each<[string, S3Fault, string]>([
    ['no permission', { status: 403, code: 'AccessDenied' }, en.storage.denied('backups', 's3:GetObject')],
    ['a refusal without words', { status: 403, message: '' }, en.storage.denied('backups', 's3:GetObject')],
  ])('says so: %s', async (_what, fault, text) => {
    const { storage, proxy } = await filled();
    proxy.fail('Get', fault);
    expect((await failure(storage.download(KEY))).text(en)).toBe(text);
  });

  test('ends with its signal, even while nothing comes', async () => {
    const { storage } = await filled({ transferIdleMs: 30_000 });
    const reason = new Error('the service stops');
    const abort = new AbortController();
    const body = await storage.download(KEY, { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 300);
    const reading = (async () => {
      for await (const _chunk of body ?? []) await sleep(400);
    })();
    await expect(reading).rejects.toBe(reason);
  });

  test('that nobody reads harms nothing', async () => {
    const { storage, proxy } = await filled();
    await opened(storage);
    proxy.cut();
    await sleep(200);
    expect(await digestOf(await opened(storage))).toEqual(await digestOf(bytes(SIZE)));
  });
});

describe('a bucket', () => {
  test('lists unfinished uploads page by page, and discards them', async () => {
    const { storage, proxy, leftovers } = await openBucket({ abortMs: 100 });
    proxy.fail('Abort', 'before');
    const keys = ['a/1', 'a/2', 'a/2', 'a/3', 'b/1'];
    for (const key of keys) {
      const abort = new AbortController();
      const body = (async function* () {
        yield* bytes(9 * MIB);
        abort.abort(new Error('stop'));
      })();
      await storage.upload(key, body, { ...TYPE, signal: abort.signal }).catch(() => {});
    }
    proxy.mend();
    const found = await all(storage, 'a/');
    expect(found.map(({ key }) => key).sort()).toEqual(keys.slice(0, 4));
    for (const { startedAt } of found)
      expect(Math.abs(startedAt.getTime() - Date.now())).toBeLessThan(60_000);
    for (const upload of [...found, ...found]) await storage.discard(upload);
    expect(await leftovers()).toEqual(['b/1']);
  });

  test.each<[number, string]>([
    [501, 'NotImplemented'],
    [405, 'MethodNotAllowed'],
  ])('that keeps no list of unfinished uploads (%i) shows none', async (status, code) => {
    const { storage, proxy } = await openBucket();
    proxy.fail('ListUploads', { status, code });
    expect(await all(storage, '')).toEqual([]);
  });

  test('names the permission that is missing', async () => {
    const { storage, proxy } = await openBucket();
    const denied = { status: 403, code: 'AccessDenied' };
    for (const kind of ['Delete', 'Abort', 'ListUploads', 'Head'] as const) proxy.fail(kind, denied);
    const upload = { key: 'a', id: 'b', startedAt: new Date() };
    const attempts: [Promise<unknown>, string][] = [
      [storage.remove('a'), 's3:DeleteObject'],
      [storage.discard(upload), 's3:AbortMultipartUpload'],
      [all(storage, ''), 's3:ListBucketMultipartUploads'],
      [storage.metadata('a'), 's3:GetObject'],
    ];
    for (const [attempt, permission] of attempts)
      expect((await failure(attempt)).text(en)).toBe(en.storage.denied('backups', permission));
  });
});

async function filled(timing = {}) {
  const bucket = await openBucket(timing);
  await bucket.storage.upload(KEY, bytes(SIZE), TYPE);
  return bucket;
}

async function opened(storage: Storage): Promise<AsyncIterable<Uint8Array>> {
  const body = await storage.download(KEY);
  if (!body) throw new Error('there is no such object');
  return body;
}

async function all(storage: Storage, prefix: string) {
  const uploads = [];
  for await (const upload of storage.listUnfinished(prefix)) uploads.push(upload);
  return uploads;
}
