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
  /** Questions that went on to the next reader, for the last one's address had refused them. */
  redirected: number;
  /** Exports written anew without somebody who has been erased since. */
  renewed: number;
  /** Due, and not come to in time. */
  remaining: number;
}

export interface ArchiveRun {
  context: ArchiveContext;
  tally: ArchiveTally;
  /** Told once; what needs the storage waits for the next run. */
  storageAway: boolean;
  /** Called back by this run, which does not ask them again. */
  back: Set<string>;
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
