/**
 * Base64 as mails carry it: garbage between the characters is skipped, padding may be missing or stand in
 * the middle (encoded pieces joined by a gateway), a last quantum cut by truncation gives what it holds.
 */
export function decodeBase64(bytes: Buffer): Buffer {
  const padding = bytes.indexOf(EQUALS);
  // Node is several times faster, but stops at the first padding.
  if (padding < 0 || onlyPaddingAfter(bytes, padding)) return Buffer.from(bytes.toString('latin1'), 'base64');
  return decodeSegments(bytes);
}

function decodeSegments(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 3) / 4) + 3);
  let length = 0;
  let bits = 0;
  let digits = 0;
  for (const byte of bytes) {
    const value = DIGITS[byte] ?? NONE;
    if (value === NONE) {
      if (byte !== EQUALS) continue;
      length = flush(out, length, bits, digits);
      bits = 0;
      digits = 0;
      continue;
    }
    bits = (bits << 6) | value;
    if (++digits === 4) {
      out[length++] = bits >> 16;
      out[length++] = (bits >> 8) & 255;
      out[length++] = bits & 255;
      bits = 0;
      digits = 0;
    }
  }
  return out.subarray(0, flush(out, length, bits, digits));
}

/** The whole bytes of a quantum that ended early: 2 digits hold one, 3 hold two. */
function flush(out: Buffer, at: number, bits: number, digits: number): number {
  let length = at;
  if (digits === 2) out[length++] = bits >> 4;
  if (digits === 3) {
    out[length++] = bits >> 10;
    out[length++] = (bits >> 2) & 255;
  }
  return length;
}

function onlyPaddingAfter(bytes: Buffer, at: number): boolean {
  for (let i = at; i < bytes.length; i++) {
    if (DIGITS[bytes[i] ?? 0] !== NONE) return false;
  }
  return true;
}

const EQUALS = 0x3d;
const NONE = 255;
const DIGITS = new Uint8Array(256).fill(NONE);
for (const [value, digit] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  DIGITS[digit.charCodeAt(0)] = value;
}
// The URL-safe digits, which Node accepts as well.
DIGITS[0x2d] = 62;
DIGITS[0x5f] = 63;
