import { isAscii, isUtf8 } from 'node:buffer';
import { decodeCharset } from './charset.js';
import { charsetOf, UNNAMED } from './charset-names.js';
import { capText, cleanText } from './clean-text.js';
import { decodeWords } from './encoded-words.js';

/** MIME parameters by lower-case name. The values are a stranger's: any of them may be no string. */
export type Parameters = Record<string, unknown>;

/** The file name of a part, safe to show and to store, null when it has none. */
export function attachmentName(disposition: Parameters, type: Parameters): string | null {
  return safeName(parameter(disposition, 'filename')) ?? safeName(parameter(type, 'name'));
}

/** imapflow already joins RFC 2231 pieces. What it leaves: odd charsets, and literals read byte for byte. */
function parameter(parameters: Parameters, name: string): string | undefined {
  const extended = parameters[`${name}*`] ?? continued(parameters, name);
  if (typeof extended === 'string') return decodeExtended(extended);
  const value = parameters[name];
  if (typeof value !== 'string') return undefined;
  const bounded = asUtf8(value.slice(0, MAX_RAW_LENGTH));
  return bounded.includes("'") ? decodeExtended(bounded, bounded) : decodeWords(bounded);
}

function continued(parameters: Parameters, name: string): string | undefined {
  let joined: string | undefined;
  for (let n = 0; n < MAX_CONTINUATIONS; n++) {
    const piece = parameters[`${name}*${n}*`] ?? parameters[`${name}*${n}`];
    if (typeof piece !== 'string') break;
    joined = (joined ?? '') + piece;
  }
  return joined;
}

/** `charset'language'percent-encoded` (RFC 2231), or the fallback when a value only looks like it. */
function decodeExtended(value: string, fallback?: string): string {
  const [, charset = '', text] =
    /^([\w.:-]{0,40})'[\w-]{0,40}'(.*)$/s.exec(value.slice(0, MAX_RAW_LENGTH)) ?? [];
  if (text === undefined) return decodeWords(fallback ?? value.slice(0, MAX_RAW_LENGTH));
  if (fallback !== undefined && (charsetOf(charset) === UNNAMED || !/%[0-9a-f]{2}/i.test(text)))
    return fallback;
  const bytes = Buffer.from(
    text.replace(/[^\x20-\x7e]+/g, encodeURIComponentSafely).replace(/%([0-9a-f]{2})/gi, fromHex),
    'latin1',
  );
  return decodeCharset(bytes, charset);
}

function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function fromHex(_match: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** A name sent as an IMAP literal arrives with one character per byte. */
function asUtf8(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value) || /[\u0100-\uffff]/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) && !isAscii(bytes) ? bytes.toString('utf8') : value;
}

/** No path, no control character, none of the marks that make `gpj.exe` read as `exe.jpg`. */
function safeName(value: string | undefined): string | null {
  if (value === undefined) return null;
  const name = capText(value.replace(UNSAFE, '_').trim(), MAX_NAME_LENGTH);
  return name === '' ? null : cleanText(name);
}

const MAX_NAME_LENGTH = 255;
const MAX_RAW_LENGTH = 10_000;
const MAX_CONTINUATIONS = 100;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out
const UNSAFE = /[/\\\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;
