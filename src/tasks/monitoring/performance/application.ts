import { sql } from 'drizzle-orm';
import { measurePage, measureResponse } from '../../../clients/page-load.js';
import { sqlTime } from '../../../db/moments.js';
import { unlessItFails } from '../../unless-it-fails.js';
import { APP, type Measured, nothingMeasured, type PerformanceContext, type Sample } from './model.js';

const REQUESTS = 3;
const HOUR_MS = 3_600_000;
/** Twelve runs an hour make 36. */
const MOST_SAMPLES = 1_000;

/**
 * How quickly APP_URL answers, unless that is the service itself. One that never answers as it should is named in the
 * run and no incident: its availability is watched elsewhere.
 */
export async function measureApp(context: PerformanceContext): Promise<Measured> {
  const { site, now, signal } = context;
  if (site.appUrl === site.publicUrl) return nothingMeasured();
  const samples: Sample[] = [];
  const begun = now().getTime();
  const problems: unknown[] = [];
  const attempt = (work: () => Promise<void>) =>
    unlessItFails({ signal, fail: (_item, error) => problems.push(error) }, APP, work);
  for (let index = 0; index < REQUESTS; index++)
    await attempt(async () => {
      const value = await measureResponse(site.appUrl, signal);
      // Samples of one metric are told apart by their time.
      samples.push({ source: APP, metric: 'response_ms', at: new Date(begun + index), value });
    });
  // A page that is slow is told of by the percentile of its answers.
  const isSlow = problems.length === 0 && samples.length > 0;
  await attempt(async () => {
    const at = new Date(begun);
    const { ms, bytes } = await measurePage(site.appUrl, signal);
    samples.push({ source: APP, metric: 'page_load_ms', at, value: ms });
    samples.push({ source: APP, metric: 'page_bytes', at, value: bytes });
  });
  // What is wrong with one request is mostly wrong with all of them: it is said once.
  if (problems.length > 0 && !isSlow) context.fail('APP_URL', problems[0]);
  const p95 = await unlessItFails(context, 'response_p95_ms', () => hourlyP95(context, samples));
  return { ...nothingMeasured(), samples: [...samples, ...(p95 ? [p95] : [])] };
}

async function hourlyP95({ db, now }: PerformanceContext, latest: Sample[]): Promise<Sample | undefined> {
  const responses = latest.filter(({ metric }) => metric === 'response_ms').map(({ value }) => value);
  if (responses.length === 0) return undefined;
  const at = now();
  const earlier = await db.rows<{ value: number }>(sql`
    select value from cronhook.metric_samples
    where source = ${APP} and metric = 'response_ms'
      and at > ${sqlTime(new Date(at.getTime() - HOUR_MS))} and at <= ${sqlTime(at)}
    order by at desc limit ${MOST_SAMPLES}
  `);
  const value = p95([...earlier.map((row) => Number(row.value)), ...responses]);
  return value === undefined ? undefined : { source: APP, metric: 'response_p95_ms', at, value };
}

/** By the nearest rank; of fewer than twenty the second slowest, for one slow answer alone says nothing. */
export function p95(values: number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.min(Math.ceil(0.95 * sorted.length), sorted.length - 1);
  return sorted[Math.max(rank, 1) - 1];
}
