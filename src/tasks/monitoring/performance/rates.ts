import { sql } from 'drizzle-orm';
import { sqlTime } from '../../../db/moments.js';
import type { Counters, PerformanceContext, Sample } from './model.js';

interface Reading {
  source: string;
  counter: string;
  instance: string;
  at: string;
  value: number;
}

export interface Rates {
  samples: Sample[];
  /** Counters whose readings the next run is to reckon from. */
  readings: Omit<Reading, 'at'>[];
}

/** The average over less is that of a moment: it alarms nobody, and the next run reckons from the reading before. */
const SHORTEST_SECONDS = 240;
/** What happened between is nobody's present. */
const LONGEST_SECONDS = 3_600;
/** Told as how often it happened since the last run, however short ago that was. */
const COUNTED = 'deadlocks';

/** What counters have moved since the last run. One that has gone back, or that another counts, has no rate this time. */
export async function ratesOf(context: PerformanceContext, all: Counters[]): Promise<Rates> {
  const now = context.now();
  const earlier = await readingsBefore(context, all, now);
  const rates: Rates = { samples: [], readings: [] };
  for (const counters of all) {
    const { source, instance } = counters;
    const since = sinceLast(counters, earlier, now);
    const add = (metric: string, value: number | undefined, judged = true) => {
      if (value === undefined || !Number.isFinite(value)) return;
      rates.samples.push({ source, metric, at: now, value, ...(!judged && { unjudged: true as const }) });
    };
    add('cpu_percent', cpuPercent(since, counters.cores), since.seconds >= SHORTEST_SECONDS);
    add('network_in_bytes_per_second', perSecond(since, 'network_in_bytes'));
    add('network_out_bytes_per_second', perSecond(since, 'network_out_bytes'));
    add('cache_hit_percent', hitPercent(since));
    add(COUNTED, since.moved.get(COUNTED));
    // All of an instance are of one time, or its clock would not fit the others.
    const whole = [...counters.values.keys()].every(
      (counter) => counter === COUNTED || since.moved.has(counter),
    );
    const keeps = whole && since.seconds < SHORTEST_SECONDS;
    for (const [counter, value] of counters.values)
      if (!keeps || counter === COUNTED) rates.readings.push({ source, counter, instance, value });
  }
  return rates;
}

/** The same counters of the same instances, no older than an hour. */
function readingsBefore({ db }: PerformanceContext, all: Counters[], now: Date): Promise<Reading[]> {
  const given = JSON.stringify(all.map(({ source, instance }) => ({ source, instance })));
  const oldest = new Date(now.getTime() - LONGEST_SECONDS * 1000);
  return db.rows<Reading>(sql`
    select source, counter, instance, at, value from cronhook.counter_readings
    join jsonb_to_recordset(${given}::jsonb) as given (source text, instance text) using (source, instance)
    where at >= ${sqlTime(oldest)} and at < ${sqlTime(now)}
  `);
}

interface Since {
  seconds: number;
  moved: Map<string, number>;
}

function sinceLast({ source, instance, values }: Counters, earlier: Reading[], now: Date): Since {
  const moved = new Map<string, number>();
  let last = 0;
  for (const reading of earlier) {
    if (reading.source !== source || reading.instance !== instance) continue;
    const value = values.get(reading.counter);
    if (value === undefined || value < reading.value) continue;
    moved.set(reading.counter, value - reading.value);
    if (reading.counter !== COUNTED) last = Date.parse(reading.at);
  }
  // The machine's own clock, where it has told of it: no delay between it and us counts.
  const seconds = moved.get('clock_seconds') ?? (last ? (now.getTime() - last) / 1000 : 0);
  return { seconds, moved };
}

function cpuPercent({ seconds, moved }: Since, cores: number | undefined): number | undefined {
  const used = moved.get('cpu_seconds');
  if (used === undefined || !cores || seconds <= 0) return undefined;
  // A limit may be passed for a moment, and clocks are read one after another.
  return Math.min(100, (100 * used) / (seconds * cores));
}

function perSecond({ seconds, moved }: Since, counter: string): number | undefined {
  const bytes = moved.get(counter);
  return bytes === undefined || seconds <= 0 ? undefined : bytes / seconds;
}

function hitPercent({ moved }: Since): number | undefined {
  const hit = moved.get('blocks_hit');
  const read = moved.get('blocks_read');
  return hit === undefined || read === undefined || hit + read === 0 ? undefined : (100 * hit) / (hit + read);
}
