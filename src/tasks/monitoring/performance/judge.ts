import type { Severity } from '../../../db/schema/messages.js';
import type { Observation, Trouble } from '../../../incidents/observe.js';
import { THRESHOLDS, type ThresholdName } from '../../../settings.js';
import type { PerformanceContext, Sample } from './model.js';
import { machineName, sourceOf } from './names.js';
import type { Threshold, ThresholdReader } from './thresholds.js';

export interface Judgement extends Observation {
  /** What is neither wrong nor well: below where an incident begins, above where it ends. */
  between: string[];
}

const SEVERITIES: Record<ThresholdName, Severity> = {
  cpu_percent: 'important',
  memory_percent: 'critical',
  disk_percent: 'important',
  connections_percent: 'critical',
  query_seconds: 'important',
  errors_per_minute: 'important',
  response_p95_ms: 'important',
};
/** A disk takes no more files without them than without space: one threshold is for both. */
const INODES = 'inodes_percent';
/** PostgreSQL stops when its disk is full. */
const CRITICAL_DISK_PERCENT = 95;
/** What has begun above the threshold ends below this share of it, or 89.9 and 90.1 in turn were twenty alerts. */
const ENDS_AT = 0.95;
/** Of incidents that are about sessions of our own user, where others are hidden. */
const OWN = ':own';

/** What is too much, and what is not; what could not be measured is in neither. */
export function judge(
  samples: Sample[],
  thresholds: ThresholdReader,
  context: PerformanceContext,
): Judgement {
  const judgement: Judgement = { wrong: [], well: [], between: [] };
  for (const sample of samples) {
    const name = thresholdName(sample);
    if (!name || sample.unjudged) continue;
    const threshold = thresholds(name, sample.source);
    const whole = sourceOf(sample.source, sample.metric);
    // Whoever sees a part only ends no incident of the whole, and the whole ends those of the part.
    const source = sample.atLeast ? whole + OWN : whole;
    if (sample.value > threshold.limit)
      judgement.wrong.push(excess(source, sample, name, threshold, context));
    else if (sample.value < threshold.limit * ENDS_AT || sample.value === 0)
      judgement.well.push(source, ...(sample.atLeast ? [] : [whole + OWN]));
    else judgement.between.push(source);
  }
  return judgement;
}

function thresholdName({ metric }: Sample): ThresholdName | undefined {
  const [name = ''] = metric.split(':', 1);
  if (name === INODES) return 'disk_percent';
  return Object.hasOwn(THRESHOLDS, name) ? (name as ThresholdName) : undefined;
}

function excess(
  source: string,
  sample: Sample,
  name: ThresholdName,
  { limit, key }: Threshold,
  context: PerformanceContext,
): Trouble {
  const texts = context.messages.performance;
  const { value, detail } = sample;
  const isFullDisk = name === 'disk_percent' && value > CRITICAL_DISK_PERCENT;
  const machine = machineName(sample.source, context);
  const [what = '', ...mount] = sample.metric.split(':');
  const path = mount.join(':');
  const text = what === INODES ? texts.inodes : texts.excess[name];
  const average = name === 'cpu_percent' ? texts.overFiveMinutes : undefined;
  return {
    source,
    severity: isFullDisk ? 'critical' : SEVERITIES[name],
    title: text.title({ machine, path, value, limit }),
    message: [detail, average, text.advice, texts.setting(key)].filter(Boolean).join('\n'),
    link: null,
  };
}
