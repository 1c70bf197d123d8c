import { isUtf8 } from 'node:buffer';
import { decodeBase64 } from './base64.js';
import { decodeCharset } from './charset.js';
import { charsetOf, UNNAMED } from './charset-names.js';

/** An RFC 2047 word as it stands in a header, `start` and `end` being offsets into the value. */
interface EncodedWord {
  start: number;
  end: number;
  charset: string;
  encoding: 'b' | 'q';
  text: string;
}

/** Text with its encoded words decoded. Blanks between two of them vanish, broken ones stay as text. */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return value;
  const words = findWords(value);
  let result = '';
  let at = 0;
  for (let i = 0; i < words.length; ) {
    const first = words[i] as EncodedWord;
    const run = [first];
    for (let next = words[++i]; next && joins(value, run.at(-1) as EncodedWord, next); next = words[++i]) {
      run.push(next);
    }
    const gap = value.slice(at, first.start);
    result += (at > 0 && gap.trim() === '' ? '' : gap) + decodeRun(run, value);
    at = run.at(-1)?.end ?? first.end;
  }
  return result + value.slice(at);
}

/** Words in order. Every search goes forward only, so that a hostile megabyte takes linear time. */
export function findWords(value: string): EncodedWord[] {
  const words: EncodedWord[] = [];
  let close = -1;
  let nextOpen = -1;
  for (let start = value.indexOf('=?'); start >= 0; ) {
    OPENING.lastIndex = start;
    const opening = OPENING.exec(value);
    const from = opening ? OPENING.lastIndex : start + 2;
    if (opening) {
      if (close < from) close = value.indexOf('?=', from);
      if (close < 0) break;
      // A word that starts before this one closes means that this one was never closed. Only the `=` of
      // base64 padding may stand right before the `?=`.
      if (nextOpen < from) nextOpen = indexOrEnd(value, '=?', from);
      if (nextOpen >= close - 1) {
        words.push({
          start,
          end: close + 2,
          charset: (opening[1] ?? '').toLowerCase(),
          encoding: opening[2]?.toLowerCase() === 'b' ? 'b' : 'q',
          text: value.slice(from, close),
        });
        start = value.indexOf('=?', close + 2);
        continue;
      }
    }
    start = value.indexOf('=?', from);
  }
  return words;
}

/** Charset, an RFC 2231 language that is left aside, and the encoding. */
const OPENING = /=\?([\w.:+()-]{1,60})(?:\*[\w-]{0,40})?\?([bq])\?/iy;

function indexOrEnd(value: string, part: string, from: number): number {
  const index = value.indexOf(part, from);
  return index < 0 ? value.length : index;
}

/** Words that mail programs cut apart, some in the middle of a character or of a base64 quantum. */
function joins(value: string, previous: EncodedWord, next: EncodedWord): boolean {
  if (previous.charset !== next.charset || previous.encoding !== next.encoding) return false;
  return previous.end === next.start || value.slice(previous.end, next.start).trim() === '';
}

function decodeRun(run: EncodedWord[], value: string): string {
  const { charset, encoding, start } = run[0] as EncodedWord;
  const text = joined(run);
  const bytes = encoding === 'q' ? decodeQ(text) : decodeB(run, text, charset);
  // Base64 that holds not one byte is none.
  if (bytes.length === 0 && text !== '') return value.slice(start, run.at(-1)?.end);
  return decodeCharset(bytes, charset);
}

function decodeB(run: EncodedWord[], text: string, charset: string): Buffer {
  const together = decodeBase64(Buffer.from(text, 'latin1'));
  if (run.length === 1 || isUtf8(together)) return together;
  // Without padding, words cut inside a quantum and words that lost their padding look the same.
  const apart = Buffer.concat(run.map((word) => decodeBase64(Buffer.from(word.text, 'latin1'))));
  const name = charsetOf(charset);
  return (name === 'utf8' || name === UNNAMED || name === 'iso2022jp') && isUtf8(apart) ? apart : together;
}

function joined(run: EncodedWord[]): string {
  return run.length === 1 ? (run[0]?.text ?? '') : run.map((word) => word.text).join('');
}

/** Like quoted-printable, with `_` for a space. Raw 8-bit characters come out as UTF-8. */
function decodeQ(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const pair = bytes[i] === 0x3d ? bytes.toString('latin1', i + 1, i + 3) : '';
    if (HEX_PAIR.test(pair)) {
      bytes[length++] = Number.parseInt(pair, 16);
      i += 2;
    } else {
      bytes[length++] = bytes[i] === 0x5f ? 0x20 : (bytes[i] ?? 0);
    }
  }
  return bytes.subarray(0, length);
}

const HEX_PAIR = /^[0-9a-f]{2}$/i;
