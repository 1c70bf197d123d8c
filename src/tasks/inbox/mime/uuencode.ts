/** The first file of a uuencoded text, without its frame. Text that holds no `begin` line comes back as it is. */
export function decodeUuencode(bytes: Buffer): Buffer {
  let at = afterBeginLine(bytes);
  if (at < 0) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  while (at < bytes.length) {
    const end = lineEnd(bytes, at);
    if (bytes.toString('latin1', at, Math.min(at + 3, end)) === 'end') break;
    length = decodeLine(bytes.subarray(at, end), out, length);
    at = end + 1;
  }
  return out.subarray(0, length);
}

/** A line says its decoded length first. A line that ends early gives what it holds. */
function decodeLine(line: Buffer, out: Buffer, at: number): number {
  const digits = line.at(-1) === 0x0d ? line.length - 2 : line.length - 1;
  const wanted = Math.min(sixBits(line[0]), Math.floor((digits * 3) / 4));
  for (let n = 0; n < wanted; n++) {
    const first = 1 + Math.floor(n / 3) * 4 + (n % 3);
    const shift = 2 * ((n % 3) + 1);
    out[at + n] = ((sixBits(line[first]) << shift) | (sixBits(line[first + 1]) >> (6 - shift))) & 255;
  }
  return at + Math.max(0, wanted);
}

/** Space and backtick both stand for zero. */
function sixBits(byte: number | undefined): number {
  return byte === undefined || byte < 0x20 ? 0 : (byte - 0x20) & 63;
}

function afterBeginLine(bytes: Buffer): number {
  for (let at = 0; at < bytes.length; at = lineEnd(bytes, at) + 1) {
    if (BEGIN.test(bytes.toString('latin1', at, at + 12))) return lineEnd(bytes, at) + 1;
  }
  return -1;
}

const BEGIN = /^begin [0-7]{3,4}[ \r\n]/;

function lineEnd(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(0x0a, at);
  return end < 0 ? bytes.length : end;
}
