import { spelledAlike } from './letters.js';
import { escaped, spellings } from './spellings.js';

/**
 * The ways in which people write a number or a name, as regular expressions that JavaScript (`giu`) and PostgreSQL
 * (`~*`) read alike. What may stand before and after is JavaScript's to look at: PostgreSQL only chooses the rows.
 */
export interface Pattern {
  before: string;
  source: string;
  after: string;
}

/** Within a longer word it is another word. */
const BEFORE_WORD = '(?<![\\p{L}\\p{N}])';
const AFTER_WORD = '(?![\\p{L}\\p{N}])';
/** Not within a longer number; a bracket opens with it when it closes within it: (06) 11 … */
const BEFORE_NUMBER = '(?:(?<=%[0-9a-f]{2})|(?<!\\d))(?:\\((?=\\+?\\d{1,4}\\)))?';
const AFTER_NUMBER = '(?!\\d)';

const BLANKS = '\\s\\u00a0\\u1680\\u2000-\\u200d\\u202f\\u205f\\u2060\\u3000\\ufeff';
const DASHES = '\\u2010-\\u2015\\u2212-';
/** Blanks as HTML, URLs and JSON write them. */
const ENCODED =
  '&(?:nbsp|thinsp|ensp|emsp|#160|#xa0|#8239|#x202f|#8201|#x2009);|%20|%c2%a0|%e2%80%af|\\\\[nrt]';
const NUMBER_GAP = `(?:[${BLANKS}.,_/()+${DASHES}]|${ENCODED})*`;
const NAME_GAP = `(?:[${BLANKS},_+${DASHES}]|${ENCODED})+`;

/** The country calling codes: of one digit, of two, all others of three (ITU-T E.164). */
const COUNTRY = /^(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})/;
const HOME = '33';
/** Without its country a shorter number may be an amount or an invoice. */
const UNMISTAKABLE = 8;
/** Of a name; more of them are compared to the letter. */
const MOST_WORDS = 8;

interface PhoneNumber {
  /** Empty where it was not written. */
  country: string;
  /** Without the 0 that leads it at home. */
  national: string;
  /** Written as one dials it at home. */
  isDialled: boolean;
}

function readPhone(phone: string): PhoneNumber {
  const plain = phone
    .replace(/\(\s*0\s*\)/g, '')
    .replace(/[^\d+]/g, '')
    .replace(/^00/, '+');
  const digits = plain.replace(/\D/g, '');
  const isInternational = plain.startsWith('+') || /^33[1-9]\d{8}$/.test(digits);
  const country = isInternational ? (COUNTRY.exec(digits)?.[0] ?? '') : '';
  const isDialled = !isInternational && /^0\d/.test(digits);
  return { country, national: digits.slice(country.length).replace(/^0/, ''), isDialled };
}

/** A number however it is grouped: +33 (0)6 …, 0033 6 …, 06/…, 6.… */
export function phonePattern(phone: string): Pattern {
  const { country, national, isDialled } = readPhone(phone);
  const spaced = (digits: string) => [...digits].join(NUMBER_GAP);
  const abroad = `(?:\\+|%2b|0${NUMBER_GAP}0)${NUMBER_GAP}`;
  const code = country ? `(?:${abroad})?${spaced(country)}` : `${abroad}\\d{1,3}`;
  const prefix = `(?:${code}${NUMBER_GAP}(?:0${NUMBER_GAP})?|0${NUMBER_GAP})`;
  const isBare = national.length >= UNMISTAKABLE || (!country && !isDialled);
  const source = `${prefix}${isBare ? '?' : ''}${spaced(national)}`;
  return { before: BEFORE_NUMBER, source, after: AFTER_NUMBER };
}

/** A number as messages are sent to it: digits, and the + that may lead them. */
export function phoneRecipients(phone: string): string[] {
  const { country, national, isDialled } = readPhone(phone);
  if (!country && !isDialled) return [national];
  const code = country || HOME;
  const abroad = ['', '0'].flatMap((zero) =>
    ['+', '00', ''].map((plus) => `${plus}${code}${zero}${national}`),
  );
  return code === HOME ? [...abroad, `0${national}`] : abroad;
}

/**
 * A name of two words or more: in any case, with other blanks or hyphens, without its accents, family name first.
 * @returns undefined for one word: Rose and Marin are words too, and texts of others would be garbled by the dozen
 */
export function namePattern(name: string): Pattern | undefined {
  if (!/\S\s+\S/u.test(name.trim())) return undefined;
  const words = name
    .toWellFormed()
    .split(new RegExp(`[${BLANKS},${DASHES}]+`, 'u'))
    .filter(Boolean);
  const count = words.length;
  if (count < 2) return undefined;
  if (count > MOST_WORDS) return literalPattern(name.trim());
  const spelled = words.map(spelledAlike);
  // Where the family name may begin: after the first name, or with one of the last two words.
  const orders = [...new Set([0, 1, Math.max(count - 2, 0), count - 1])].map((first) =>
    [...spelled.slice(first), ...spelled.slice(0, first)].join(NAME_GAP),
  );
  return word([...orders, ...spellings(name.trim()).map(escaped)].join('|'));
}

/** A value to the letter. */
export const literalPattern = (value: string): Pattern => word(spellings(value).map(escaped).join('|'));

/** An address within a longer one is somebody else’s: anna@example.com in joanna@example.com. */
export const addressPattern = (address: string): Pattern => ({
  before: '(?:(?<=%[0-9a-f]{2})|(?<![\\p{L}\\p{N}_%+-]|[\\p{L}\\p{N}]\\.))',
  source: `(?:${spellings(address).map(escaped).join('|')})`,
  after: '(?![\\p{L}\\p{N}_]|[-.][\\p{L}\\p{N}])',
});

const word = (source: string): Pattern => ({
  before: BEFORE_WORD,
  source: `(?:${source})`,
  after: AFTER_WORD,
});
