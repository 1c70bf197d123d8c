/** What a machine tells of itself at one moment. */
export interface MachineReading {
  /** Which start of which machine counts: counters of another one cannot be compared. */
  instance: string;
  /** By metric, as `metric_samples` has it; the unit ends its name. */
  gauges: Map<string, number>;
  /** Those of the gauges that tell of a disk to which nobody can write: it stays as full as it is. */
  readOnly: Set<string>;
  /** What only grows, in seconds or bytes. */
  counters: Map<Counter, number>;
  /** Processors that the work could fill at once; less than one where so little is allowed. */
  cores: number | undefined;
}

/** `clock_seconds` is the machine's own clock: rates are right whatever delays a reading. */
export type Counter = 'clock_seconds' | 'cpu_seconds' | 'network_in_bytes' | 'network_out_bytes';

export interface Disk {
  device: string;
  type: string;
  path: string;
  isReadOnly: boolean;
}

/** How full a disk is, in percent: of what it holds, and of the files it has room for. */
export interface DiskUse {
  path: string;
  isReadOnly: boolean;
  space: number | undefined;
  inodes: number | undefined;
}

/** Mounts that are disks: none that lives in memory, comes over a network or is packed into a file. */
const DISK_TYPES = new Set(
  'ext2 ext3 ext4 xfs btrfs zfs f2fs jfs reiserfs bcachefs vfat exfat ntfs ntfs3 fuseblk ufs apfs hfs'.split(
    ' ',
  ),
);
/** The root of a container is what its runtime makes of it. */
const ROOT_TYPES = new Set(['overlay', 'aufs', 'fuse-overlayfs', 'fuse.fuse-overlayfs', '9p', 'virtiofs']);
const LONGEST_PATH = 200;
const MOST_DISKS = 100;

/** Each disk once, by the shortest of the paths where it can be written to, else of all it is mounted on. */
export function realDisks<Mount extends Disk>(mounts: Iterable<Mount>): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const mount of mounts) {
    if (!isDisk(mount) || mount.path.length > LONGEST_PATH) continue;
    const known = byDevice.get(mount.device);
    if (!known || isBetter(mount, known)) byDevice.set(mount.device, mount);
  }
  return [...byDevice.values()].slice(0, MOST_DISKS);
}

const isBetter = (mount: Disk, known: Disk): boolean =>
  mount.isReadOnly === known.isReadOnly ? mount.path.length < known.path.length : known.isReadOnly;

export const isDisk = ({ type, path }: Disk): boolean =>
  DISK_TYPES.has(type) || (path === '/' && ROOT_TYPES.has(type));

/** As `df` counts: what is kept for root is neither used nor to be had. */
export function diskPercent(size: number, free: number, available: number): number | undefined {
  const used = size - free;
  return used >= 0 && used + available > 0 ? (100 * used) / (used + available) : undefined;
}

/** File systems that make room for files as they come say that they have none. */
export function inodesPercent(files: number, free: number): number | undefined {
  const used = files - free;
  return files > 0 && used >= 0 ? (100 * used) / files : undefined;
}

export function addDisk(
  { gauges, readOnly }: Pick<MachineReading, 'gauges' | 'readOnly'>,
  use: DiskUse,
): void {
  for (const [name, percent] of [
    ['disk_percent', use.space],
    ['inodes_percent', use.inodes],
  ] as const) {
    if (percent === undefined || !Number.isFinite(percent)) continue;
    const metric = `${name}:${printable(use.path)}`;
    gauges.set(metric, percent);
    if (use.isReadOnly) readOnly.add(metric);
  }
}

/** Names come from elsewhere, and go into titles and texts of one line. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');

/** Loopback, and what counts a second time the bytes that pass a real one. */
const VIRTUAL =
  /^(lo\d*|veth.*|docker.*|br-.*|virbr.*|cni.*|flannel.*|cali.*|(tun|tap|wg|ifb|dummy|bond)\d.*|.*[.@].*)$/;

export const isRealInterface = (name: string): boolean => !VIRTUAL.test(name);

/** Load averages, and the shortest by core: one says that all have work. */
export function addLoad(gauges: Map<string, number>, loads: (number | undefined)[], cores?: number): void {
  const [one] = loads;
  for (const [index, minutes] of [1, 5, 15].entries()) {
    const load = loads[index];
    if (load !== undefined) gauges.set(`load_${minutes}`, load);
  }
  if (one !== undefined && cores) gauges.set('load_1_per_core', one / cores);
}
