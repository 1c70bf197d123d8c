import { withoutComments } from './comments.js';

/** The moment of a Date field, null when it is none or lies outside the years 1900 to 9999. */
export function parseMailDate(value: string): Date | null {
  const text = withoutComments(value.slice(0, 1_000)).replace(/\s+/g, ' ').trim().slice(0, 120);
  const fields = dayFirst(text) ?? yearFirst(text) ?? monthFirst(text);
  return fields ? toDate(fields) : null;
}

interface DateFields {
  year: string | undefined;
  month: number;
  day: string | undefined;
  time: string | undefined;
  zone: string | undefined;
}

const TIME = String.raw`(\d{1,2}[:.]\d{1,2}(?:[:.]\d{1,2})?(?:[.,]\d{1,9})?(?: ?[ap]m\b)?)`;

/** RFC 5322, and the dashes of RFC 850: `Mon, 2 Jan 2006 15:04:05 -0700`, the weekday optional. */
function dayFirst(text: string): DateFields | undefined {
  const [, day, month, year, time, zone] = DAY_FIRST.exec(text) ?? [];
  return fieldsOf(year, month, day, time, zone);
}

const DAY_FIRST = new RegExp(
  String.raw`^(?:[a-z]{2,9}\.? ?,? ?)?(\d{1,2})(?: ?- ?| )([a-z]{3})[a-z]*\.?(?: ?- ?|,? )(\d{2,4})\b(?:,? ${TIME})?(.*)$`,
  'i',
);

/** ISO 8601: `2006-01-02T15:04:05Z`, and the same with a space. */
function yearFirst(text: string): DateFields | undefined {
  const [, year, month, day, time, zone] = YEAR_FIRST.exec(text) ?? [];
  return month === undefined ? undefined : { year, month: Number(month) - 1, day, time, zone };
}

const YEAR_FIRST = new RegExp(String.raw`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ]${TIME})?(.*)$`, 'i');

/** asctime: `Mon Jan 2 15:04:05 2006`, a zone before the year allowed. */
function monthFirst(text: string): DateFields | undefined {
  const [, month, day, time, zone, year] = MONTH_FIRST.exec(text) ?? [];
  return fieldsOf(year, month, day, time, zone);
}

const MONTH_FIRST = new RegExp(
  String.raw`^(?:[a-z]{2,9},? )?([a-z]{3})[a-z]* (\d{1,2}),? ${TIME} ?([a-z]{1,5}|[+-]\d{4})? (\d{4})$`,
  'i',
);

function fieldsOf(
  year: string | undefined,
  monthName: string | undefined,
  day: string | undefined,
  time: string | undefined,
  zone: string | undefined,
): DateFields | undefined {
  const month = MONTHS.indexOf((monthName ?? '-').toLowerCase());
  return month < 0 ? undefined : { year, month, day, time, zone };
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function toDate({ year, month, day, time, zone }: DateFields): Date | null {
  const [hour = 0, minute = 0, second = 0] = clock(time ?? '0:00');
  if (hour > 23 || minute > 59 || second > 60) return null;
  const midnight = new Date(Date.UTC(fullYear(year ?? ''), month, Number(day)));
  // 31 February would come out as a day in March.
  if (midnight.getUTCMonth() !== month || midnight.getUTCDate() !== Number(day)) return null;
  const utcMinutes = hour * 60 + minute - zoneMinutes(zone ?? '');
  const date = new Date(midnight.getTime() + (utcMinutes * 60 + second) * 1_000);
  const utcYear = date.getUTCFullYear();
  return utcYear >= 1900 && utcYear <= 9999 ? date : null;
}

function clock(time: string): number[] {
  const [hour = 0, minute = 0, second = 0] = time.split(/[:.,]/, 3).map((part) => Number.parseInt(part, 10));
  if (/pm/i.test(time)) return [hour < 12 ? hour + 12 : hour, minute, second];
  return [/am/i.test(time) && hour === 12 ? 0 : hour, minute, second];
}

/** RFC 5322 section 4.3: 00 to 49 are of this century, other short years count from 1900. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length >= 4) return year;
  return digits.length === 2 && year < 50 ? 2000 + year : 1900 + year;
}

/** Minutes east of Greenwich. An unknown zone is UTC, as RFC 5322 has it. */
function zoneMinutes(zone: string): number {
  const [, sign, hours = '', minutes = ''] = /([+-])(\d{2}):?(\d{2})?/.exec(zone) ?? [];
  if (sign) {
    const offset = Number(hours) * 60 + Number(minutes);
    return Number(hours) > 23 || Number(minutes) > 59 ? 0 : sign === '-' ? -offset : offset;
  }
  const name = /[a-z]+/i.exec(zone)?.[0].toUpperCase() ?? '';
  return (ZONE_HOURS.get(name) ?? 0) * 60;
}

/** The obsolete zones of RFC 5322, then names that mail programs still write. */
const ZONE_HOURS = new Map<string, number>([
  ...zones(-8, 'PST'),
  ...zones(-7, 'PDT', 'MST'),
  ...zones(-6, 'MDT', 'CST'),
  ...zones(-5, 'CDT', 'EST'),
  ...zones(-4, 'EDT'),
  ...zones(1, 'CET', 'MET', 'BST'),
  ...zones(2, 'CEST', 'MEST', 'EET'),
  ...zones(3, 'EEST', 'MSK'),
  ...zones(9, 'JST', 'KST'),
]);

function zones(hours: number, ...names: string[]): [string, number][] {
  return names.map((name) => [name, hours]);
}
