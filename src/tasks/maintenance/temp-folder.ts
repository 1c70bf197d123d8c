import { constants } from 'node:fs';
import { type FileHandle, open, readFile, readlink, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { AppError, type Text } from '../../errors.js';
import type { NeverCleaned } from './never-cleaned.js';

/** A folder that is open: what is done by its `path` is done in it, wherever it is moved and whatever takes its place. */
export interface OpenFolder {
  path: Buffer;
  /** As people know it. */
  name: Buffer;
  device: bigint;
  inode: bigint;
  /** What it lies on, as Linux numbers it: a folder of the same disk that is mounted in it has another. */
  mount: string | undefined;
  close(): Promise<void>;
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
const FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;

/**
 * Opens a folder of TEMP_PATHS, which may be a link to one.
 * @throws {AppError} when there is none, or when it must never be cleaned
 */
export async function openTempFolder(path: string, never: NeverCleaned): Promise<OpenFolder> {
  const problem = (text: Text, cause?: unknown) =>
    new AppError('unprocessable', text, { cause, permanent: true });
  if (!isAbsolute(path)) throw problem((t) => t.maintenance.folder.relative);
  try {
    const real = await realpath(path);
    const folder = await openFolder(Buffer.from(real), Buffer.from(path));
    const reason = never.reasonFor(await whereIs(folder, real), { dev: folder.device, ino: folder.inode });
    if (!reason) return folder;
    await folder.close();
    throw problem((t) => t.maintenance.folder.refused[reason]);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT') throw problem((t) => t.maintenance.folder.missing, error);
    if (code === 'ENOTDIR') throw problem((t) => t.maintenance.folder.notAFolder, error);
    throw problem((t) => t.maintenance.folder.unreadable(code), error);
  }
}

/** Never through a link, not even one that has taken the folder's place a moment ago. */
export async function openFolder(path: Buffer, name: Buffer): Promise<OpenFolder> {
  const handle = await open(path, FOLDER);
  const close = () => handle.close();
  try {
    const { dev, ino } = await handle.stat({ bigint: true });
    return { path: pathOf(handle, path), name, device: dev, inode: ino, mount: await mountOf(handle), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Linux knows open folders by paths of their own; elsewhere (development) the folder's own path must do. */
const pathOf = (handle: FileHandle, path: Buffer): Buffer =>
  process.platform === 'linux' ? Buffer.from(`/proc/self/fd/${handle.fd}`) : path;

async function mountOf({ fd }: FileHandle): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8').catch(() => '');
  return /^mnt_id:\s*(\d+)$/m.exec(info)?.[1];
}

const whereIs = async ({ path }: OpenFolder, real: string): Promise<string> =>
  process.platform === 'linux' ? readlink(path.toString()) : real;

export const within = (folder: Buffer, name: Buffer): Buffer => Buffer.concat([folder, SLASH, name]);

const SLASH = Buffer.from('/');

export const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code ?? 'error');
