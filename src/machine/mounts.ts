import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { inTime } from '../in-time.js';
import { readText } from './files.js';
import { type Disk, type DiskUse, diskPercent, inodesPercent, isDisk, realDisks } from './reading.js';

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
    const [, , device, source, path, here = ''] = before.split(' ');
    const [type, , given = ''] = after.split(' ');
    if (!device || !source || !path || !type) return [];
    const options = given.split(',');
    const isReadOnly = [...options, ...here.split(',')].includes('ro');
    return [{ device, type, path: plain(path), root: plain(source), options, isReadOnly }];
  });
}

/** Spaces and the like are written as `\040`. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** How full each real disk is. */
export async function readDisks(root: string, mounts: Mount[]): Promise<DiskUse[]> {
  // A network file system whose server is gone would hold whoever looks at it, for ever.
  const candidates = visible(mounts).filter(isDisk);
  const folders = await Promise.all(
    candidates.map(async (mount) => ((await isFolder(join(root, mount.path))) ? [mount] : [])),
  );
  const use = async ({ path, isReadOnly }: Mount) => ({
    path,
    isReadOnly,
    ...(await useOf(join(root, path))),
  });
  return Promise.all(realDisks(folders.flat()).map(use));
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

/** Of the file system at this path. */
export async function useOf(path: string): Promise<Pick<DiskUse, 'space' | 'inodes'>> {
  const found = await inTime(
    statfs(path).catch(() => undefined),
    STATFS_TIMEOUT_MS,
  );
  return {
    space: found && diskPercent(found.blocks, found.bfree, found.bavail),
    inodes: found && inodesPercent(found.files, found.ffree),
  };
}
