export interface ExposedSample {
  name: string;
  labels: Map<string, string>;
  value: number;
}

/** A line that is not what Prometheus reads. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError';

  constructor(readonly line: number) {
    super(`line ${line} is no sample`);
  }
}

const NAME = /[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*/y;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"/y;
const AFTER_LABEL = /[ \t]*(,|(?=\}))/y;
const CLOSING = /[ \t]*\}/y;
/** A value as Go reads it, and a time in milliseconds that nobody asks for here. */
const VALUE = /[ \t]*([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)|nan)(?:[ \t]+-?\d+)?[ \t]*$/iy;
/** No machine says that much of itself on one line. */
const LONGEST_LINE = 64 * 1024;

/**
 * Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format.
 * A series that comes twice counts once, a line of more than 64 KB not at all.
 * @throws {ExpositionError}
 */
export function* readExposition(text: string): Generator<ExposedSample> {
  const seen = new Set<string>();
  let number = 0;
  for (const line of lines(text)) {
    number += 1;
    if (/^[ \t]*(#|$)/.test(line)) continue;
    const sample = readSample(line);
    if (!sample) throw new ExpositionError(number);
    const series = seriesOf(sample);
    if (seen.has(series)) continue;
    seen.add(series);
    yield sample;
  }
}

function* lines(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    yield end - start > LONGEST_LINE ? '' : text.slice(start, end);
    start = end + 1;
  }
}

function readSample(line: string): ExposedSample | undefined {
  const name = matchAt(NAME, line, 0);
  if (!name) return undefined;
  const labels = new Map<string, string>();
  let at = NAME.lastIndex;
  if (line[at] === '{') {
    at += 1;
    for (let label = matchAt(LABEL, line, at); label; label = matchAt(LABEL, line, at)) {
      const begin = LABEL.lastIndex;
      const end = closingQuote(line, begin);
      const [, key = ''] = label;
      if (end < 0 || labels.has(key) || !matchAt(AFTER_LABEL, line, end + 1)) return undefined;
      labels.set(key, unescaped(line.slice(begin, end)));
      at = AFTER_LABEL.lastIndex;
    }
    if (!matchAt(CLOSING, line, at)) return undefined;
    at = CLOSING.lastIndex;
  } else if (!/[ \t]/.test(line[at - 1] ?? '')) return undefined;
  const value = matchAt(VALUE, line, at);
  if (!value) return undefined;
  return { name: name[1] as string, labels, value: numberOf(value[1] as string) };
}

function matchAt(pattern: RegExp, line: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(line);
}

/** Each character is looked at once, whatever the value: an expression would go back over a long one. */
function closingQuote(line: string, begin: number): number {
  for (let at = begin; at < line.length; at++) {
    if (line[at] === '"') return at;
    if (line[at] !== '\\') continue;
    at += 1;
    if (!/^["\\n]$/.test(line[at] ?? '')) return -1;
  }
  return -1;
}

const unescaped = (value: string): string =>
  value.includes('\\') ? value.replace(/\\(.)/g, (_all, next) => (next === 'n' ? '\n' : next)) : value;

function numberOf(text: string): number {
  if (/nan/i.test(text)) return Number.NaN;
  if (!/inf/i.test(text)) return Number(text);
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

const seriesOf = ({ name, labels }: ExposedSample): string =>
  labels.size === 0 ? name : JSON.stringify([name, [...labels].sort(([a], [b]) => (a < b ? -1 : 1))]);
