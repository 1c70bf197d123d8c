import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './folder.js';

/** Debian's package with promtool. */
export const PROMETHEUS_PACKAGE = 'prometheus';
export const promtoolAvailable = spawnSync('promtool', ['--version']).status === 0;

/** Prometheus's own checks: its exit code and what it says. */
export async function promtool(args: string[], input = ''): Promise<{ code: number; output: string }> {
  const child = spawn('promtool', args, { stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

const RULES = fileURLToPath(new URL('../../docs/prometheus-alerts.yml', import.meta.url));

/** What Prometheus says whether this alert fires after the last of these values, scraped five minutes apart. */
export async function promtoolFiring(alert: string, series: string, values: number[]) {
  const file = join(await temporaryFolder(), 'test.json');
  const expression = {
    expr: `count(ALERTS{alertname="${alert}", alertstate="firing"})`,
    eval_time: `${(values.length - 1) * 5}m`,
    exp_samples: [{ labels: '{}', value: 1 }],
  };
  const test = {
    interval: '5m',
    input_series: [{ series, values: values.join(' ') }],
    promql_expr_test: [expression],
  };
  await writeFile(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: '5m', tests: [test] }));
  return promtool(['test', 'rules', file]);
}

export interface ScrapedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

interface ScrapedFamily {
  type: string;
  help: string;
  samples: ScrapedSample[];
}

export class Scraped {
  readonly families = new Map<string, ScrapedFamily>();

  /** The value of the one sample with this name and these labels. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const found = this.samples(name, labels);
    if (found.length > 1) throw new Error(`${name} has ${found.length} samples with these labels`);
    return found[0]?.value;
  }

  samples(name: string, labels: Record<string, string> = {}): ScrapedSample[] {
    return [...this.families.values()]
      .flatMap(({ samples }) => samples)
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
  }
}

const SUFFIXES: Record<string, string[]> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

/** The text format 0.0.4, read to the letter: what it does not allow throws. */
export function parseExposition(text: string): Scraped {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const scraped = new Scraped();
  const seen = new Set<string>();
  let current: (ScrapedFamily & { name: string }) | undefined;
  let help: { name: string; help: string } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const helpLine = /^# HELP ([a-z_:][a-z0-9_:]*) (.+)$/.exec(line);
    const typeLine = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram)$/.exec(line);
    if (helpLine) {
      help = { name: String(helpLine[1]), help: String(helpLine[2]) };
    } else if (typeLine) {
      const [, name = '', type = ''] = typeLine;
      if (help?.name !== name) throw new Error(`no HELP before ${line}`);
      if (scraped.families.has(name)) throw new Error(`${name} comes twice`);
      current = { name, type, help: help.help, samples: [] };
      scraped.families.set(name, current);
    } else {
      const sample = parseSample(line);
      const suffix =
        current && sample.name.startsWith(current.name) && sample.name.slice(current.name.length);
      if (!current || !SUFFIXES[current.type]?.includes(String(suffix)))
        throw new Error(`a sample outside its family: ${line}`);
      const series = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(series)) throw new Error(`a series twice: ${line}`);
      seen.add(series);
      current.samples.push(sample);
    }
  }
  for (const [name, family] of scraped.families) checkFamily(name, family);
  return scraped;
}

/** Only counters end in `_total`; the buckets of a histogram grow up to its count. */
function checkFamily(name: string, { type, samples }: ScrapedFamily): void {
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`);
  if (type !== 'histogram') return;
  const counts = samples.filter((sample) => sample.name === `${name}_count`);
  for (const { labels, value } of counts) {
    const isOfSeries = (sample: ScrapedSample) =>
      Object.entries(labels).every(([label, text]) => sample.labels[label] === text);
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket` && isOfSeries(sample));
    const bounds = buckets.map((bucket) => Number(bucket.labels.le?.replace('Inf', 'Infinity')));
    const grows = (values: number[]) => values.every((next, index) => !(next < (values[index - 1] ?? next)));
    if (!grows(bounds) || !grows(buckets.map((bucket) => bucket.value)))
      throw new Error(`the buckets of ${name} do not grow`);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || buckets.at(-1)?.value !== value)
      throw new Error(`the last bucket of ${name} is not its count`);
  }
}

const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/y;

function parseSample(line: string): ScrapedSample {
  const name = /^[a-z_:][a-z0-9_:]*/.exec(line)?.[0] ?? '';
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === '{') {
    do {
      LABEL.lastIndex = at + 1;
      const [pair = '', label = '', value = ''] = LABEL.exec(line) ?? [];
      if (!pair || label in labels) throw new Error(`malformed labels: ${line}`);
      labels[label] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
      at += 1 + pair.length;
    } while (line[at] === ',');
    if (line[at] !== '}') throw new Error(`labels do not end: ${line}`);
    at += 1;
  }
  const value = /^ ([+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line.slice(at))?.[1];
  if (!name || value === undefined) throw new Error(`malformed: ${line}`);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}
