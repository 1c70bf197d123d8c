import iconv from 'iconv-lite';

/**
 * The 7-bit encodings that switch character sets in mid-text, rewritten as the EUC form that iconv-lite
 * knows. TextDecoder refuses two of them, and puts U+FFFD where two words of a Japanese subject were joined.
 */
export function decodeIso2022Jp(bytes: Buffer): string {
  const out = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  let set: JapaneseSet = 'ascii';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    const switched = byte === ESC ? japaneseEscape(bytes, i + 1) : undefined;
    if (switched) {
      set = switched.set;
      i += switched.length;
      continue;
    }
    const next = bytes[i + 1] ?? 0;
    if (byte === 0x0a || byte === 0x0d) set = 'ascii';
    if (set === 'ascii' || byte < 0x21 || byte > 0x7e) {
      if (byte !== ESC) out[length++] = byte;
    } else if (set === 'katakana') {
      out[length++] = 0x8e;
      out[length++] = byte | 0x80;
    } else if (next >= 0x21 && next <= 0x7e) {
      if (set === 'jisx0212') out[length++] = 0x8f;
      out[length++] = byte | 0x80;
      out[length++] = next | 0x80;
      i++;
    }
  }
  return iconv.decode(out.subarray(0, length), 'euc-jp');
}

/** Korean: shift-out and shift-in bytes around KS X 1001 text. */
export function decodeIso2022Kr(bytes: Buffer): string {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let shifted = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === ESC && bytes[i + 1] === 0x24 && bytes[i + 2] === 0x29) i += 3;
    else if (byte === 0x0e) shifted = 0x80;
    else if (byte === 0x0f) shifted = 0;
    else {
      if (byte === 0x0a) shifted = 0;
      out[length++] = byte >= 0x21 && byte <= 0x7e ? byte | shifted : byte;
    }
  }
  return iconv.decode(out.subarray(0, length), 'cp949');
}

/** Chinese: `~{` and `~}` around GB 2312 text (RFC 1843). */
export function decodeHz(bytes: Buffer): string {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let shifted = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    const next = byte === 0x7e ? bytes[i + 1] : undefined;
    if (next === 0x7b || next === 0x7d) {
      shifted = next === 0x7b ? 0x80 : 0;
      i++;
    } else if (next === 0x7e && shifted === 0) {
      out[length++] = byte;
      i++;
    } else if (next === 0x0a) i++;
    else {
      if (byte === 0x0a) shifted = 0;
      out[length++] = byte >= 0x21 && byte <= 0x7e ? byte | shifted : byte;
    }
  }
  return iconv.decode(out.subarray(0, length), 'gb18030');
}

const ESC = 0x1b;

type JapaneseSet = 'ascii' | 'katakana' | 'jisx0208' | 'jisx0212';

const JAPANESE_ESCAPES: Record<string, JapaneseSet> = {
  '(B': 'ascii',
  '(J': 'ascii',
  '(H': 'ascii',
  '(I': 'katakana',
  $B: 'jisx0208',
  '$@': 'jisx0208',
  '$(B': 'jisx0208',
  '$(@': 'jisx0208',
  '$(D': 'jisx0212',
};

function japaneseEscape(bytes: Buffer, at: number): { set: JapaneseSet; length: number } | undefined {
  const length = bytes[at] === 0x24 && bytes[at + 1] === 0x28 ? 3 : 2;
  const set = JAPANESE_ESCAPES[bytes.toString('latin1', at, Math.min(at + length, bytes.length))];
  return set && { set, length };
}
