/** What a machine tells of itself at one moment. */
export interface MachineReading {
  /** Which start of which machine counts: counters of another one cannot be compared. */
  instance: string;
  /** By metric, as `metric_samples` has it; the unit ends its name. */
  gauges: Map<string, number>;
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

/** Each disk once, by the shortest of the paths it is mounted on. */
export function realDisks<Mount extends Disk>(mounts: Iterable<Mount>): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const mount of mounts) {
    if (!isDisk(mount) || mount.path.length > LONGEST_PATH) continue;
    const known = byDevice.get(mount.device);
    if (!known || mount.path.length < known.path.length) byDevice.set(mount.device, mount);
  }
  return [...byDevice.values()].slice(0, MOST_DISKS);
}

export const isDisk = ({ type, path }: Disk): boolean =>
  DISK_TYPES.has(type) || (path === '/' && ROOT_TYPES.has(type));

/** As `df` counts: what is kept for root is neither used nor to be had. */
export function diskPercent(size: number, free: number, available: number): number | undefined {
  const used = size - free;
  return used >= 0 && used + available > 0 ? (100 * used) / (used + available) : undefined;
}

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
