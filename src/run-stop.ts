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

/** How long a task that was told to stop may take to unwind. */
export const UNWIND_MS = 5_000;

/** True when the run was told to stop because another one has its lease. */
export const isLost = ({ reason }: AbortSignal): boolean =>
  reason instanceof RunStopped && reason.reason === 'lease_lost';

/** The work's result; a task that ignores the signal is left behind some time after it. */
export async function unlessLeftBehind<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let leave = () => {};
  let timer: NodeJS.Timeout | undefined;
  const leftBehind = new Promise<never>((_resolve, reject) => {
    leave = () => {
      timer = setTimeout(() => reject(signal.reason), UNWIND_MS);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, leftBehind]);
  } finally {
    signal.removeEventListener('abort', leave);
    clearTimeout(timer);
  }
}
