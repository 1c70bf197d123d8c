import { crc32, deflateSync } from 'node:zlib';
import iconv from 'iconv-lite';
import type { SampleMail } from '../imap-server.js';

export interface SampleSource {
  /** Left part of the Message-ID; without it the mail has none. */
  id?: string;
  /** `days hh:mm` before now, in UTC. */
  ago: `${number} ${number}:${number}`;
  from: string;
  to: string;
  cc?: string;
  subject: string;
  subjectCharset?: string;
  /** The mails before it in its conversation, oldest first. */
  after?: string[];
  headers?: string[];
  flags?: string[];
  body: MimePart;
}

/** Header lines and an encoded body. */
export interface MimePart {
  headers: string[];
  body: Buffer;
}

type TextEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64';

export function textPart(
  text: string,
  charset = 'utf-8',
  encoding: TextEncoding = 'quoted-printable',
  type = 'text/plain',
): MimePart {
  const bytes = iconv.encode(text.replace(/\r?\n/g, '\r\n'), charset);
  return {
    headers: [`Content-Type: ${type}; charset=${charset}`, `Content-Transfer-Encoding: ${encoding}`],
    body: transferEncode(bytes, encoding),
  };
}

export function htmlPart(html: string, charset?: string, encoding?: TextEncoding): MimePart {
  return textPart(html, charset, encoding, 'text/html');
}

export function filePart(name: string, type: string, content: Buffer, contentId?: string): MimePart {
  const ascii = /^[\x20-\x7e]*$/.test(name);
  const filename = ascii ? `filename="${name}"` : `filename*=UTF-8''${encodeURIComponent(name)}`;
  return {
    headers: [
      `Content-Type: ${type}; name="${ascii ? name : encodedWord(name)}"`,
      `Content-Disposition: ${contentId ? 'inline' : 'attachment'}; ${filename}`,
      'Content-Transfer-Encoding: base64',
      ...(contentId ? [`Content-ID: <${contentId}>`] : []),
    ],
    body: transferEncode(content, 'base64'),
  };
}

/** `parameters` follow the boundary, as in `; report-type=delivery-status`. */
export function multipart(subtype: string, boundary: string, parts: MimePart[], parameters = ''): MimePart {
  const chunks = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\n${part.headers.join('\r\n')}\r\n\r\n`, 'latin1'),
    part.body,
    Buffer.from('\r\n'),
  ]);
  return {
    headers: [`Content-Type: multipart/${subtype}; boundary="${boundary}"${parameters}`],
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

export function transferEncode(bytes: Buffer, encoding: TextEncoding): Buffer {
  if (encoding === 'base64') {
    return Buffer.from(bytes.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n'));
  }
  return encoding === 'quoted-printable' ? Buffer.from(quotedPrintable(bytes)) : bytes;
}

function quotedPrintable(bytes: Buffer): string {
  const lines = bytes.toString('latin1').split('\r\n');
  return lines
    .map((line) => {
      const hex = (char: string) => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
      const encoded = line.replace(/[^\t\x20-\x3c\x3e-\x7e]|[\t ]$/g, hex);
      // Never within an escape, and lines of 73 characters at most.
      return (encoded.match(/(?:=..|[^=]){1,24}/g) ?? []).join('=\r\n');
    })
    .join('\r\n');
}

/** Words of at most 45 characters, each one whole in its charset, as the standard wants them. */
export function encodedWord(text: string, charset = 'utf-8', kind: 'B' | 'Q' = 'B'): string {
  const words = text.match(/[\s\S]{1,12}(?![\udc00-\udfff])/g) ?? [''];
  return words
    .map((word) => {
      const bytes = iconv.encode(word, charset);
      const encoded =
        kind === 'B'
          ? bytes.toString('base64')
          : bytes
              .toString('latin1')
              .replace(
                /[^A-Za-z0-9 ]/g,
                (char) => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
              )
              .replaceAll(' ', '_');
      return `=?${charset}?${kind}?${encoded}?=`;
    })
    .join('\r\n ');
}

function headerText(text: string, charset?: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodedWord(text, charset, charset ? 'Q' : 'B');
}

/** `Hélène <a@b>` with its name as encoded words. */
function headerAddress(address: string): string {
  const [, name, email] = /^(.*) <(.*)>$/.exec(address) ?? [];
  if (name === undefined || email === undefined) return address;
  return `${/^[\w .-]*$/.test(name) ? name : headerText(name)} <${email}>`;
}

function messageId(id: string): string {
  return `<${id}@mails.example>`;
}

export function sampleMail(source: SampleSource, now: Date): SampleMail & { receivedAt: Date } {
  const [days, hours, minutes] = source.ago.split(/[ :]/).map(Number);
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const sentAt = new Date(midnight + ((-(days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000);
  const { id, cc, after = [], headers = [], flags = ['\\Seen'] } = source;
  const lines = [
    `Date: ${sentAt.toUTCString().replace('GMT', '+0000')}`,
    `From: ${headerAddress(source.from)}`,
    `To: ${source.to.split(', ').map(headerAddress).join(', ')}`,
    ...(cc ? [`Cc: ${headerAddress(cc)}`] : []),
    `Subject: ${headerText(source.subject, source.subjectCharset)}`,
    ...(id ? [`Message-ID: ${messageId(id)}`] : []),
    ...after.slice(-1).map((previous) => `In-Reply-To: ${messageId(previous)}`),
    ...(after.length ? [`References: ${after.map(messageId).join('\r\n ')}`] : []),
    ...headers,
    'MIME-Version: 1.0',
    ...source.body.headers,
  ];
  const raw = Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
    source.body.body,
    Buffer.from('\r\n'),
  ]);
  return { raw, flags, receivedAt: new Date(sentAt.getTime() + 4_000) };
}

/** A page with one line of text. */
export function samplePdf(line: string): Buffer {
  const text = `BT /F1 14 Tf 60 760 Td (${line.replace(/[()\\]/g, '\\$&')}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 6\n0000000000 65535 f \n${offsets.join('')}trailer\n<< /Size 6 /Root 1 0 R >>\n`;
  return Buffer.from(`${file}${table}startxref\n${file.length}\n%%EOF\n`, 'latin1');
}

/** A square of one colour. */
export function samplePng(size: number, [red, green, blue]: [number, number, number]): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  const row = Buffer.from([0, ...Array.from({ length: size }, () => [red, green, blue]).flat()]);
  // Stored, not compressed: the bytes do not depend on the version of zlib.
  const pixels = deflateSync(Buffer.concat(Array.from({ length: size }, () => row)), { level: 0 });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
