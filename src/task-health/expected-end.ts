import type { TaskHistory } from './history.js';
import { answeredUntil, nextCall } from './next-call.js';

interface Expectation {
  timeoutMs: number;
  schedule: string;
  timeZone: string;
  /** Calls before it do not count: the schedule was another, or the task was off. */
  changedAt: Date | undefined;
}

/** Beside a task's time limit: a call takes its time, and a run may need some to stop. */
const GRACE_MS = 60_000;

/** A run of now must end by its limit; after one that has ended, the next must have come and ended too. */
export function expectedEnd(history: TaskHistory, expectation: Expectation): Date | null {
  const { last } = history;
  const allowedMs = expectation.timeoutMs + GRACE_MS;
  if (last?.status === 'running') return later(last.startedAt, allowedMs);
  const call = callToAnswer(history, expectation);
  if (!call) return null;
  const end = later(call, allowedMs);
  const again = callAfterInterruption(history, expectation);
  // What was interrupted goes on with the next call, where that comes in time.
  return again && again > call && again <= end ? later(again, allowedMs) : end;
}

/** The first call that no run has answered to its end. */
function callToAnswer({ last, interrupted }: TaskHistory, expectation: Expectation): Date | null {
  const { schedule, timeZone, changedAt } = expectation;
  const first = interrupted?.first;
  // All its runs were interrupted: the first of them had been called when it began.
  if (!last && first && !(changedAt && changedAt > first)) return first;
  // Calls during a run are turned away.
  const answered = [changedAt, last?.finishedAt, last && answeredUntil(schedule, timeZone, last.startedAt)];
  const until = Math.max(...answered.map((moment) => moment?.getTime() ?? 0));
  return nextCall(schedule, timeZone, new Date(until));
}

function callAfterInterruption({ interrupted }: TaskHistory, { schedule, timeZone }: Expectation) {
  return interrupted && nextCall(schedule, timeZone, answeredUntil(schedule, timeZone, interrupted.latest));
}

const later = (moment: Date, ms: number): Date => new Date(moment.getTime() + ms);
