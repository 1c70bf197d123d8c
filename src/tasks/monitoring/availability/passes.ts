import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { createProber, type Prober } from '../../../clients/probe.js';
import type { Capabilities, RunContext } from '../../define.js';
import { type Check, storeChecks } from './checks.js';
import type { Monitor } from './monitors.js';

export type PassContext = Pick<RunContext<unknown>, 'now' | 'signal' | 'dryRun' | 'messages'> &
  Pick<Capabilities, 'db'>;

/** When the failing ones are checked again, from the start of the first pass. */
export const PAUSES_MS = [20_000, 40_000, 65_000];
/** Checks that begin later might outlast the run. */
const LAST_START_MS = 150_000;
const MOST_AT_ONCE = 1_000;
/** So many that reach nothing at all are not to blame: the way to them is. */
const FEWEST_FOR_BLIND = 3;

/** What the passes of a run have seen. */
export interface Seen {
  /** By monitor, its checks in the order of the passes; those of blind passes are not among them. */
  checks: Map<string, Check[]>;
  /** Nothing could be reached, to the last pass: nobody knows how the monitors fare. */
  blind: boolean;
  /** Bad in every pass, for more than a minute. */
  down: Set<string>;
  /** Good twice in a row, with the last check of earlier runs; once is enough where no incident is open. */
  well: Set<string>;
}

interface Doubts {
  /** Monitors with an open incident. */
  open: Set<string>;
  /** Those of them whose last stored check was good. */
  lastGood: Set<string>;
  pauses: number[];
}

/** Checks all of them, then those in doubt again and again; each pass is stored before the next one. */
export async function checkInPasses(
  context: PassContext,
  monitors: Monitor[],
  { open, lastGood, pauses }: Doubts,
): Promise<Seen> {
  const { signal, dryRun, db, messages } = context;
  const clock = createClock(context.now());
  const prober = createProber();
  const checks = new Map<string, Check[]>(monitors.map(({ id }) => [id, []]));
  const isWell = ({ id }: Monitor): boolean => {
    const seen = (checks.get(id) as Check[]).map(({ result }) => result.ok);
    if (!open.has(id)) return seen.at(-1) === true;
    return [lastGood.has(id), ...seen].slice(-2).every(Boolean) && seen.length > 0;
  };
  let blind = monitors.length >= FEWEST_FOR_BLIND;
  let counted = 0;
  let passes = 0;
  let inDoubt = monitors;
  let left = [0, ...pauses];
  while (left.length > 0 && inDoubt.length > 0 && clock.elapsed() < LAST_START_MS) {
    await sleep(Math.max(0, (left[0] as number) - clock.elapsed()), undefined, { signal });
    // Passes that have come due while the one before went on are one; the first is never one of them.
    const due = passes === 0 ? 1 : left.filter((moment) => moment <= clock.elapsed()).length;
    left = left.slice(Math.max(1, due));
    const pass = await checkOnce(inDoubt, { prober, clock, signal });
    passes += 1;
    blind &&= pass.every(({ result }) => !result.reached);
    if (blind) continue;
    counted += 1;
    for (const check of pass) checks.get(check.monitor.id)?.push(check);
    if (!dryRun) await db.write((tx) => storeChecks(tx, pass, messages));
    inDoubt = inDoubt.filter((monitor) => !isWell(monitor));
  }
  const wasBad = ({ id }: Monitor) => {
    const seen = checks.get(id) as Check[];
    return seen.length === passes && seen.every(({ result }) => !result.ok);
  };
  const isSure = left.length === 0 && counted === passes;
  return {
    checks,
    blind,
    down: idsOf(isSure ? inDoubt.filter(wasBad) : []),
    well: idsOf(monitors.filter(isWell)),
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
