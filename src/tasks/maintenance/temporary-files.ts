import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, opendir, stat, unlink } from 'node:fs/promises';
import { AppError, type Text } from '../../errors.js';
import type { Capabilities, RunContext } from '../define.js';
import { identityOf, NeverCleaned } from './never-cleaned.js';
import { codeOf, type OpenFolder, openFolder, openTempFolder, within } from './temp-folder.js';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 7;
const MOST_LEVELS = 100;

export interface FileTally {
  files: number;
  bytesFreed: number;
  /** Folders of TEMP_PATHS that the end of the time left. */
  foldersLeft: number;
}

type FileContext = RunContext<unknown> & Pick<Capabilities, 'tempPaths'>;

interface Walk {
  context: FileContext;
  tally: FileTally;
  never: NeverCleaned;
  /** The folders of TEMP_PATHS: each has its own turn, once, wherever it lies. */
  roots: Set<string>;
  /** Older files go. */
  before: number;
  device: bigint;
  mount: string | undefined;
}

/** Removes old files and links under TEMP_PATHS: never folders, sockets, pipes or devices, nor what is mounted there. */
export async function removeFiles(context: FileContext, tally: FileTally): Promise<void> {
  const { tempPaths, each, now, outOfTime } = context;
  if (tempPaths.length === 0) return;
  const never = await NeverCleaned.find();
  const before = now().getTime() - KEPT_DAYS * DAY_MS;
  const roots = await identitiesOf(tempPaths);
  const done = new Set<string>();
  await each(new Set(tempPaths), { concurrency: 1, name: (path) => path }, async (path) => {
    const folder = await openTempFolder(path, never);
    const { device, inode, mount } = folder;
    const identity = identityOf({ dev: device, ino: inode });
    try {
      if (!done.has(identity))
        await sweepFolder({ context, tally, never, roots, before, device, mount }, folder, 0);
      done.add(identity);
    } catch (error) {
      if (context.signal.aborted || error instanceof AppError) throw error;
      throw new AppError('unprocessable', unreadable(error), { cause: error });
    } finally {
      await folder.close();
    }
    if (outOfTime()) tally.foldersLeft += 1;
  });
}

async function identitiesOf(paths: readonly string[]): Promise<Set<string>> {
  const found = await Promise.all(
    paths.map((path) => stat(path, { bigint: true }).then(identityOf, () => '')),
  );
  return new Set(found);
}

async function sweepFolder(walk: Walk, folder: OpenFolder, level: number): Promise<void> {
  const { context } = walk;
  const stuck = { files: 0, code: '' };
  // Names are bytes: not all of them are texts.
  const entries = await opendir(folder.path.toString(), { encoding: 'buffer' as BufferEncoding });
  for await (const entry of entries as AsyncIterable<unknown> as AsyncIterable<Dirent & { name: Buffer }>) {
    if (context.outOfTime()) break;
    context.signal.throwIfAborted();
    const found = await lstat(within(folder.path, entry.name), { bigint: true }).catch(unlessGone);
    if (found?.isDirectory()) await enter(walk, folder, entry.name, found, level + 1);
    else if (found && isOld(walk, found)) {
      const code = await remove(walk, within(folder.path, entry.name), found);
      if (code) stuck.files += 1;
      stuck.code ||= code ?? '';
    }
  }
  if (stuck.files > 0) fail(walk, folder.name, (t) => t.maintenance.folder.stuck(stuck.files, stuck.code));
}

const isOld = ({ before }: Walk, found: BigIntStats): boolean =>
  (found.isFile() || found.isSymbolicLink()) && found.mtimeMs < before;

/** @returns why it could not be removed */
async function remove(
  { context, tally }: Walk,
  path: Buffer,
  found: BigIntStats,
): Promise<string | undefined> {
  try {
    if (!context.dryRun) await unlink(path);
  } catch (error) {
    return unlessGone(error, codeOf(error));
  }
  tally.files += 1;
  // What has another name is still there.
  if (found.isFile() && found.nlink === 1n) tally.bytesFreed += bytesOnDisk(found);
  return undefined;
}

/** A file with holes takes less than its size. */
const bytesOnDisk = ({ size, blocks }: BigIntStats): number => Math.min(Number(size), Number(blocks) * 512);

async function enter(
  walk: Walk,
  parent: OpenFolder,
  name: Buffer,
  found: BigIntStats,
  level: number,
): Promise<void> {
  const shown = within(parent.name, name);
  if (found.dev !== walk.device || walk.roots.has(identityOf(found))) return;
  if (walk.never.reasonFor(shown.toString(), found)) return;
  if (level > MOST_LEVELS) return fail(walk, shown, (t) => t.maintenance.folder.tooDeep(MOST_LEVELS));
  let folder: OpenFolder | undefined;
  try {
    folder = await openFolder(within(parent.path, name), shown);
    // Another one has taken its place, or something is mounted there.
    if (folder.device !== found.dev || folder.inode !== found.ino || folder.mount !== walk.mount) return;
    await sweepFolder(walk, folder, level);
  } catch (error) {
    if (walk.context.signal.aborted) throw error;
    // Removed, or replaced by a link or a file.
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return;
    fail(walk, shown, unreadable(error), error);
  } finally {
    await folder?.close();
  }
}

const unreadable =
  (error: unknown): Text =>
  (t) =>
    t.maintenance.folder.unreadable(codeOf(error));

function fail({ context }: Walk, name: Buffer, text: Text, cause?: unknown): void {
  // Whatever a name holds, it stays one line.
  const item = name.toString().replace(/\p{Cc}/gu, '�');
  context.fail(item, new AppError('unprocessable', text, { cause }));
}

/** Others clean up too; and a file that something is mounted on is busy. */
function unlessGone<Other = undefined>(error: unknown, otherwise?: Other): Other | undefined {
  if (['ENOENT', 'EBUSY'].includes(codeOf(error))) return undefined;
  if (otherwise !== undefined) return otherwise;
  throw error;
}
