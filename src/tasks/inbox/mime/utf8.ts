import { isAscii, isUtf8 } from 'node:buffer';

/** Strict UTF-8, allowing one sequence cut at the very end, which is dropped. Undefined when it is not UTF-8. */
export function strictUtf8(bytes: Buffer): string | undefined {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const cut = cutTail(bytes);
  if (cut === bytes.length) return undefined;
  const head = bytes.subarray(0, cut);
  if (!isUtf8(head)) return undefined;
  if (bytes.length - cut === 1 && isAscii(head) && endsLatinWord(bytes[cut] ?? 0)) return undefined;
  return head.toString('utf8');
}

/** Lossy UTF-8, if well-formed sequences outnumber the stray bytes. Undefined when the label must be a lie. */
export function mostlyUtf8(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, cutTail(bytes));
  let valid = 0;
  let invalid = 0;
  for (let i = 0; i < head.length; ) {
    const byte = head[i] ?? 0;
    const length = byte < 0x80 ? 1 : sequenceLength(head, i);
    if (length > 1) valid++;
    else if (length === 0) invalid++;
    i += Math.max(1, length);
  }
  return valid > invalid ? head.toString('utf8') : undefined;
}

/** Where an incomplete last sequence starts: the length of the bytes when there is none. */
function cutTail(bytes: Buffer): number {
  const end = bytes.length;
  for (let i = end - 1; i >= Math.max(0, end - 3); i--) {
    const byte = bytes[i] ?? 0;
    if (byte >= 0x80 && byte < 0xc0) continue;
    const wanted = leadLength(byte);
    if (wanted <= end - i) return end;
    return end - i === 1 || secondByteFits(byte, bytes[i + 1] ?? 0) ? i : end;
  }
  return end;
}

/** The length of the well-formed sequence at an offset, 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = leadLength(lead);
  if (length < 2 || at + length > bytes.length || !secondByteFits(lead, bytes[at + 1] ?? 0)) return 0;
  for (let i = at + 2; i < at + length; i++) {
    if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

function leadLength(byte: number): number {
  if (byte >= 0xc2 && byte <= 0xdf) return 2;
  if (byte >= 0xe0 && byte <= 0xef) return 3;
  return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
}

/** The second byte also rules out overlong forms, surrogates and what lies past U+10FFFF. */
function secondByteFits(lead: number, second: number): boolean {
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

// "café" in windows-1252 also looks like ASCII and a cut sequence. A small Latin letter is taken for one,
// except 0xE2 and 0xF0, which open the curly quotes and the emoji of truncated English text.
function endsLatinWord(byte: number): boolean {
  return byte >= 0xdf && byte <= 0xfc && byte !== 0xe2 && byte !== 0xf0;
}
