import type { Locale, Messages } from '../../locales/index.js';
import { TAGS } from '../../messages/format.js';
import type { Change, Mood } from '../../messages/layout-figures.js';
import { type MetricName, metricOf, type Unit } from '../statistics/metrics.js';
import { directionOf } from './metrics.js';

/** A number that is not known: never a zero. */
const UNKNOWN = '–';

/** From here on cents say nothing. */
const WHOLE_EUROS_FROM = 100;

export function formatMetric(metric: MetricName, value: number | null, locale: Locale): string {
  return value === null || !Number.isFinite(value)
    ? UNKNOWN
    : formatUnit(metricOf(metric).unit, value, locale);
}

export function formatUnit(unit: Unit, value: number, locale: Locale): string {
  switch (unit) {
    case 'count':
      return number(value, locale, { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
    case 'cents':
      return formatEuros(value, locale);
    case 'ratio':
      return number(value, locale, { style: 'percent', maximumFractionDigits: 1 });
    case 'seconds':
      return formatSeconds(value, locale);
    case 'score':
      return number(value, locale, { maximumFractionDigits: 1 });
  }
}

export function formatEuros(cents: number, locale: Locale, rest: Intl.NumberFormatOptions = {}): string {
  const euros = Math.round(cents) / 100;
  const digits = Math.abs(euros) >= WHOLE_EUROS_FROM || Number.isInteger(euros) ? 0 : 2;
  return number(euros, locale, {
    ...{ style: 'currency', currency: 'EUR', ...rest },
    ...{ minimumFractionDigits: digits, maximumFractionDigits: digits },
  });
}

/** « 3,19 M € »: three digits, where the whole amount has no room. */
export const formatShortEuros = (
  cents: number,
  locale: Locale,
  rest: Intl.NumberFormatOptions = {},
): string =>
  number(Math.round(cents) / 100, locale, {
    ...{ style: 'currency', currency: 'EUR', notation: 'compact', maximumSignificantDigits: 3, ...rest },
  });

/** « 2 h 15 min »: the two largest units. */
function formatSeconds(seconds: number, locale: Locale): string {
  if (Math.round(seconds) < 60) return unit(Math.round(seconds), 'second', locale);
  const minutes = Math.round(seconds / 60);
  const parts: [number, string][] = [
    [Math.floor(minutes / 1_440), 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, name]) => unit(count, name, locale))
    .join(' ');
}

const unit = (value: number, name: string, locale: Locale): string =>
  number(value, locale, { style: 'unit', unit: name, unitDisplay: 'short' });

/** Intl may write a negative zero. */
const number = (value: number, locale: Locale, options: Intl.NumberFormatOptions): string =>
  new Intl.NumberFormat(TAGS[locale], options).format(value === 0 ? 0 : value);

interface Speech {
  locale: Locale;
  messages: Messages;
}

/** How a metric has moved since a reference; nothing where one of the two is not known. */
export function changeOf(
  metric: MetricName,
  value: number | null,
  reference: number | null,
  speech: Speech,
): Change | undefined {
  const spoken = movementOf(metric, value, reference, speech);
  if (value === null || reference === null || spoken === undefined) return undefined;
  const { change } = speech.messages.reports;
  const moved = distance(metric, value, reference, speech);
  if (moved === undefined) return { text: '=', spoken, mood: 'neutral' };
  const mood = moodOf(Math.sign(value - reference) * directionOf(metric));
  const verdict = { good: `, ${change.better}`, bad: `, ${change.worse}`, neutral: '' }[mood];
  return { text: `${value > reference ? '▲' : '▼'} ${moved}`, spoken: spoken + verdict, mood };
}

/** The same in words, without a verdict. */
export function movementOf(
  metric: MetricName,
  value: number | null,
  reference: number | null,
  speech: Speech,
): string | undefined {
  if (value === null || reference === null) return undefined;
  const { change } = speech.messages.reports;
  const moved = distance(metric, value, reference, speech);
  return moved === undefined ? change.same : (value > reference ? change.up : change.down)(moved);
}

const moodOf = (sign: number): Mood => (sign > 0 ? 'good' : sign < 0 ? 'bad' : 'neutral');

/** As a percentage where there is something to take it of; rates in points. None when it rounds to nothing. */
function distance(
  metric: MetricName,
  value: number,
  reference: number,
  { locale, messages }: Speech,
): string | undefined {
  const of = metricOf(metric).unit;
  const { points } = messages.reports.change;
  const moved = Math.abs(value - reference);
  if (of === 'ratio') return shown(moved * 100, 1, (rounded) => points(number(rounded, locale, {})));
  if (of === 'score') return shown(moved, 1, (rounded) => number(rounded, locale, {}));
  if (reference <= 0) return moved === 0 ? undefined : formatUnit(of, moved, locale);
  const share = (moved / reference) * 100;
  return shown(share, share < 10 ? 1 : 0, (rounded) =>
    number(rounded / 100, locale, { style: 'percent', maximumFractionDigits: 1 }),
  );
}

function shown(amount: number, digits: number, write: (rounded: number) => string): string | undefined {
  const rounded = Number(amount.toFixed(digits));
  return rounded === 0 ? undefined : write(rounded);
}
