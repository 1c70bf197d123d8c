import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { inTime } from '../in-time.js';
import { readText } from './files.js';
import { type Disk, diskPercent, isDisk, realDisks } from './reading.js';

export interface Mount extends Disk {
  /** What of the file system is mounted there. */
  root: string;
  /** Of the file system: the controllers of a cgroup, say. */
  options: string[];
}

/** A disk that has died does not answer at all. */
const STATFS_TIMEOUT_MS = 5_000;

/** https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
export async function readMounts(root: string, process: string): Promise<Mount[]> {
  const text = await readText(join(root, 'proc', process, 'mountinfo'));
  return (text ?? '').split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device, source, path] = before.split(' ');
    const [type, , options] = after.split(' ');
    if (!device || !source || !path || !type) return [];
    return [{ device, type, path: plain(path), root: plain(source), options: options?.split(',') ?? [] }];
  });
}

/** Spaces and the like are written as `\040`. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** How full each real disk is, by the path it is mounted on. */
export async function readDisks(root: string, mounts: Mount[]): Promise<Map<string, number>> {
  // A network file system whose server is gone would hold whoever looks at it, for ever.
  const candidates = visible(mounts).filter(isDisk);
  const folders = await Promise.all(
    candidates.map(async (mount) => ((await isFolder(join(root, mount.path))) ? [mount] : [])),
  );
  const fill = async ({ path }: Mount) => [path, await fillOf(join(root, path))] as const;
  const fills = await Promise.all(realDisks(folders.flat()).map(fill));
  return new Map(fills.flatMap(([path, percent]) => (percent === undefined ? [] : [[path, percent]])));
}

/** What is mounted later on the same path hides what was there. */
const visible = (mounts: Mount[]): Mount[] => [
  ...new Map(mounts.map((mount) => [mount.path, mount])).values(),
];

/** Container runtimes mount single files (`/etc/hosts`) from the disk of the host. */
const isFolder = (path: string): Promise<boolean | undefined> =>
  inTime(
    stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    ),
    STATFS_TIMEOUT_MS,
  );

async function fillOf(path: string): Promise<number | undefined> {
  const found = await inTime(
    statfs(path).catch(() => undefined),
    STATFS_TIMEOUT_MS,
  );
  return found && diskPercent(found.blocks, found.bfree, found.bavail);
}
