import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError, type Text } from '../errors.js';
import { checkKey, type Storage } from './storage.js';

/** Where objects are written before they get their name; a crash leaves at most a file here. */
const UNFINISHED = '.unfinished';

/** A folder in place of a bucket, for development: objects are files, their keys the paths. */
export function createFolderStorage(directory: string): Storage {
  const root = resolve(directory);
  const pathOf = (key: string) => {
    checkKey(key);
    return join(root, 'objects', key);
  };
  return {
    async put(key, body) {
      const path = pathOf(key);
      const unfinished = join(root, UNFINISHED, randomUUID());
      try {
        await mkdir(dirname(unfinished), { recursive: true });
        await mkdir(dirname(path), { recursive: true });
        await writeFile(unfinished, body, { flush: true });
        await rename(unfinished, path);
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {});
        throw folderProblem(error, root);
      }
    },
    async get(key) {
      const path = pathOf(key);
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw folderProblem(error, root);
      }
    },
    async *list(prefix) {
      const keys = await keysBelow(join(root, 'objects'), '', prefix).catch((error) => {
        throw folderProblem(error, root);
      });
      // A bucket orders keys by their bytes.
      keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      for (const key of keys) {
        const found = await stat(join(root, 'objects', key)).catch(() => undefined);
        if (found) yield { key, sizeBytes: found.size, modifiedAt: found.mtime };
      }
    },
  };
}

async function keysBelow(folder: string, parent: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  for (const entry of entries) {
    const key = parent + entry.name;
    const within = `${key}/`;
    if (entry.isFile() && key.startsWith(prefix)) keys.push(key);
    if (entry.isDirectory() && (within.startsWith(prefix) || prefix.startsWith(within)))
      keys.push(...(await keysBelow(join(folder, entry.name), within, prefix)));
  }
  return keys;
}

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code ?? 'error');

/** A key that is a folder, or lies below an object, names no object. */
const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error));

/** Why the folder did not do it, in words that say what to change. */
export function folderProblem(error: unknown, folder: string): AppError {
  const code = codeOf(error);
  const because = (text: Text) => new AppError('unprocessable', text, { cause: error });
  if (['ENOSPC', 'EDQUOT'].includes(code)) return because((t) => t.storage.folderFull(folder));
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return because((t) => t.storage.folderDenied(folder));
  return because((t) => t.storage.folder(folder, code));
}
