import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Storage } from '../../src/clients/storage.js';
import { createFolderStorage } from '../../src/clients/storage-folder.js';
import { createS3Storage } from '../../src/clients/storage-s3.js';
import { en } from '../../src/locales/en.js';
import { bytes, digestOf, MIB } from '../support/bytes.js';
import { temporaryFolder } from '../support/folder.js';
import { startS3 } from '../support/s3.js';
import { failure, keysOf } from '../support/storage.js';

const TYPE = { contentType: 'application/gzip' };

const KINDS: [string, () => Promise<Storage>][] = [
  ['a bucket', async () => createS3Storage(await startS3())],
  ['a folder', async () => createFolderStorage(join(await temporaryFolder(), 'storage'))],
];

describe.each(KINDS)('%s', (_kind, open) => {
  test.each([0, 3, 17 * MIB])('gives back %i bytes as they were uploaded', async (size) => {
    const storage = await open();
    await storage.upload('é/dump 1.sql.gz', bytes(size), TYPE);
    const body = await storage.download('é/dump 1.sql.gz');
    expect(body && (await digestOf(body))).toEqual(await digestOf(bytes(size)));
    expect(await keysOf(storage)).toEqual(['é/dump 1.sql.gz']);
  });

  test('has nothing to download where nothing was uploaded', async () => {
    const storage = await open();
    await storage.put('a/b', 'x', TYPE);
    expect(await storage.download('other')).toBeUndefined();
    expect(await storage.download('a')).toBeUndefined();
    expect(await storage.metadata('a')).toBeUndefined();
  });

  test('keeps the metadata of an upload, small or large, and nothing else', async () => {
    const storage = await open();
    const metadata = { 'cronhook-database': 'shop%20%C3%A9', kept: 'for ever' };
    for (const size of [3, 9 * MIB]) {
      await storage.upload('dump', bytes(size), { ...TYPE, metadata });
      expect(await storage.metadata('dump')).toEqual(metadata);
    }
    await storage.upload('dump', bytes(3), TYPE);
    expect(await storage.metadata('dump')).toEqual({});
    await storage.put('small', 'x', TYPE);
    expect(await storage.metadata('small')).toEqual({});
    expect(await keysOf(storage)).toEqual(['dump', 'small']);
  });

  test('replaces an object when the new one is whole, not before', async () => {
    const storage = await open();
    await storage.put('a', 'the first', TYPE);
    const seen: (string | undefined)[] = [];
    async function* body() {
      yield* bytes(9 * MIB);
      seen.push(await storage.get('a'));
    }
    await storage.upload('a', body(), TYPE);
    expect(seen).toEqual(['the first']);
    expect((await storage.get('a'))?.length).toBeGreaterThan(1_000);
  });

  test('keeps the object that was there when its replacement fails', async () => {
    const storage = await open();
    await storage.upload('a', bytes(3), { ...TYPE, metadata: { which: 'first' } });
    const broken = new Error('broken');
    async function* body(size: number) {
      yield* bytes(size);
      throw broken;
    }
    for (const size of [3, 9 * MIB]) await expect(storage.upload('a', body(size), TYPE)).rejects.toBe(broken);
    const kept = await storage.download('a');
    expect(kept && (await digestOf(kept))).toEqual(await digestOf(bytes(3)));
    expect(await storage.metadata('a')).toEqual({ which: 'first' });
  });

  test('removes an object, its metadata with it, and minds no object that is not there', async () => {
    const storage = await open();
    await storage.upload('a/b/c', bytes(3), { ...TYPE, metadata: { x: 'y' } });
    await storage.put('a/d', 'x', TYPE);
    await storage.remove('a/b/c');
    await storage.remove('a/b/c');
    await storage.remove('never/was');
    expect(await keysOf(storage)).toEqual(['a/d']);
    expect(await storage.metadata('a/b/c')).toBeUndefined();
    await storage.put('a/b/c', 'x', TYPE);
    expect(await storage.metadata('a/b/c')).toEqual({});
  });

  test('shows an upload under way as unfinished, and none that ended', async () => {
    const storage = await open();
    const seen: string[] = [];
    async function* body(size: number) {
      yield* bytes(size);
      for await (const { key } of storage.listUnfinished('a/')) seen.push(key);
    }
    await storage.upload('a/é 1', body(17 * MIB), TYPE);
    await storage.upload('b/1', body(17 * MIB), TYPE);
    expect(seen).toEqual(['a/é 1']);
    expect(await unfinished(storage)).toEqual([]);
  });

  test('ends an upload that is aborted before it began, or while its body says nothing', async () => {
    const storage = await open();
    const reason = new Error('the service stops');
    await expect(storage.upload('a', bytes(3), { ...TYPE, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const abort = new AbortController();
    async function* stuck() {
      yield* bytes(9 * MIB);
      setTimeout(() => abort.abort(reason), 50);
      await new Promise(() => {});
    }
    await expect(storage.upload('a', stuck(), { ...TYPE, signal: abort.signal })).rejects.toBe(reason);
    expect(await keysOf(storage)).toEqual([]);
    expect(await unfinished(storage)).toEqual([]);
  });

  test.each(['../out', 'a//b', '', '.', 'a\0b'])('refuses the key %j', async (key) => {
    const storage = await open();
    const upload = { key, id: 'x', startedAt: new Date() };
    for (const attempt of [
      storage.upload(key, bytes(3), TYPE),
      storage.download(key),
      storage.metadata(key),
      storage.remove(key),
    ])
      expect((await failure(attempt)).permanent).toBe(true);
    if (_kind === 'a folder') expect((await failure(storage.discard(upload))).permanent).toBe(true);
  });
});

describe('a folder', () => {
  test('knows what a crash has left unfinished by its key, and since when', async () => {
    const folder = await temporaryFolder();
    const storage = createFolderStorage(folder);
    const key = `backups/${'é'.repeat(120)}/dump.sql.gz`;
    const left = join(folder, '.unfinished', '6f1c', 'objects', key);
    await mkdir(join(left, '..'), { recursive: true });
    await writeFile(left, 'half');
    await utimes(left, new Date(1e12), new Date(1e12));
    const [found] = await unfinished(storage, 'backups/');
    expect(found).toEqual({ key, id: '6f1c', startedAt: new Date(1e12) });
    expect(await unfinished(storage, 'other/')).toEqual([]);
    if (found) await storage.discard(found);
    if (found) await storage.discard(found);
    expect(await readdir(join(folder, '.unfinished'))).toEqual([]);
  });

  test('discards nothing outside itself', async () => {
    const folder = await temporaryFolder();
    const storage = createFolderStorage(join(folder, 'storage'));
    await writeFile(join(folder, 'other'), 'x');
    const upload = { key: 'a', id: '../../other', startedAt: new Date() };
    expect((await failure(storage.discard(upload))).code).toBe('unprocessable');
    expect(await readdir(folder)).toContain('other');
  });

  test('keeps no empty folders of objects that were removed', async () => {
    const folder = await temporaryFolder();
    const storage = createFolderStorage(folder);
    await storage.upload('2026/11/21/a', bytes(3), { ...TYPE, metadata: { x: 'y' } });
    await storage.put('2026/10/b', 'x', TYPE);
    await storage.remove('2026/11/21/a');
    expect(await readdir(join(folder, 'objects', '2026'))).toEqual(['10']);
    await storage.remove('2026/10/b');
    expect(await readdir(folder)).toEqual(['.unfinished']);
  });

  test('loses no object that is written while its neighbours are removed', async () => {
    const storage = createFolderStorage(await temporaryFolder());
    const keys = Array.from({ length: 200 }, (_, i) => `a/b/c/${i}`);
    await Promise.all(
      keys.map(async (key, i) => {
        await storage.put(key, 'x', TYPE);
        if (i % 2) await storage.remove(key);
      }),
    );
    expect((await keysOf(storage)).length).toBe(100);
  });

  test('names the folder that cannot be written', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, '.unfinished'), 'a file');
    const storage = createFolderStorage(folder);
    const error = await failure(storage.upload('a', bytes(3), TYPE));
    expect(error.text(en)).toMatch(en.storage.folder(folder, 'ENOTDIR'));
  });
});

async function unfinished(storage: Storage, prefix = '') {
  const uploads = [];
  for await (const upload of storage.listUnfinished(prefix)) uploads.push(upload);
  return uploads;
}
