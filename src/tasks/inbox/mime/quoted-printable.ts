/**
 * RFC 2045 quoted-printable. Malformed sequences stay as they are, except one cut at the very end.
 * libqp is not used: its pattern for trailing blanks takes quadratic time on a long run of them.
 */
export function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  // Blanks before the end of a line are padding added in transport. `kept` ends before them.
  let kept = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === EQUALS) {
      const value = hexPair(bytes, i + 1);
      if (value >= 0) {
        out[length++] = value;
        i += 2;
      } else {
        const next = afterSoftBreak(bytes, i + 1);
        if (next > i) i = next - 1;
        else if (i === bytes.length - 2 && hexDigit(bytes[i + 1]) >= 0) break;
        else out[length++] = byte;
      }
      kept = length;
      continue;
    }
    if (byte === LF || (byte === CR && bytes[i + 1] === LF)) length = kept;
    out[length++] = byte;
    if (byte !== SPACE && byte !== TAB) kept = length;
  }
  return out.subarray(0, kept);
}

const EQUALS = 0x3d;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** The offset after a soft line break, blanks before the line end included. -1 when there is none. */
function afterSoftBreak(bytes: Buffer, at: number): number {
  let i = at;
  while (bytes[i] === SPACE || bytes[i] === TAB) i++;
  if (i >= bytes.length) return bytes.length;
  if (bytes[i] === CR && bytes[i + 1] === LF) return i + 2;
  return bytes[i] === LF || (bytes[i] === CR && i === bytes.length - 1) ? i + 1 : -1;
}

function hexPair(bytes: Buffer, at: number): number {
  const high = hexDigit(bytes[at]);
  const low = hexDigit(bytes[at + 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
