import type { Text } from '../../../errors.js';
import { ONE, parseDecimal, toCents } from './decimal.js';

const MONTHS_A_YEAR = 12n;
/** Two decimals of a year are no exact month: 20.08 years are 241 months. */
const MONTH_MARGIN = parseDecimal('0.06') as bigint;
const LONGEST_MONTHS = 1_200n;
const HIGHEST_RATE = ONE * 100n;

/** One entry of a list of the profile; what is wrong with it is gathered, in words for whoever can correct it. */
export class Entry {
  constructor(
    private readonly where: { list: string; position: number },
    private readonly fields: Record<string, unknown>,
    private readonly problems: Text[],
  ) {}

  value(field: string): unknown {
    return this.fields[field] ?? undefined;
  }

  /** Not negative, in units of 10^-18; zero when something is wrong with it. */
  decimal(field: string): bigint {
    const value = this.value(field);
    if (value === undefined) return this.wrong((t) => t.wealth.missing(field), 0n);
    const decimal = parseDecimal(value);
    return typeof decimal === 'bigint' ? decimal : this.wrong((t) => t.wealth[decimal](field), 0n);
  }

  cents(field: string): bigint {
    return toCents(this.decimal(field));
  }

  /** Percent a year, in units of 10^-18. */
  rate(field: string): bigint {
    const rate = this.decimal(field);
    return rate <= HIGHEST_RATE ? rate : this.wrong((t) => t.wealth.rate(field), 0n);
  }

  /** Given in years, in whole months. */
  months(field: string): number {
    const before = this.problems.length;
    const months = this.decimal(field) * MONTHS_A_YEAR;
    const whole = (months + ONE / 2n) / ONE;
    const off = months - whole * ONE;
    const exact = off <= MONTH_MARGIN && off >= -MONTH_MARGIN;
    const possible = exact && whole > 0n && whole <= LONGEST_MONTHS;
    if (!possible && this.problems.length === before) this.wrong((t) => t.wealth.duration(field), 0);
    return possible ? Number(whole) : 1;
  }

  /** Given as `YYYY-MM`, or as a day of it, as months since the year zero. */
  month(field: string): number {
    const value = this.value(field);
    if (value === undefined) return this.wrong((t) => t.wealth.missing(field), 0);
    const [, year, month, day] = (typeof value === 'string' && MONTH_OR_DAY.exec(value)) || [];
    const exists = year && month && Number(day ?? 1) <= daysOf(year, month);
    return exists ? monthNumber(year, month) : this.wrong((t) => t.wealth.month(field), 0);
  }

  /** The first field named like this one in which something stands: neither nothing, nor zero, nor false. */
  filled(name: RegExp): string | undefined {
    return Object.keys(this.fields).find((field) => name.test(field) && !isNothing(this.value(field)));
  }

  wrong<Value>(problem: Text, instead: Value): Value {
    const { list, position } = this.where;
    this.problems.push((t) => t.wealth.entry(list, position, problem(t)));
    return instead;
  }
}

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === false ||
  (typeof value === 'string' && !value.trim()) ||
  parseDecimal(value) === 0n;

const MONTH_OR_DAY = /^(\d{4})-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?$/;

const daysOf = (year: string, month: string): number =>
  new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();

export const monthNumber = (year: string, month: string | undefined): number =>
  Number(year) * 12 + Number(month);

/**
 * The entries of a list; none, and a problem, where it is no list of what is expected. Fields of the application's own
 * are let be: every field that counts is required, so that none of them can be misspelt unnoticed.
 */
export function entriesOf(list: string, value: unknown, problems: Text[]): Entry[] {
  if (!Array.isArray(value)) {
    problems.push((t) => t.wealth.notAList(list));
    return [];
  }
  return value.flatMap((fields: unknown, index) => {
    const isObject = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
    const where = { list, position: index + 1 };
    const entry = new Entry(where, isObject ? (fields as Record<string, unknown>) : {}, problems);
    return isObject ? [entry] : entry.wrong((t) => t.wealth.notAnObject, []);
  });
}

const LONGEST_SHOWN = 40;

/** What somebody has written, fit for one line of a message. */
export const shown = (text: string): string =>
  text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_SHOWN);
