import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Storage } from '../../src/clients/storage.js';
import { createFolderStorage, folderProblem } from '../../src/clients/storage-folder.js';
import { createS3Storage } from '../../src/clients/storage-s3.js';
import { loadConfig } from '../../src/config.js';
import { AppError } from '../../src/errors.js';
import { en } from '../../src/locales/en.js';
import { fr } from '../../src/locales/fr.js';
import { Secret } from '../../src/secret.js';
import { createServices, missingVariables } from '../../src/services.js';
import { temporaryFolder } from '../support/folder.js';
import { type Fault, startApi } from '../support/http-api.js';
import { startS3 } from '../support/s3.js';

const JSON_TYPE = { contentType: 'application/json' };

async function keysOf(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
}

const operations = (storage: Storage): (() => Promise<unknown>)[] => [
  () => storage.put('a', 'x', JSON_TYPE),
  () => storage.get('a'),
  () => keysOf(storage, ''),
];

const failure = (attempt: Promise<unknown>): Promise<AppError> =>
  attempt.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => {
      expect(error).toBeInstanceOf(AppError);
      return error as AppError;
    },
  );

const KINDS: [string, () => Promise<Storage>][] = [
  ['a bucket', async () => createS3Storage(await startS3())],
  ['a folder', async () => createFolderStorage(join(await temporaryFolder(), 'storage'))],
];

describe.each(KINDS)('%s', (_kind, open) => {
  test('gives back what was put there, and nothing for what was not', async () => {
    const storage = await open();
    await storage.put('erasures/é 1+2.json', '{"nom":"Zoé 🦉"}', JSON_TYPE);
    expect(await storage.get('erasures/é 1+2.json')).toBe('{"nom":"Zoé 🦉"}');
    expect(await storage.get('erasures/other.json')).toBeUndefined();
    expect(await storage.get('erasures')).toBeUndefined();
  });

  test('replaces an object that is put again', async () => {
    const storage = await open();
    await storage.put('a.json', 'a long first text', JSON_TYPE);
    await storage.put('a.json', 'second', JSON_TYPE);
    expect(await storage.get('a.json')).toBe('second');
    expect(await keysOf(storage, '')).toEqual(['a.json']);
  });

  test('lists nothing while it is empty', async () => {
    expect(await keysOf(await open(), 'erasures/')).toEqual([]);
  });

  test('lists what begins with the prefix, in the order of the keys, with size and time', async () => {
    const storage = await open();
    const began = Date.now();
    for (const key of ['e/b', 'e/ab', 'e/a/1', 'e/é', 'ex', 'f/a']) await storage.put(key, 'four', JSON_TYPE);
    expect(await keysOf(storage, 'e/')).toEqual(['e/a/1', 'e/ab', 'e/b', 'e/é']);
    expect(await keysOf(storage, 'e/a')).toEqual(['e/a/1', 'e/ab']);
    expect(await keysOf(storage, 'e')).toHaveLength(5);
    for await (const object of storage.list('f/')) {
      expect(object).toMatchObject({ key: 'f/a', sizeBytes: 4 });
      expect(Math.abs(object.modifiedAt.getTime() - began)).toBeLessThan(10_000);
    }
  });

  test.each([
    '../out',
    'a/../../out',
    '/etc/passwd',
    '',
    'a//b',
    'a/./b',
    'a\\..\\b',
    'a\0b',
    'a/',
    '\ud800',
  ])('refuses the key %j', async (key) => {
    const storage = await open();
    expect((await failure(storage.put(key, 'x', JSON_TYPE))).code).toBe('unprocessable');
    expect((await failure(storage.get(key))).permanent).toBe(true);
  });
});

describe('a folder', () => {
  test('orders keys by their bytes, as AWS does', async () => {
    const storage = createFolderStorage(await temporaryFolder());
    const keys = ['A', 'a!', 'a-1', 'a/1', 'a/é', 'a0', 'b', 'é', '\uff61', '🦉'];
    for (const key of [...keys].reverse()) await storage.put(key, '', JSON_TYPE);
    expect(await keysOf(storage, '')).toEqual(keys);
  });

  test('never shows half an object, nor what a crash has left unfinished', async () => {
    const folder = await temporaryFolder();
    const storage = createFolderStorage(folder);
    const texts = ['a', 'b'].map((letter) => letter.repeat(1_000_000));
    await storage.put('big', texts[0] as string, JSON_TYPE);
    const seen = new Set<number>();
    let writing = true;
    const done = (async () => {
      for (let i = 1; i <= 20; i++) await storage.put('big', texts[i % 2] as string, JSON_TYPE);
      writing = false;
    })();
    while (writing) seen.add(texts.indexOf((await storage.get('big')) ?? 'nothing'));
    await done;
    expect([...seen].sort()).toEqual([0, 1]);
    await writeFile(join(folder, '.unfinished', 'left-behind'), 'half');
    expect(await keysOf(storage, '')).toEqual(['big']);
  });

  test('leaves nothing unfinished behind when an object cannot be written', async () => {
    const folder = await temporaryFolder();
    const storage = createFolderStorage(folder);
    await mkdir(join(folder, 'objects', 'taken', 'inside'), { recursive: true });
    const error = await failure(storage.put('taken', 'x', JSON_TYPE));
    expect(error.text(en)).toContain(folder);
    expect(error.text(en)).toContain('S3_BUCKET');
    expect(await readdir(join(folder, '.unfinished'))).toEqual([]);
  });

  test.each([
    ['ENOSPC', en.storage.folderFull('/data')],
    ['EDQUOT', en.storage.folderFull('/data')],
    ['EACCES', en.storage.folderDenied('/data')],
    ['EROFS', en.storage.folderDenied('/data')],
    ['EIO', en.storage.folder('/data', 'EIO')],
  ])('says what %s means', (code, text) => {
    expect(folderProblem(Object.assign(new Error(code), { code }), '/data').text(en)).toBe(text);
  });
});

describe('a bucket', () => {
  test('lists more than a page of a thousand objects', async () => {
    const storage = createS3Storage(await startS3());
    const keys = Array.from({ length: 1_005 }, (_, i) => `erasures/${String(i).padStart(5, '0')}.json`);
    for (let i = 0; i < keys.length; i += 20)
      await Promise.all(keys.slice(i, i + 20).map((key) => storage.put(key, '{}', JSON_TYPE)));
    expect(await keysOf(storage, 'erasures/')).toEqual(keys);
  });

  test('that does not exist is named, with the variable to change', async () => {
    const s3 = await startS3();
    const storage = createS3Storage({ ...s3, bucket: 'nowhere' });
    for (const attempt of operations(storage)) {
      const error = await failure(attempt());
      expect(error.text(en)).toBe(en.storage.bucketMissing('nowhere', new URL(s3.endpoint).host));
      expect(error.permanent).toBe(true);
    }
  });

  test('refuses a key that it does not know, by its variable', async () => {
    const s3 = await startS3();
    const credentials = { accessKeyId: 'AKIDUNKNOWN', secretAccessKey: new Secret('some secret key') };
    const error = await failure(createS3Storage({ ...s3, credentials }).get('a'));
    expect(error.text(fr)).toBe(fr.storage.accessKey(new URL(s3.endpoint).host));
    expect(error.text(fr)).toContain('S3_ACCESS_KEY_ID');
  });

  test.each<[string, number, (host: string) => string]>([
    ['SignatureDoesNotMatch', 403, (host) => en.storage.secretKey(host)],
    ['AccessDenied', 403, () => en.storage.denied('b', 's3:ListBucket')],
    ['RequestTimeTooSkewed', 403, (host) => en.storage.clock(host)],
    ['AuthorizationHeaderMalformed', 400, () => en.storage.region('b', 'eu-west-3')],
    ['XMinioStorageFull', 507, (host) => en.storage.bucketFull('b', host)],
    ['QuotaExceeded', 403, (host) => en.storage.bucketFull('b', host)],
    ['ExpiredToken', 400, (host) => en.storage.accessKey(host)],
    ['SlowDown', 503, (host) => en.storage.busy(host, 503)],
    ['InternalError', 500, (host) => en.storage.busy(host, 500)],
    ['InvalidBucketName', 400, () => en.storage.refused('b', 'InvalidBucketName: words with [secret]')],
  ])('says what %s means', async (code, status, text) => {
    const { storage, host } = await scripted({ status, body: s3Error(code), headers: XML });
    const error = await failure(keysOf(storage, ''));
    expect(error.text(en)).toBe(text(host));
    expect(error.text(fr)).not.toBe(error.text(en));
  });

  test.each<[string, Fault]>([
    ['a page of a website', { status: 200, body: '<!doctype html><html><body>Hello</body></html>' }],
    [
      'well-formed XML of something else',
      { status: 200, body: '<html><body>Hi</body></html>', headers: XML },
    ],
    ['not found, in HTML', { status: 404, body: '<html><body>404<br></body></html>' }],
    ['JSON', { status: 200, body: { ok: true } }],
  ])('is not taken for empty when the endpoint answers %s', async (_what, fault) => {
    const { storage, host } = await scripted(fault);
    for (const attempt of operations(storage))
      expect((await failure(attempt())).text(en)).toBe(en.storage.notS3(host));
  });

  test.each<Fault>(['hang', 'stall', 'cut', 'reset'])(
    'gives up a server that does not answer: %s',
    async (fault) => {
      const { storage, host } = await scripted(fault);
      const began = performance.now();
      expect((await failure(storage.get('a'))).text(en)).toBe(en.storage.timeout(host));
      expect(performance.now() - began).toBeLessThan(5_000);
    },
  );

  test('says when nothing listens, or the name is unknown', async () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: new Secret('secret-key') };
    const open = (endpoint: string) => createS3Storage({ bucket: 'b', endpoint, credentials });
    const refused = await failure(open('http://127.0.0.1:9').get('a'));
    expect(refused.text(en)).toBe(en.storage.unreachable('127.0.0.1:9', 'ECONNREFUSED'));
    const unknown = await failure(open('http://s3.invalid').get('a'));
    expect(unknown.text(en)).toMatch(/s3\.invalid .*(ENOTFOUND|EAI_AGAIN).*S3_ENDPOINT/);
  });

  test('is asked in the path when an endpoint is given, so that MinIO works as it comes', async () => {
    const api = await startApi(() => ({ status: 404, body: s3Error('NoSuchKey'), headers: XML }));
    const credentials = { accessKeyId: 'a', secretAccessKey: new Secret('secret-key') };
    const endpoint = api.apiUrl.replace('127.0.0.1', 'localhost');
    expect(await createS3Storage({ bucket: 'b', endpoint, credentials }).get('k')).toBeUndefined();
    expect(api.asked()).toEqual(['GET /b/k']);
  });
});

describe('the storage of the service', () => {
  const task = { needs: ['storage' as const] };
  const production = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgresql://u:p@localhost/db',
    CRON_SECRET: 'x'.repeat(40),
  };

  test('is a folder outside production, and S3_BUCKET is not missed', async () => {
    const config = loadConfig({ NODE_ENV: 'test' });
    expect(missingVariables(config, task)).toEqual([]);
    const { storage } = createServices(config, { storageFolder: await temporaryFolder() });
    await storage?.put('a', 'kept', JSON_TYPE);
    expect(await storage?.get('a')).toBe('kept');
  });

  test('needs S3_BUCKET in production, the keys being optional', () => {
    expect(missingVariables(loadConfig(production), task)).toEqual(['S3_BUCKET']);
    expect(createServices(loadConfig(production)).storage).toBeUndefined();
    const config = loadConfig({ ...production, S3_BUCKET: 'b' });
    expect(missingVariables(config, task)).toEqual([]);
    expect(createServices(config).storage).toBeDefined();
  });

  test('misses the other half of a pair of keys', () => {
    const config = loadConfig({ ...production, S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'key' });
    expect(missingVariables(config, task)).toEqual(['S3_SECRET_ACCESS_KEY']);
    expect(createServices(config).storage).toBeUndefined();
  });

  test('is the bucket when S3_BUCKET is given', async () => {
    const s3 = await startS3();
    const { storage } = createServices(loadConfig({ NODE_ENV: 'test', ...s3.env }));
    await storage?.put('a', 'kept', JSON_TYPE);
    expect(await createS3Storage(s3).get('a')).toBe('kept');
  });
});

const XML = { 'content-type': 'application/xml' };
const SECRET_KEY = 'scripted-secret-key';

const s3Error = (code: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>words with ${SECRET_KEY}</Message><Region>eu-west-3</Region></Error>`;

/** A bucket `b` on a server that always answers so. */
async function scripted(fault: Fault) {
  const api = await startApi(() => ({ status: 200 }));
  api.fail(/./, fault);
  const storage = createS3Storage({
    bucket: 'b',
    endpoint: api.apiUrl,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: new Secret(SECRET_KEY) },
    timing: { connectMs: 500, requestMs: 500, idleMs: 500 },
  });
  return { storage, host: new URL(api.apiUrl).host };
}
