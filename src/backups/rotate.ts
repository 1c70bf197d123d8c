import pMap from 'p-map';
import type { Storage } from '../clients/storage.js';
import { type DamagedSet, type Inventory, keysOf, type Leftover, takeInventory } from './inventory.js';
import { type DatedSet, explainRemoval, keptBy } from './rotation.js';
import { DATABASE_METADATA, timeOf, VERIFIED } from './set.js';
import type { BackupSettings, KeepRules } from './settings.js';

export interface RotationOptions {
  storage: Storage;
  settings: Pick<BackupSettings, 'prefix' | 'keep'>;
  /** Only sets of this database are counted and removed. */
  databaseId: string;
  now: Date;
  /** When a set that is not made yet would begin: in a dry run it takes its place among the others. */
  planned?: Date | undefined;
  dryRun: boolean;
  signal?: AbortSignal;
  tell: RotationTelling;
}

export interface RotationTelling {
  removing(stem: string, why: string[]): void;
  failed(key: string, error: unknown): void;
}

export interface RotationTally {
  kept: number;
  removed: number;
  /** Remains of backups that were killed. */
  leftovers: number;
}

const DAY_MS = 24 * 60 * 60_000;
const SIDE_BY_SIDE = 16;

/**
 * Removes the sets that no rule keeps, and after a day what killed backups have left. Never the newest set nor the
 * newest verified one, never a set of another database, never an object that no backup wrote.
 */
export async function rotate(options: RotationOptions): Promise<RotationTally> {
  const { storage, settings, databaseId, now, planned } = options;
  const inventory = await takeInventory(storage, settings.prefix);
  const sets = ofDatabase(inventory.sets, databaseId);
  const dated: DatedSet[] = planned ? [...sets, { stem: '', startedAt: planned, verified: false }] : sets;
  const kept = keptBy(dated, settings.keep, now);
  const why = explainRemoval(dated, settings.keep);
  const surplus = [
    ...sets.filter((set) => !kept.has(set)),
    ...ofDatabase(inventory.damaged, databaseId).filter((set) => !isWanted(set, dated, settings.keep, now)),
  ];
  const removed = await removeAll(options, surplus, (set) => ({
    stem: set.stem,
    keys: keysOf(set),
    why: why({ ...set, verified: false }),
  }));
  const left = sets.filter((set) => kept.has(set)).length;
  return { kept: left, removed, leftovers: await removeLeftovers(options, inventory) };
}

/** A damaged set takes no place from a whole one, and stays as long as it would if it were whole: a person may mend it. */
function isWanted(damaged: DamagedSet, whole: DatedSet[], keep: KeepRules, now: Date): boolean {
  const set = { ...damaged, verified: false };
  return keptBy([...whole, set], keep, now).has(set);
}

export const ofDatabase = <Set extends DamagedSet>(sets: Set[], databaseId: string): Set[] =>
  sets.filter(({ manifest }) => manifest.database.id === databaseId);

async function removeLeftovers(options: RotationOptions, { leftovers }: Inventory): Promise<number> {
  const old = leftovers.filter((leftover) => isOld(leftover, options.now));
  const own = await pMap(old, async (leftover) => ((await isOwn(options, leftover)) ? leftover : []), {
    concurrency: SIDE_BY_SIDE,
  });
  const why = ['a backup without a manifest does not exist'];
  const objects = await removeAll(options, own.flat(), ({ stem, keys }) => ({
    stem,
    // What proves that the rest is ours goes last.
    keys: keys.sort((a, b) => Number(b.endsWith(VERIFIED)) - Number(a.endsWith(VERIFIED))),
    why,
  }));
  return objects + (await discardUploads(options));
}

const isOld = ({ startedAt }: { startedAt: Date }, now: Date): boolean =>
  now.getTime() - startedAt.getTime() > DAY_MS;

/** Every object says by itself which database it belongs to. */
async function isOwn({ storage, databaseId }: RotationOptions, leftover: Leftover): Promise<boolean> {
  const files = leftover.keys.filter((key) => !key.endsWith(VERIFIED));
  for (const key of files) {
    const metadata = await storage.metadata(key);
    if (metadata && metadata[DATABASE_METADATA] !== encodeURIComponent(databaseId)) return false;
  }
  return files.length > 0;
}

/** Uploads that were begun and never ended show no metadata: their names are those of sets, and no object has them. */
async function discardUploads(options: RotationOptions): Promise<number> {
  const { storage, settings, now, dryRun, tell } = options;
  let discarded = 0;
  for await (const upload of storage.listUnfinished(`${settings.prefix}/`)) {
    const [stem = ''] = /^.*_backup_\d{8}_\d{6}(?=\.(?:sql|tar)\.gz)/.exec(upload.key) ?? [];
    const startedAt = timeOf(settings.prefix, stem);
    if (!startedAt || !isOld({ startedAt }, now)) continue;
    tell.removing(upload.key, ['an upload that never ended']);
    try {
      if (!dryRun) await storage.discard(upload);
      discarded += 1;
    } catch (error) {
      tell.failed(upload.key, error);
    }
  }
  return discarded;
}

interface Removal {
  stem: string;
  keys: string[];
  why: string[];
}

/** @returns how many are gone, or would be */
async function removeAll<Item>(
  { storage, dryRun, signal, tell }: RotationOptions,
  items: Item[],
  removalOf: (item: Item) => Removal,
): Promise<number> {
  let removed = 0;
  const remove = async (item: Item) => {
    signal?.throwIfAborted();
    const { stem, keys, why } = removalOf(item);
    tell.removing(stem, why);
    try {
      if (!dryRun) for (const key of keys) await storage.remove(key);
      removed += 1;
    } catch (error) {
      tell.failed(stem, error);
    }
  };
  await pMap(items, remove, { concurrency: SIDE_BY_SIDE });
  return removed;
}
