import type { Look } from '../../messages/layout.js';
import type { FigureRow } from '../../messages/layout-figures.js';
import type { MetricName } from '../statistics/metrics.js';
import type { Numbers } from './numbers.js';
import { changeOf, formatMetric } from './words.js';

export interface Figures {
  columns: string[];
  rows: FigureRow[];
}

interface FigureOptions {
  metrics: readonly MetricName[];
  numbers: Numbers;
  /** The period that is told of, then those it is compared with. */
  periods: { start: string; name: string }[];
  /** False for periods that cannot be compared. */
  compared?: boolean;
}

/** Empty where nothing at all is known. */
export function figuresOf(options: FigureOptions, { site, messages }: Look): Figures {
  const { metrics, numbers, periods, compared = true } = options;
  const { locale } = site;
  const isKnown = metrics.some((metric) => periods.some(({ start }) => numbers.get(metric, start) !== null));
  const rowOf = (metric: MetricName): FigureRow => {
    const [own = null, ...references] = periods.map(({ start }) => numbers.get(metric, start));
    const cells = references.map((reference) => ({
      value: formatMetric(metric, reference, locale),
      change: compared ? changeOf(metric, own, reference, { locale, messages }) : undefined,
    }));
    return {
      label: messages.metrics[metric],
      cells: [{ value: formatMetric(metric, own, locale) }, ...cells],
    };
  };
  return { columns: periods.map(({ name }) => name), rows: isKnown ? metrics.map(rowOf) : [] };
}
