import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import type { Prober } from '../../../clients/probe.js';
import type { Transaction } from '../../../db/client.js';
import type { Capabilities, RunContext } from '../../define.js';
import { type Check, storeChecks } from './checks.js';
import { type Monitor, unchanged } from './monitors.js';
import { type Known, Sightings } from './sightings.js';

export type PassContext = Pick<RunContext<unknown>, 'now' | 'signal' | 'dryRun' | 'messages'> &
  Pick<Capabilities, 'db'>;

/** When the failing ones are checked again, from the start of the first pass. */
export const PAUSES_MS = [20_000, 40_000, 65_000];
/** Checks that begin later might outlast the run. */
const LAST_START_MS = 150_000;
const MOST_AT_ONCE = 1_000;
/** What the passes of a run have seen. */
export interface Seen extends Pick<Sightings, 'monitors' | 'checks' | 'network'> {
  /** When the first pass began. */
  since: Date;
  /** Bad in every pass, for more than a minute. */
  down: Set<string>;
  well: Set<string>;
}

interface Means extends Known {
  pauses: number[];
  prober: Prober;
  /** Hears of those with an open incident as soon as they are well, in the transaction that stores their checks. */
  onRecovered(tx: Transaction, monitors: Monitor[]): Promise<void>;
}

/** Checks all of them, then those in doubt again and again; each pass is stored before the next one. */
export async function checkInPasses(
  context: PassContext,
  monitors: Monitor[],
  { pauses, prober, onRecovered, ...known }: Means,
): Promise<Seen> {
  const { signal, dryRun, db, messages } = context;
  const since = context.now();
  const clock = createClock(since);
  const sightings = new Sightings(monitors, known);
  let inDoubt = monitors;
  let left = [0, ...pauses];
  while (left.length > 0 && inDoubt.length > 0 && clock.elapsed() < LAST_START_MS) {
    const isFirst = inDoubt === monitors;
    await sleep(Math.max(0, (left[0] as number) - clock.elapsed()), undefined, { signal });
    // Passes that have come due while the one before went on are one; the first is never one of them.
    const due = isFirst ? 1 : left.filter((moment) => moment <= clock.elapsed()).length;
    left = left.slice(Math.max(1, due));
    const pass = await checkOnce(inDoubt, { prober, clock, signal });
    const counted = sightings.add(pass, await unchanged(db, sightings.monitors));
    const recovered = counted.map(({ monitor }) => monitor).filter((one) => sightings.hasRecovered(one));
    if (!dryRun)
      await db.write(async (tx) => {
        await storeChecks(tx, counted, messages);
        await onRecovered(tx, recovered);
      });
    inDoubt = sightings.monitors.filter((monitor) => !sightings.isWell(monitor));
  }
  const { checks, network } = sightings;
  return {
    ...{ since, monitors: sightings.monitors, checks, network },
    down: idsOf(left.length === 0 ? inDoubt.filter((monitor) => sightings.isBad(monitor)) : []),
    well: idsOf(sightings.monitors.filter((monitor) => sightings.isWell(monitor))),
  };
}

/** Side by side; those that could not even begin in time are left out. */
async function checkOnce(
  monitors: Monitor[],
  { prober, clock, signal }: { prober: Prober; clock: Clock; signal: AbortSignal },
): Promise<Check[]> {
  const at = clock.tick();
  const check = async (monitor: Monitor): Promise<Check[]> => {
    if (clock.elapsed() >= LAST_START_MS) return [];
    return [{ monitor, at, result: await prober.check(monitor, signal) }];
  };
  return (await pMap(monitors, check, { concurrency: MOST_AT_ONCE })).flat();
}

type Clock = ReturnType<typeof createClock>;

/** The run's own: passes are apart by what has really gone by. */
function createClock(start: Date) {
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  let last = Number.NEGATIVE_INFINITY;
  return {
    elapsed,
    /** Later than any before. */
    tick(): Date {
      last = Math.max(start.getTime() + Math.round(elapsed()), last + 1);
      return new Date(last);
    },
  };
}

const idsOf = (monitors: Monitor[]): Set<string> => new Set(monitors.map(({ id }) => id));
