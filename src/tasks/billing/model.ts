import type { Capabilities, RunContext } from '../define.js';

export type FollowupContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'mail'> &
  Partial<Pick<Capabilities, 'vault'>>;

/** What a run did with follow-ups. */
export interface FollowupTally {
  due: number;
  queued: number;
  stopped: number;
  /** Seen so late that a person has to call. */
  reported: number;
  skipped: number;
  skippedCompany: number;
  skippedFollowup: number;
  skippedClosed: number;
  skippedWeekend: number;
}
