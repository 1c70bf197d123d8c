import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { readUntil } from './storage-body.js';

export type Layout = ReturnType<typeof createLayout>;

/** Objects are written below `.unfinished/<id>` by the same paths, and move when they are whole. */
export function createLayout(root: string) {
  const unfinished = join(root, '.unfinished');
  const below = (folder: string) => ({
    folder,
    objects: join(folder, 'objects'),
    object: (key: string) => join(folder, 'objects', key),
    metadata: (key: string) => join(folder, 'metadata', `${key}.json`),
  });
  return { ...below(root), unfinished, upload: (id: string) => below(join(unfinished, id)) };
}

interface Writing {
  signal?: AbortSignal | undefined;
  metadata?: Record<string, string> | undefined;
  /** Names what the disk refused; what the body throws stays as it is. */
  problem?(error: unknown): Error;
}

/** It appears whole or not at all; a crash leaves at most an unfinished upload. */
export async function writeTo(
  layout: Layout,
  key: string,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { signal = new AbortController().signal, metadata, problem = (error) => error as Error }: Writing,
): Promise<void> {
  const upload = layout.upload(randomUUID());
  const named = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error) => {
      throw problem(error);
    });
  try {
    const file = await named(create(upload.object(key)));
    try {
      for await (const chunk of readUntil(body, signal)) await named(file.writeFile(chunk));
      await named(file.sync());
    } finally {
      await file.close();
    }
    signal.throwIfAborted();
    await named(describe(layout, upload, key, metadata));
    await named(move(upload.object(key), layout.object(key)));
  } finally {
    await rm(upload.folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function create(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  return open(path, 'wx');
}

/** Before the object itself, so that it is never seen without. */
async function describe(
  layout: Layout,
  upload: ReturnType<Layout['upload']>,
  key: string,
  metadata: Record<string, string> | undefined,
): Promise<void> {
  if (!metadata) return rm(layout.metadata(key), { force: true });
  await mkdir(dirname(upload.metadata(key)), { recursive: true });
  await writeFile(upload.metadata(key), JSON.stringify(metadata), { flush: true });
  await move(upload.metadata(key), layout.metadata(key));
}

const MOVES = 5;

async function move(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await mkdir(dirname(to), { recursive: true });
      return await rename(from, to);
    } catch (error) {
      // A removal may have pruned the folder between the two.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === MOVES) throw error;
    }
  }
}

/** Folders that hold nothing any more go, up to the root, which stays. */
export async function prune(folder: string, root: string): Promise<void> {
  if (!folder.startsWith(root + sep)) return;
  const kept = await rmdir(folder).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (!kept) await prune(dirname(folder), root);
}
