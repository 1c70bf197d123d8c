import { Cron } from 'croner';
import { shownAt } from '../calendar.js';

/**
 * When a scheduler must have called again, by the latest of them: where clocks change, some leave out an hour that
 * does not exist, and of a time that comes twice some call the first, some the second, some both.
 */
export function nextCall(schedule: string, timeZone: string, after: Date): Date | null {
  const cron = new Cron(schedule, { timezone: timeZone, paused: true });
  // A task of every hour is called by the hours that pass, whatever they are called.
  const everyHour = EVERY_HOUR.test(schedule);
  for (let next = cron.nextRun(after); next; next = cron.nextRun(next)) {
    // The clock never shows this time: croner names a moment near it.
    if (!cron.match(next)) continue;
    const again = everyHour ? undefined : sameTimeAgain(next, timeZone);
    if (!again) return next;
    if (again > next) return again;
    // The first of the two was the last call, or has come before it.
    if (again > after) return next;
  }
  return null;
}

/** Schedulers call a little early at times; of calls that follow closely, a run answers the nearest. */
const LONGEST_EARLY_MS = 120_000;

/** Until when the calls are answered by a run that began then. */
export function answeredUntil(schedule: string, timeZone: string, startedAt: Date): Date {
  const cron = new Cron(schedule, { timezone: timeZone, paused: true });
  const next = cron.nextRun(startedAt);
  if (!next) return startedAt;
  const earlyMs = Math.min(LONGEST_EARLY_MS, intervalBefore(next, cron) / 2);
  // Where the clock shows a time twice, croner may name the second of a run that was early for the first.
  return new Date(Math.min(startedAt.getTime() + earlyMs, next.getTime()));
}

/** Since the call before, if that is near enough to matter. */
function intervalBefore(call: Date, cron: Cron): number {
  let before = new Date(call.getTime() - 2 * LONGEST_EARLY_MS - 1);
  for (let one = cron.nextRun(before); one && one < call; one = cron.nextRun(one)) before = one;
  return call.getTime() - before.getTime();
}

const EVERY_HOUR = /^(@hourly|\S+ +(\*(\/1)?|0-23) .*)$/;

const HALF_A_NIGHT_MS = 3 * 3_600_000;

/** The other moment at which the clock shows this time, in the night in which it is put back. */
function sameTimeAgain(moment: Date, timeZone: string): Date | undefined {
  const at = moment.getTime();
  const offset = (time: number) => shownAt(time, timeZone) - time;
  const putBackMs = offset(at - HALF_A_NIGHT_MS) - offset(at + HALF_A_NIGHT_MS);
  if (putBackMs <= 0) return undefined;
  const shown = shownAt(at, timeZone);
  const other = [at + putBackMs, at - putBackMs].find((time) => shownAt(time, timeZone) === shown);
  return other === undefined ? undefined : new Date(other);
}
