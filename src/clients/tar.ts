import { lstat, mkdir } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

/**
 * Files and folders as one gzipped tar, in constant memory. Names in it are the absolute paths without their first
 * slash; links stay links.
 */
export async function* archive(paths: string[], warn: (text: string) => void): AsyncGenerator<Uint8Array> {
  const { Pack } = await import('tar');
  const pack = new Pack({ cwd: '/', gzip: true, onwarn: (code, message) => warn(`${code}: ${message}`) });
  for (const path of paths) pack.add(relative('/', resolve(path)));
  pack.end();
  yield* pack;
}

/** Unpacks such an archive below a folder. Links keep their targets, and nothing is written through them. */
export async function unpack(archived: AsyncIterable<Uint8Array>, folder: string): Promise<void> {
  const { Unpack } = await import('tar');
  await mkdir(folder, { recursive: true });
  const target = new Unpack({ cwd: folder, preservePaths: true, filter: staysInside() });
  // Its stream is older than Node's types for one.
  await pipeline(archived, target as unknown as NodeJS.WritableStream);
}

function staysInside(): (path: string, entry: object) => boolean {
  const links = new Set<string>();
  const isInside = (path: string) => !path.startsWith('/') && !path.split('/').includes('..');
  return (path, entry) => {
    const { type, linkpath = '' } = entry as { type?: string; linkpath?: string };
    const names = path.split('/').filter(Boolean);
    const parents = names.slice(0, -1).map((_, index) => names.slice(0, index + 1).join('/'));
    if (!isInside(path) || parents.some((parent) => links.has(parent))) return false;
    if (type === 'SymbolicLink') links.add(names.join('/'));
    return type !== 'Link' || isInside(linkpath);
  };
}

export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
