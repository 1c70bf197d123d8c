import { dirname, join } from 'node:path';
import { lineOf, readNumber, readText } from './files.js';
import { type Mount, readMounts } from './mounts.js';

/** What a container, or a service with limits of its own, may use and has used. */
export interface CpuLimit {
  cores: number;
  usedSeconds: number;
  /** The group that has the limit. */
  group: string;
}

export interface Groups {
  /** The folders of a controller, the innermost first; none where it is not mounted. */
  folders(controller: string): string[];
  version(controller: string): 1 | 2;
}

/** Where the limits of a process stand: https://man7.org/linux/man-pages/man7/cgroups.7.html */
export async function findGroups(root: string, process: string): Promise<Groups> {
  const mounts = await readMounts(root, process);
  const lines = ((await readText(join(root, 'proc', process, 'cgroup'))) ?? '').split('\n');
  const paths = new Map<string, string>();
  for (const line of lines) {
    const [, names = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const name of names.split(',')) if (path) paths.set(name, path);
  }
  const first = (controller: string) =>
    mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
  const second = mounts.find(({ type }) => type === 'cgroup2');
  return {
    version: (controller) => (first(controller) ? 1 : 2),
    folders(controller) {
      const old = first(controller);
      const mount = old ?? second;
      const path = paths.get(old ? controller : '');
      return mount && path !== undefined ? foldersBetween(root, mount, path) : [];
    },
  };
}

/** From the group up to what is mounted: a limit further out holds for all within. */
function foldersBetween(root: string, mount: Mount, path: string): string[] {
  const top = join(root, mount.path);
  const above = mount.root === '/' ? '' : mount.root;
  // Containers without a namespace for cgroups see their own group mounted, and its path on the host.
  const inside = path.startsWith(`${above}/`) && !path.includes('..') ? path.slice(above.length) : '/';
  const folders = [join(top, inside).replace(/\/$/, '')];
  for (let last = folders[0] as string; last.length > top.length; last = dirname(last))
    folders.push(dirname(last));
  return folders;
}

/** The share of the limit that is nearest to being reached; undefined without a limit below `totalBytes`. */
export async function memoryPercent(groups: Groups, totalBytes: number): Promise<number | undefined> {
  const read = groups.version('memory') === 2 ? memoryV2 : memoryV1;
  const levels = await Promise.all(groups.folders('memory').map(read));
  const shares = levels.flatMap(({ limit, used, files }) =>
    // Without a limit the first version says 2^63 less a page.
    limit === undefined || used === undefined || limit <= 0 || limit >= totalBytes
      ? []
      : // Files not read for long are given back before anything runs out.
        [(100 * Math.max(0, used - (files ?? 0))) / limit],
  );
  return shares.length > 0 ? Math.max(...shares) : undefined;
}

const memoryV2 = async (folder: string) => ({
  limit: await readNumber(join(folder, 'memory.max')),
  used: await readNumber(join(folder, 'memory.current')),
  files: lineOf(await readText(join(folder, 'memory.stat')), 'inactive_file'),
});

const memoryV1 = async (folder: string) => ({
  limit: await readNumber(join(folder, 'memory.limit_in_bytes')),
  used: await readNumber(join(folder, 'memory.usage_in_bytes')),
  files: lineOf(await readText(join(folder, 'memory.stat')), 'total_inactive_file'),
});

/** The tightest limit below the cores of the machine; undefined without one. */
export async function cpuLimit(groups: Groups, machineCores: number): Promise<CpuLimit | undefined> {
  const read = groups.version('cpu') === 2 ? cpuV2 : cpuV1(groups);
  const levels = await Promise.all(groups.folders('cpu').map(read));
  const pinned = await pinnedCores(groups);
  const own = levels[0];
  const found = [...levels, ...(own && pinned !== undefined ? [{ ...own, cores: pinned }] : [])]
    .flatMap(({ cores, usedSeconds, group }) =>
      cores !== undefined && usedSeconds !== undefined && cores > 0 && cores < machineCores
        ? [{ cores, usedSeconds, group }]
        : [],
    )
    .sort((a, b) => a.cores - b.cores);
  return found[0];
}

async function cpuV2(folder: string) {
  const [, quota, period] = /^(\d+) (\d+)/.exec((await readText(join(folder, 'cpu.max'))) ?? '') ?? [];
  const used = lineOf(await readText(join(folder, 'cpu.stat')), 'usage_usec');
  return {
    cores: quota && period ? Number(quota) / Number(period) : undefined,
    usedSeconds: used === undefined ? undefined : used / 1e6,
    group: folder,
  };
}

/** Quota and usage belong to two controllers, mounted together or not. */
const cpuV1 = (groups: Groups) => async (folder: string, level: number) => {
  const quota = await readNumber(join(folder, 'cpu.cfs_quota_us'));
  const period = await readNumber(join(folder, 'cpu.cfs_period_us'));
  const used = await readNumber(join(groups.folders('cpuacct')[level] ?? folder, 'cpuacct.usage'));
  return {
    cores: quota !== undefined && period && quota > 0 ? quota / period : undefined,
    usedSeconds: used === undefined ? undefined : used / 1e9,
    group: folder,
  };
};

/** How many processors the group may run on: `0-3,7` are five. */
async function pinnedCores(groups: Groups): Promise<number | undefined> {
  const folder = groups.folders('cpuset')[0];
  if (!folder) return undefined;
  const [text] = (
    await Promise.all(
      ['cpuset.cpus.effective', 'cpuset.effective_cpus', 'cpuset.cpus'].map((name) =>
        readText(join(folder, name)),
      ),
    )
  ).filter((found) => found?.trim());
  const ranges = text?.trim().split(',') ?? [];
  if (!ranges.every((range) => /^\d+(-\d+)?$/.test(range)) || ranges.length === 0) return undefined;
  return ranges.reduce((sum, range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return sum + to - from + 1;
  }, 0);
}
