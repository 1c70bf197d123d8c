/** So many characters of the GSM 03.38 alphabet are one SMS; one more is two, as is a single other character. */
const LONGEST = 160;

/** One SMS: in its alphabet, and short enough. `part` is cut where that must be, the frame around it stays. */
export function oneSms(frame: (part: string) => string, part: string): string {
  const text = gsmText(part);
  const whole = gsmText(frame(text));
  if (lengthOf(whole) <= LONGEST) return whole;
  const room = LONGEST - (lengthOf(gsmText(frame('x'))) - 1) - ELLIPSIS.length;
  return gsmText(frame(`${cut(text, room).trimEnd()}${ELLIPSIS}`));
}

const ELLIPSIS = '...';

/** A text with a name for the words that no SMS can spell; for all of it, where nothing else is left. */
export function readableOnPhones(text: string, instead: { part: string; whole: string }): string {
  const marked = text.normalize('NFC').replace(WORDS, (word) => (isLost(word) ? '\0' : word));
  const left = Array.from(marked.replaceAll('\0', ''), plain).join('');
  if (!/[\p{L}\p{N}]/u.test(left)) return instead.whole;
  return marked.replace(/\0(?:[\s\p{P}]*\0)*/u, () => instead.part).replaceAll('\0', LOST);
}

/** More than half of its letters, of one that has more than one. */
function isLost(word: string): boolean {
  const letters = Array.from(word).filter((one) => !/\p{M}/u.test(one));
  return letters.length > 1 && letters.filter((one) => plain(one) === LOST).length > letters.length / 2;
}

const WORDS = /[\p{L}\p{M}]+/gu;
const LOST = '?';

/** What a text is in the alphabet of SMS: an apostrophe is straight, an ê is an e. */
const gsmText = (text: string): string =>
  Array.from(text.normalize('NFC').replace(INSIDE_QUOTES, '').replace(SPACES, ' '), plain).join('').trim();

function plain(character: string): string {
  const typographic = PLAIN[character];
  if (typographic !== undefined) return typographic;
  if (BASIC.has(character) || EXTENDED.has(character)) return character;
  const letters = Array.from(character.normalize('NFKD').replace(/\p{M}/gu, ''), (one) => PLAIN[one] ?? one);
  return letters.length > 0 && letters.every((one) => BASIC.has(one)) ? letters.join('') : LOST;
}

/** What a sign of the extension costs: it is sent as two. */
const costOf = (character: string): number => (EXTENDED.has(character) ? 2 : 1);

const lengthOf = (text: string): number => Array.from(text).reduce((sum, one) => sum + costOf(one), 0);

function cut(text: string, room: number): string {
  let left = room;
  const kept = [];
  for (const character of text) {
    left -= costOf(character);
    if (left < 0) break;
    kept.push(character);
  }
  return kept.join('');
}

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const EXTENDED = new Set('^{}\\[~]|€');

const PLAIN: Record<string, string> = {
  ...{ '’': "'", '‘': "'", '‛': "'", '′': "'", '“': '"', '”': '"', '„': '"', '«': '"', '»': '"' },
  ...{ '–': '-', '—': '-', '‑': '-', '‐': '-', '−': '-', '…': '...', œ: 'oe', Œ: 'OE', ç: 'c', '`': "'" },
  ...{ '°': 'o', '№': 'No', '·': '.', '•': '-', '×': 'x', '→': '->', '⁄': '/', '™': 'TM' },
};
/** The spaces of French quotation marks go with them. */
const INSIDE_QUOTES = /(?<=«)[\s\p{Zs}]+|[\s\p{Zs}]+(?=»)/gu;
const SPACES = /[\s\p{Zs}]+/gu;
