import pMap from 'p-map';
import type { Storage, StoredObject } from '../clients/storage.js';
import {
  claimOf,
  dumpOf,
  extraOf,
  MANIFEST,
  type Manifest,
  parseManifest,
  parseVerification,
  type StoredFile,
  timeOf,
  VERIFIED,
  type Verification,
} from './set.js';

/** A complete set: its manifest, and every file that the manifest names in its full size. */
export interface BackupSet {
  stem: string;
  startedAt: Date;
  manifest: Manifest;
  verification: Verification | undefined;
  /** It has been restored and counted, and nothing has been found wrong with it since. */
  verified: boolean;
}

/** A set whose manifest names files that are not there, or not in their full size: the bucket has lost them. */
export type DamagedSet = Pick<BackupSet, 'stem' | 'startedAt' | 'manifest'>;

/** What a backup that was killed, or the removal of a set, has left: there is no manifest. */
export interface Leftover {
  stem: string;
  startedAt: Date;
  keys: string[];
}

export interface Inventory {
  /** The newest first. */
  sets: BackupSet[];
  damaged: DamagedSet[];
  leftovers: Leftover[];
  /** All that are taken. */
  stems: Set<string>;
}

type Objects = Map<string, StoredObject>;

/** Small objects read at a time. */
const SIDE_BY_SIDE = 16;

/** What lies under the prefix by the names of sets, of whichever database. */
export async function takeInventory(storage: Storage, prefix: string): Promise<Inventory> {
  const groups = await groupByStem(storage, prefix);
  const inventory: Inventory = { sets: [], damaged: [], leftovers: [], stems: new Set(groups.keys()) };
  const sort = async ([stem, objects]: [string, Objects]) => {
    const startedAt = timeOf(prefix, stem);
    if (!startedAt) return;
    const read = async (suffix: string) =>
      objects.has(stem + suffix) ? storage.get(stem + suffix) : undefined;
    const text = await read(MANIFEST);
    const manifest = text === undefined ? undefined : parseManifest(text);
    if (manifest && isWhole(stem, manifest, objects)) {
      const verification = parseVerification((await read(VERIFIED)) ?? '');
      inventory.sets.push({ stem, startedAt, manifest, verification, verified: isVerified(verification) });
    } else if (manifest) {
      inventory.damaged.push({ stem, startedAt, manifest });
    } else if (text === undefined) {
      inventory.leftovers.push({ stem, startedAt, keys: [...objects.keys()] });
    }
  };
  await pMap(groups, sort, { concurrency: SIDE_BY_SIDE });
  inventory.sets.sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || (a.stem < b.stem ? 1 : -1));
  return inventory;
}

/** The objects under the prefix whose names are those of sets. */
async function groupByStem(storage: Storage, prefix: string): Promise<Map<string, Objects>> {
  const stems = new Map<string, Objects>();
  for await (const object of storage.list(`${prefix}/`)) {
    const [, stem] =
      /^(.*_backup_\d{8}_\d{6})\.(?:(?:sql|tar)\.gz(?:\.age)?|(?:verified\.)?json|[0-9a-f-]{36}\.claim)$/.exec(
        object.key,
      ) ?? [];
    if (stem === undefined || !timeOf(prefix, stem)) continue;
    const objects = stems.get(stem) ?? new Map<string, StoredObject>();
    stems.set(stem, objects.set(object.key, object));
  }
  return stems;
}

const isWhole = (stem: string, manifest: Manifest, objects: Objects): boolean =>
  filesOf(stem, manifest).every(
    ({ key, compressedBytes }) => objects.get(key)?.sizeBytes === compressedBytes,
  );

const filesOf = (stem: string, manifest: Manifest): StoredFile[] =>
  [dumpOf(stem, manifest), extraOf(stem, manifest)].filter((file) => file !== undefined);

const isVerified = (verification: Verification | undefined): boolean =>
  verification !== undefined && verification.verifiedAt !== null && verification.failure === null;

/** What a set consists of, in the order to remove it: without its manifest it does not exist. */
export const keysOf = ({ stem, manifest }: DamagedSet): string[] => [
  stem + MANIFEST,
  stem + VERIFIED,
  ...filesOf(stem, manifest).map(({ key }) => key),
  claimOf(stem, manifest.runId),
];
