import { decodeBase64 } from './base64.js';
import { decodeQuotedPrintable } from './quoted-printable.js';
import { decodeUuencode } from './uuencode.js';

/** The bytes behind a Content-Transfer-Encoding. What is no known encoding comes back as it is. */
export function decodeTransfer(bytes: Buffer, encoding: string | undefined): Buffer {
  switch (encodingName(encoding)) {
    case 'quoted-printable':
      return decodeQuotedPrintable(bytes);
    case 'base64':
      return decodeBase64(bytes);
    case 'uuencode':
      return decodeUuencode(bytes);
    default:
      return bytes;
  }
}

/** `Quoted-Printable ;`, `"base64"` and `x-uue` all exist. */
export function encodingName(encoding: string | undefined): string {
  const name =
    (encoding ?? '')
      .slice(0, 100)
      .split(';', 1)[0]
      ?.toLowerCase()
      .replace(/[\s"']+/g, '') ?? '';
  if (name === 'x-uuencode' || name === 'x-uue' || name === 'uue') return 'uuencode';
  return name === 'quotedprintable' ? 'quoted-printable' : name;
}
