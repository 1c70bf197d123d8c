import os from 'node:os';
import { z } from 'zod';
import { deliverAlerts } from '../../incidents/deliver-alerts.js';
import { defineTask } from '../define.js';
import { measureApp } from './performance/application.js';
import { measureDatabase } from './performance/database.js';
import { retireGone } from './performance/gone.js';
import { judge } from './performance/judge.js';
import { exportersOf, measureExporters, measureLocally } from './performance/machines.js';
import { type Measured, type PerformanceContext, together } from './performance/model.js';
import { ownName } from './performance/names.js';
import { ratesOf } from './performance/rates.js';
import { record } from './performance/record.js';
import { judgeSilence } from './performance/silence.js';
import { readThresholds, type ThresholdReader } from './performance/thresholds.js';

interface Options {
  /** Where the `proc` and `sys` of the machine are. */
  root: string;
  /** What the machine calls itself. */
  hostname: string;
  /** Before a machine that does not answer is asked again: it is silent for more than a minute, or not at all. */
  pausesMs: number[];
}

export const performanceTask = (options: Options) =>
  defineTask({
    name: 'monitor-performance',
    path: '/monitoring/performance',
    schedule: '*/5 * * * *',
    product: 'talos',
    summary: 'Measure this machine, others with a node_exporter, the application and PostgreSQL, and alert',
    success: (t) => t.tasks['monitor-performance'].success,
    timeoutMs: 240_000,
    variableDuration: true,
    needs: ['db', 'nodeExporters'],
    uses: ['mail', 'sms', 'vault'],
    input: z.object({}),
    run: (context) => watch(context, options),
  });

export const monitorPerformance = performanceTask({
  root: '/',
  hostname: os.hostname(),
  pausesMs: [20_000, 45_000],
});

/** What is measured here is told first: a machine that hangs delays nothing of it, and a shutdown loses nothing. */
async function watch(context: PerformanceContext, { root, hostname, pausesMs }: Options) {
  const own = ownName(hostname);
  const thresholds = await readThresholds(context, own);
  const here = await tell(context, await measureHere(context, own, root), [], thresholds);
  const exporters = exportersOf(context, own);
  const names = exporters.map(({ name }) => name);
  const there = await measureExporters(context, exporters, pausesMs);
  const others = names.length > 0 ? await tell(context, there, names, thresholds) : undefined;
  const told = [here, ...(others ? [others] : [])];
  await retireGone(context, new Set(told.flatMap(({ judged }) => judged)), there.unreadable.keys());
  return tallyOf(told);
}

/** One after another: each would show in the figures of the others. */
async function measureHere(context: PerformanceContext, own: string, root: string): Promise<Measured> {
  return together([
    await measureLocally(context, own, root),
    await measureDatabase(context),
    await measureApp(context),
  ]);
}

/**
 * Records what was measured, and tells of what is wrong with it.
 * @param machines those that were asked over the network
 */
async function tell(
  context: PerformanceContext,
  measured: Measured,
  machines: string[],
  thresholds: ThresholdReader,
) {
  const rates = await ratesOf(context, measured.counters);
  const samples = [...measured.samples, ...rates.samples];
  const excess = judge(samples, thresholds, context);
  const silence = judgeSilence(machines, measured.unreadable, context);
  const wrong = [...excess.wrong, ...silence.wrong];
  const well = [...excess.well, ...silence.well];
  const tally = await record(context, samples, rates.readings, { wrong, well });
  const { sent } = await deliverAlerts(context);
  return {
    samples: samples.length,
    machines: new Set(samples.map(({ source }) => source)).size,
    unreachable: measured.unreadable.size,
    hidden: measured.hidden,
    thresholdsExceeded: excess.wrong.length,
    ...tally,
    sent,
    judged: [...wrong.map(({ source }) => source), ...well, ...excess.between],
  };
}

type Told = Awaited<ReturnType<typeof tell>>;

/** Of both looks together. */
function tallyOf(told: Told[]): Omit<Told, 'judged'> {
  const sum = (of: (one: Told) => number) => told.reduce((total, one) => total + of(one), 0);
  return {
    samples: sum(({ samples }) => samples),
    machines: sum(({ machines }) => machines),
    unreachable: sum(({ unreachable }) => unreachable),
    hidden: sum(({ hidden }) => hidden),
    thresholdsExceeded: sum(({ thresholdsExceeded }) => thresholdsExceeded),
    opened: sum(({ opened }) => opened),
    recovered: sum(({ recovered }) => recovered),
    sent: sum(({ sent }) => sent),
  };
}
