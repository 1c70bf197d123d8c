import { localDay } from '../calendar.js';
import { type Locale, messagesFor } from '../locales/index.js';
import type { Site } from '../site.js';

/** Days before months, and currencies named so that nobody takes one dollar for another. */
export const TAGS: Record<Locale, string> = { fr: 'fr-FR', en: 'en-GB' };

/**
 * An amount, exact whatever its size.
 * @param cents minor units of the currency: cents of a euro, yen, fils of a dinar
 */
export function formatMoney(cents: string | bigint | number, currency: string, locale: Locale): string {
  const code = currency.trim().toUpperCase();
  const digits = minorDigits(code);
  const amount = decimal(BigInt(cents), digits);
  const exactly = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  if (!/^[A-Z]{3}$/.test(code)) {
    return `${new Intl.NumberFormat(TAGS[locale], exactly).format(amount)}\u00a0${code}`.trim();
  }
  return new Intl.NumberFormat(TAGS[locale], { style: 'currency', currency: code, ...exactly }).format(
    amount,
  );
}

/** « 12 novembre 2026 », of a `YYYY-MM-DD`. */
export function formatDay(day: string, locale: Locale): string {
  const date = new Date(day);
  if (Number.isNaN(date.getTime())) return day;
  const text = new Intl.DateTimeFormat(TAGS[locale], {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  }).format(date);
  return locale === 'fr' ? text.replace(/^1 /, '1er ') : text;
}

/** « samedi 21 novembre 2026 à 14:30 », as the clocks of the site show it. */
export function formatMoment(moment: Date, { locale, timeZone }: Pick<Site, 'locale' | 'timeZone'>): string {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(TAGS[locale], { timeZone, ...options }).format(moment);
  const day = `${part({ weekday: 'long' })} ${formatDay(localDay(moment, timeZone), locale)}`;
  const time = part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return messagesFor(locale).mails.moment(day, time);
}

/** « 2 jours et 3 heures »: the two largest units, rounded down. */
export function formatDuration(ms: number, locale: Locale): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  const parts: [number, string][] = [
    [Math.floor(minutes / 1_440), 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return messagesFor(locale).mails.lessThanAMinute;
  const words = parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) =>
      new Intl.NumberFormat(TAGS[locale], { style: 'unit', unit, unitDisplay: 'long' }).format(count),
    );
  return new Intl.ListFormat(TAGS[locale], { type: 'conjunction' }).format(words);
}

/** « 12,3 Mo »: powers of ten, as stores bill them. */
export function formatBytes(bytes: number, locale: Locale): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return new Intl.NumberFormat(TAGS[locale], {
    style: 'unit',
    unit: units[power] as string,
    unitDisplay: 'short',
    maximumFractionDigits: power > 0 ? 1 : 0,
  }).format(bytes / 1000 ** power);
}

export const formatCount = (count: number, locale: Locale): string =>
  new Intl.NumberFormat(TAGS[locale]).format(count);

/** ISO 4217. Intl's own figures are those of the shops: it gives the Hungarian forint and the Iraqi dinar none. */
function minorDigits(code: string): number {
  if (NO_MINOR_UNIT.has(code)) return 0;
  if (THOUSANDTHS.has(code)) return 3;
  return code === 'CLF' || code === 'UYW' ? 4 : 2;
}

const NO_MINOR_UNIT = new Set(
  'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '),
);
const THOUSANDTHS = new Set(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']);

/** As a text, which Intl reads digit by digit where a number would be rounded. */
function decimal(cents: bigint, digits: number): `${number}` {
  const all = `${cents < 0n ? -cents : cents}`.padStart(digits + 1, '0');
  const whole = all.slice(0, all.length - digits);
  const fraction = digits > 0 ? `.${all.slice(-digits)}` : '';
  return `${cents < 0n ? '-' : ''}${whole}${fraction}` as `${number}`;
}
