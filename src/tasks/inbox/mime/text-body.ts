import { isAscii, isUtf8 } from 'node:buffer';
import type { TextPart } from './body-structure.js';
import { decodeCharset } from './charset.js';
import { charsetOf, UNNAMED } from './charset-names.js';
import { unflow } from './flowed-text.js';
import { decodeTransfer } from './transfer-encoding.js';

/** The storable text of a part, from its bytes as the server sends them, which may be cut anywhere. */
export function decodePart(part: TextPart, bytes: Buffer): string {
  const decoded = decodeTransfer(bytes, part.encoding);
  const charset = part.kind === 'html' ? (htmlCharset(part, decoded) ?? part.charset) : part.charset;
  const text = withPlainNewlines(decodeCharset(decoded, charset));
  return part.flowed ? unflow(text, part.delSp === true) : text;
}

/** The one place where line ends become LF: after the charset, as in UTF-16 they are no single bytes. */
function withPlainNewlines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** What `<meta charset>` says, when the header says nothing and the bytes are not UTF-8 anyway. */
function htmlCharset(part: TextPart, html: Buffer): string | undefined {
  if (charsetOf(part.charset) !== UNNAMED) return undefined;
  if (!isAscii(html) && isUtf8(html)) return 'utf-8';
  const [, label] = META_CHARSET.exec(html.toString('latin1', 0, SNIFFED_BYTES)) ?? [];
  // A tag that can be read byte by byte is not in UTF-16, whatever it says.
  return label !== undefined && /^utf-?(?:16|32)/i.test(label) ? 'utf-8' : label;
}

const SNIFFED_BYTES = 2_048;
const META_CHARSET = /<meta\s[^>]{0,300}?\bcharset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})/i;
