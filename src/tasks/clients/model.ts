import type { Capabilities, RunContext } from '../define.js';

export const NAME = 'clients-archive';

export type ArchiveContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'mail' | 'storage' | 'vault'> &
  Partial<Pick<Capabilities, 'backups' | 'stripe'>>;

export interface ArchiveTally {
  asked: number;
  /** Asked, but there was nobody to write to. */
  unreachable: number;
  /** Asked, and back before they were archived. */
  returned: number;
  archived: number;
  restored: number;
  anonymised: number;
  /** Exports that belong to no company (any more). */
  orphans: number;
}

export interface ArchiveRun {
  context: ArchiveContext;
  tally: ArchiveTally;
  /** Told once; what needs the storage waits for the next run. */
  storageAway: boolean;
}

/** A company as it was read; times as PostgreSQL writes them, to the microsecond. */
export interface Company {
  id: string;
  name: string;
  status: string;
  email: string | null;
  askedAt: string | null;
  archiveKey: string | null;
}
