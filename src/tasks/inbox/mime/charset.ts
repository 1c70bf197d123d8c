import { isAscii } from 'node:buffer';
import iconv from 'iconv-lite';
import { charsetOf, UNNAMED } from './charset-names.js';
import { cleanText } from './clean-text.js';
import { decodeHz, decodeIso2022Jp, decodeIso2022Kr } from './shift-charsets.js';
import { mostlyUtf8, strictUtf8 } from './utf8.js';

/**
 * Text under any label, never failing: what no label explains is UTF-8 when valid, windows-1252 otherwise.
 * A character cut at the end is dropped. Line breaks stay as they are.
 */
export function decodeCharset(bytes: Buffer, label: string | undefined): string {
  if (bytes.length === 0) return '';
  try {
    return cleanText(withoutBom(decodeAs(bytes, charsetOf(label))));
  } catch {
    // iconv-lite throws on table faults that crafted bytes may reach.
    return cleanText(iconv.decode(bytes, 'windows-1252'));
  }
}

function decodeAs(bytes: Buffer, charset: string): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decodeUtf8(bytes);
  const wide = WIDE.test(charset);
  if (wide || charset === UNNAMED || charset === 'utf8') {
    const byteOrder = byteOrderOf(bytes);
    if (byteOrder) return iconv.decode(evenPart(bytes), byteOrder);
  }
  if (wide) return iconv.decode(evenPart(bytes), charset);
  switch (charset) {
    case UNNAMED:
      return decodeUnnamed(bytes);
    case 'utf8':
      return decodeUtf8(bytes);
    case 'utf7':
      return isAscii(bytes) ? iconv.decode(bytes, 'utf7') : decodeUnnamed(bytes);
    case 'iso2022jp':
      return (isAscii(bytes) ? undefined : strictUtf8(bytes)) ?? decodeIso2022Jp(bytes);
    case 'iso2022kr':
      return decodeIso2022Kr(bytes);
    case 'hz':
      return decodeHz(bytes);
    default:
      return isAscii(bytes) ? bytes.toString('latin1') : decodeWith(bytes, charset);
  }
}

function decodeUtf8(bytes: Buffer): string {
  return strictUtf8(bytes) ?? mostlyUtf8(bytes) ?? decodeWith(bytes, 'windows1252');
}

function decodeUnnamed(bytes: Buffer): string {
  if (isAscii(bytes)) return hasJapaneseEscape(bytes) ? decodeIso2022Jp(bytes) : bytes.toString('latin1');
  return strictUtf8(bytes) ?? decodeWith(bytes, 'windows1252');
}

/** Without the decoders' end(), which would turn a character cut by truncation into U+FFFD. */
function decodeWith(bytes: Buffer, charset: string): string {
  if (iconv.encodingExists(charset)) return iconv.getDecoder(charset).write(bytes);
  return new TextDecoder(charset).decode(bytes, { stream: true });
}

const WIDE = /^(?:utf-?16|utf-?32|ucs)/;

function byteOrderOf(bytes: Buffer): 'utf16le' | 'utf16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    const isUtf32 = bytes.length >= 4 && bytes[2] === 0 && bytes[3] === 0;
    return isUtf32 ? undefined : 'utf16le';
  }
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf16be' : undefined;
}

function evenPart(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length - (bytes.length % 2));
}

function withoutBom(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Old Japanese mails leave the charset out. Their escapes appear in no other ASCII text. */
function hasJapaneseEscape(bytes: Buffer): boolean {
  return bytes.includes('\x1b$B', 0, 'latin1') || bytes.includes('\x1b$@', 0, 'latin1');
}
