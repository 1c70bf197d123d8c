import { setTimeout as sleep } from 'node:timers/promises';
import { refusalCode } from '../../../db/table-problem.js';
import { AppError, type Text } from '../../../errors.js';
import type { Capabilities, RunContext } from '../../define.js';
import { type NewTotals, type Profile, readProfiles, storedForm, writeTotals } from './profiles.js';
import { calculate, TOTALS, type World } from './totals.js';

/** What one run works with; its moment is one for all profiles. */
export type Recalculation = Omit<RunContext<unknown>, 'now'> &
  Pick<Capabilities, 'db'> &
  World & { now: Date; tally: Tally };

export interface Tally {
  profiles: number;
  changed: number;
  unchanged: number;
}

export const newTally = (): Tally => ({ profiles: 0, changed: 0, unchanged: 0 });

/** How often a profile is tried that the application is changing. */
const TRIES = 3;
const PAUSE_MS = 200;
const SHOWN_PROBLEMS = 3;

/** Calculates profiles, and writes the totals that differ; those that change meanwhile are taken again. */
export async function recalculate(recalculation: Recalculation, profiles: Profile[]): Promise<void> {
  const { tally, dryRun, db, fail, signal } = recalculation;
  tally.profiles += profiles.length;
  let changed = changedTotals(recalculation, profiles);
  if (dryRun) return foresee(recalculation, changed);
  for (let tries = 1; changed.length > 0; tries++) {
    const settled = await settle(recalculation, changed);
    const missed = changed.filter(({ id }) => !settled.has(id)).map(({ id }) => id);
    if (missed.length === 0) return;
    if (tries === TRIES) {
      for (const id of missed) fail(id, new AppError('conflict', (t) => t.wealth.busy));
      return;
    }
    await sleep(PAUSE_MS * tries, undefined, { signal });
    const again = await readProfiles(db, missed);
    // The others have been deleted.
    tally.profiles -= missed.length - again.length;
    changed = changedTotals(recalculation, again);
  }
}

/** Whose totals differ from those stored; the unchanged are counted, the invalid named. */
function changedTotals({ tally, fail, ...world }: Recalculation, profiles: Profile[]): NewTotals[] {
  const changed: NewTotals[] = [];
  for (const { id, inputs, fingerprint, stored } of profiles) {
    const calculated = calculate(inputs, world);
    if ('problems' in calculated) fail(id, invalid(calculated.problems));
    else {
      const totals = storedForm(calculated.totals);
      if (totals === stored) tally.unchanged += 1;
      else changed.push({ id, fingerprint, totals });
    }
  }
  return changed;
}

const invalid = (problems: Text[]): AppError =>
  new AppError(
    'unprocessable',
    (t) => {
      const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => problem(t));
      return t.wealth.invalid(shown, problems.length - shown.length);
    },
    { permanent: true },
  );

/** What constraints and triggers raise about the row itself; any other error is the whole run's. */
const REFUSED_ROW = /^(22|23|44|P0)/;

/**
 * Writes them all at once; and where PostgreSQL refuses that, one by one, so that one that it refuses stops no other.
 * @returns who needs no other try
 */
async function settle(recalculation: Recalculation, totals: NewTotals[]): Promise<Set<string>> {
  const { db, now, tally, fail, log } = recalculation;
  try {
    const written = await db.write((tx) => writeTotals(tx, totals, now));
    tally.changed += written.size;
    return written;
  } catch (error) {
    const code = refusalCode(error) ?? '';
    if (!REFUSED_ROW.test(code)) throw error;
    if (totals.length > 1) {
      log.warn({ err: error }, 'totals are written one by one');
      const settled: string[] = [];
      for (const one of totals) settled.push(...(await settle(recalculation, [one])));
      return new Set(settled);
    }
    const refused = new AppError('unprocessable', (t) => t.wealth.refused(code), { cause: error });
    for (const { id } of totals) fail(id, refused);
    return new Set(totals.map(({ id }) => id));
  }
}

function foresee({ tally, would }: Recalculation, changed: NewTotals[]): void {
  tally.changed += changed.length;
  for (const { id, totals } of changed) {
    const sums = totals.slice(1, -1).split(',');
    would(id, {
      action: 'update',
      ...Object.fromEntries(TOTALS.map((column, index) => [column, sums[index]])),
    });
  }
}
