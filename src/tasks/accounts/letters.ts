import { escaped } from './spellings.js';

/** Letters that Unicode does not take apart. */
const UNFOLDED: Record<string, string> = { œ: 'oe', æ: 'ae', ß: 'ss', ø: 'o', ł: 'l', đ: 'd', ı: 'i' };
const LIGATURES: Record<string, string> = { oe: '[œŒ]', ae: '[æÆ]', ss: '[ßẞ]' };
const MARKS = '[\\u0300-\\u036f]*';
const APOSTROPHE = "(?:['’‘ʼ´`]|&#39;|&#x27;|&(?:apos|lsquo|rsquo);|%27|%e2%80%99)";

/** The letter under its accents, in lower case. */
const plain = (text: string): string =>
  [...text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')]
    .map((char) => UNFOLDED[char] ?? char)
    .join('');

/** By plain letter, all Latin letters that are it with an accent. */
const ACCENTED = new Map<string, string>();
for (const [first, last] of [
  [0xc0, 0x24f],
  [0x1e00, 0x1eff],
] as const) {
  for (let code = first; code <= last; code++) {
    const char = String.fromCodePoint(code);
    const base = plain(char);
    if (base.length === 1 && base !== char) ACCENTED.set(base, (ACCENTED.get(base) ?? '') + char);
  }
}

/** A word as a pattern: whatever its accents and its case; HTML and URLs may write the accents too. */
export function spelledAlike(word: string): string {
  const letters = [...plain(word)];
  let pattern = '';
  for (let at = 0; at < letters.length; at++) {
    const pair = `${letters[at]}${letters[at + 1]}`;
    const both = letters
      .slice(at, at + 2)
      .map(letterAlike)
      .join('');
    pattern += LIGATURES[pair] ? `(?:${both}|${LIGATURES[pair]})` : letterAlike(letters[at] as string);
    if (LIGATURES[pair]) at += 1;
  }
  return pattern;
}

function letterAlike(letter: string): string {
  if (/['’‘ʼ´`]/.test(letter)) return APOSTROPHE;
  const accented = ACCENTED.get(letter);
  if (accented)
    return `(?:[${letter}${letter.toUpperCase()}${accented}]|&${letter}[a-z]{3,6};|%c[345]%[89ab][0-9a-f])${MARKS}`;
  // PostgreSQL does not know the case of letters beyond ASCII in every database.
  return letter === letter.toUpperCase() ? escaped(letter) : `[${letter}${letter.toUpperCase()}]`;
}
