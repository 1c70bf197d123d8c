/** Metrics of one name, with all their samples. */
export interface Family {
  /** Lower case with underscores, its unit last: `cronhook_task_run_duration_seconds`. */
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary';
  samples: Sample[];
}

export interface Sample {
  /** Where it is not the family's: `…_bucket`, `…_sum`, `…_count`. */
  name?: string | undefined;
  labels?: Record<string, string | number>;
  value: number;
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Prometheus's text format, which every version of Prometheus reads.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export const exposition = (families: Family[]): string => families.map(familyText).join('');

function familyText({ name, help, type, samples }: Family): string {
  const lines = samples.map(
    (sample) => `${sample.name ?? name}${labelsText(sample)} ${number(sample.value)}`,
  );
  return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function labelsText({ labels = {} }: Sample): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quoted(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const quoted = (text: string): string => escaped(text).replaceAll('"', '\\"');

export function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
