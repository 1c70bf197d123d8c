import { collectDefaultMetrics, Registry } from 'prom-client';
import { version } from '../version.js';
import type { Family, Sample } from './exposition.js';

/** What prom-client's JSON is, where its types say otherwise. */
interface ProcessMetric {
  name: string;
  help: string;
  type: string;
  values: { metricName?: string; labels: Record<string, string | number>; value: number }[];
}

/** CPU, memory, event loop and garbage collection of this process, measured from the first call on. */
export function createProcessFigures(): () => Promise<Family[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => {
    const metrics = (await registry.getMetricsAsJSON()) as unknown as ProcessMetric[];
    return [buildInfo, ...metrics.filter(isSound).map(toFamily)];
  };
}

const buildInfo: Family = {
  name: 'cronhook_build_info',
  help: 'The version of Cronhook and of Node.js.',
  type: 'gauge',
  samples: [{ labels: { version, node: process.version }, value: 1 }],
};

/**
 * Three sums of prom-client are called as if they were counters; the labelled gauges beside them say more.
 * The least delay is three centuries until one has been measured.
 */
const isSound = ({ name, type }: ProcessMetric): boolean =>
  (type === 'counter' || !name.endsWith('_total')) && name !== 'nodejs_eventloop_lag_min_seconds';

const toFamily = ({ name, help, type, values }: ProcessMetric): Family => ({
  name,
  help,
  type: type as Family['type'],
  samples: values.filter(({ value }) => !Number.isNaN(value)).map(toSample),
});

const toSample = ({ metricName, labels, value }: ProcessMetric['values'][number]): Sample => ({
  name: metricName,
  labels,
  value,
});
