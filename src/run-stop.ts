import type { Text } from './errors.js';

/** Why a run was told to stop before its work was done. */
export type StopReason = 'time_limit' | 'lease_lost' | 'interrupted' | 'ended';

/** The abort reason of a run's signal. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';

  constructor(readonly reason: StopReason) {
    super(`the run was stopped: ${reason}`);
  }
}

/** A task's own rule says not now. */
export class TaskSkipped extends Error {
  override readonly name = 'TaskSkipped';

  constructor(readonly reason: Text) {
    super('skipped by its own rule');
  }
}
