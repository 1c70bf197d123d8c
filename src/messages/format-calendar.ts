import type { Locale } from '../locales/index.js';
import { TAGS } from './format.js';

/** All take days as `YYYY-MM-DD`, which no time zone can shift. */
const format = (day: string, locale: Locale, options: Intl.DateTimeFormatOptions): string =>
  ordinal(
    new Intl.DateTimeFormat(TAGS[locale], { timeZone: 'UTC', ...options }).format(new Date(day)),
    locale,
  );

/** « samedi 21 novembre » */
export const formatLongDay = (day: string, locale: Locale): string =>
  format(day, locale, { weekday: 'long', day: 'numeric', month: 'long' });

/** « sam. 21 » */
export const formatWeekdayNumber = (day: string, locale: Locale): string =>
  format(day, locale, { weekday: 'short', day: 'numeric' });

/** « samedi » */
export const formatWeekday = (day: string, locale: Locale): string =>
  format(day, locale, { weekday: 'long' });

/** « 31 août » */
export const formatShortDay = (day: string, locale: Locale): string =>
  format(day, locale, { day: 'numeric', month: 'short' });

/** « 31/08 » */
export const formatNumericDay = (day: string, locale: Locale): string =>
  format(day, locale, { day: '2-digit', month: '2-digit' });

/** « novembre » */
export const formatMonth = (day: string, locale: Locale): string => format(day, locale, { month: 'long' });

/** « 16 au 22 novembre », and in short « 16–22 nov. » */
export function formatDays(
  from: string,
  to: string,
  locale: Locale,
  month: 'long' | 'short' = 'long',
): string {
  const days = new Intl.DateTimeFormat(TAGS[locale], { timeZone: 'UTC', day: 'numeric', month });
  const range = ordinal(days.formatRange(new Date(from), new Date(to)), locale);
  const joint = locale === 'fr' ? ' au ' : '–';
  return month === 'long' ? range.replace(/\s*–\s*/, joint) : range;
}

/** French says the first of a month as the first, and every other day as a number. */
const ordinal = (text: string, locale: Locale): string =>
  locale === 'fr' ? text.replace(/(?<!\d)1(?=\s?(?:\p{L}|\p{Pd}))/gu, '1er') : text;
