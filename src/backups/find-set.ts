import type { DamagedSet } from './inventory.js';

/** What may stand behind a stem: the names of its objects. */
const SUFFIX = /\.(?:(?:sql|tar)\.gz(?:\.age)?|(?:verified\.)?json)$/;

/** The set that a person names: by its stem or the key of one of its objects, with the prefix or without its beginning. */
export function findSet<Set extends DamagedSet>(sets: Set[], key: string): Set | undefined {
  const stem = key.replace(/^\/+/, '').replace(SUFFIX, '');
  const named = sets.filter((set) => set.stem === stem || set.stem.endsWith(`/${stem}`));
  return named.find((set) => set.stem === stem) ?? (named.length === 1 ? named[0] : undefined);
}
