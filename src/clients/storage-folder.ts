import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError, type Text } from '../errors.js';
import { checkKey, type Storage } from './storage.js';
import { readFrom } from './storage-folder-read.js';
import { createLayout, prune, writeTo } from './storage-folder-write.js';

/** A folder in place of a bucket, for development: objects are files, their keys the paths. */
export function createFolderStorage(directory: string): Storage {
  const root = resolve(directory);
  const layout = createLayout(root);
  const attempt = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error) => {
      throw folderProblem(error, root);
    });
  return {
    async put(key, body) {
      checkKey(key);
      await attempt(writeTo(layout, key, [Buffer.from(body)], {}));
    },
    async get(key) {
      checkKey(key);
      return attempt(readFile(layout.object(key), 'utf8').catch(orUndefined));
    },
    async *list(prefix) {
      for (const key of await attempt(keysBelow(layout.objects, prefix))) {
        const found = await stat(layout.object(key)).catch(() => undefined);
        if (found) yield { key, sizeBytes: found.size, modifiedAt: found.mtime };
      }
    },
    async upload(key, body, { signal, metadata }) {
      checkKey(key);
      await writeTo(layout, key, body, { signal, metadata, problem: (error) => folderProblem(error, root) });
    },
    async download(key, { signal } = {}) {
      checkKey(key);
      if (!(await attempt(isObject(layout.object(key))))) return undefined;
      return readFrom(layout.object(key), { signal, problem: (error) => folderProblem(error, root) });
    },
    async metadata(key) {
      checkKey(key);
      if (!(await attempt(isObject(layout.object(key))))) return undefined;
      return JSON.parse((await attempt(readFile(layout.metadata(key), 'utf8').catch(orUndefined))) ?? '{}');
    },
    async remove(key) {
      checkKey(key);
      for (const path of [layout.object(key), layout.metadata(key)]) {
        await attempt(rm(path).catch(orUndefined));
        await prune(dirname(path), root);
      }
    },
    async *listUnfinished(prefix) {
      const ids = (await attempt(readdir(layout.unfinished).catch(orUndefined))) ?? [];
      for (const id of ids) {
        const { objects } = layout.upload(id);
        for (const key of await attempt(keysBelow(objects, prefix))) {
          const found = await stat(join(objects, key)).catch(() => undefined);
          if (found) yield { key, id, startedAt: found.mtime };
        }
      }
    },
    async discard({ key, id }) {
      checkKey(key);
      checkKey(id);
      await attempt(rm(layout.upload(id).folder, { recursive: true, force: true }));
    },
  };
}

/** In the order of their bytes, as a bucket has them. */
async function keysBelow(folder: string, prefix: string): Promise<string[]> {
  const keys = await walk(folder, '', prefix);
  return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function walk(folder: string, parent: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true }).catch(orUndefined)) ?? []) {
    const key = parent + entry.name;
    const within = `${key}/`;
    if (entry.isFile() && key.startsWith(prefix)) keys.push(key);
    if (entry.isDirectory() && (within.startsWith(prefix) || prefix.startsWith(within)))
      keys.push(...(await walk(join(folder, entry.name), within, prefix)));
  }
  return keys;
}

const isObject = async (path: string): Promise<boolean> =>
  (await stat(path).catch(orUndefined))?.isFile() ?? false;

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code ?? 'error');

/** A key that is a folder, or lies below an object, names no object. */
function orUndefined(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR', 'ERR_FS_EISDIR'].includes(codeOf(error))) throw error;
}

/** Why the folder did not do it, in words that say what to change. */
export function folderProblem(error: unknown, folder: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const because = (text: Text) => new AppError('unprocessable', text, { cause: error, away: 'storage' });
  if (['ENOSPC', 'EDQUOT'].includes(code)) return because((t) => t.storage.folderFull(folder));
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return because((t) => t.storage.folderDenied(folder));
  return because((t) => t.storage.folder(folder, code));
}
