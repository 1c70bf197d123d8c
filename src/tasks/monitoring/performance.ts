import { z } from 'zod';
import { deliver } from '../../messages/delivery.js';
import { ALERTS } from '../../messages/queue.js';
import { defineTask } from '../define.js';
import { measureApp } from './performance/application.js';
import { measureDatabase } from './performance/database.js';
import { type Judgement, judge } from './performance/judge.js';
import { exportersOf, measureExporters, measureLocally } from './performance/machines.js';
import type { Measured, PerformanceContext } from './performance/model.js';
import { ratesOf } from './performance/rates.js';
import { record } from './performance/record.js';
import { judgeSilence } from './performance/silence.js';
import { readThresholds } from './performance/thresholds.js';

interface Options {
  /** Where the `proc` and `sys` of the machine are. */
  root: string;
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
    needs: ['db', 'nodeExporters'],
    uses: ['mail', 'sms', 'vault'],
    input: z.object({}),
    async run(context) {
      const measured = await measure(context, options);
      const rates = await ratesOf(context, measured.counters);
      measured.samples.push(...rates.samples);
      const judgement = await judgeAll(context, measured);
      const tally = await record(context, measured, rates, judgement);
      const { sent } = await deliver(context, { task: ALERTS });
      return {
        samples: measured.samples.length,
        machines: new Set(measured.samples.map(({ source }) => source)).size,
        unreachable: measured.unreadable.size,
        thresholdsExceeded: judgement.exceeded,
        ...tally,
        sent,
      };
    },
  });

export const monitorPerformance = performanceTask({ root: '/', pausesMs: [20_000, 45_000] });

/** One after another: each would show in the figures of the others. */
async function measure(context: PerformanceContext, { root, pausesMs }: Options): Promise<Measured> {
  const parts = [
    await measureLocally(context, root),
    await measureDatabase(context),
    await measureApp(context),
    ...(await measureExporters(context, pausesMs)),
  ];
  return {
    samples: parts.flatMap(({ samples }) => samples),
    counters: parts.flatMap(({ counters }) => counters),
    unreadable: new Map(parts.flatMap(({ unreadable }) => [...unreadable])),
  };
}

async function judgeAll(
  context: PerformanceContext,
  measured: Measured,
): Promise<Judgement & { exceeded: number }> {
  const excess = judge(measured.samples, await readThresholds(context), context);
  const machines = exportersOf(context).map(({ name }) => name);
  const silence = judgeSilence(machines, measured.unreadable, context);
  return {
    wrong: [...excess.wrong, ...silence.wrong],
    well: [...excess.well, ...silence.well],
    between: excess.between,
    exceeded: excess.wrong.length,
  };
}
