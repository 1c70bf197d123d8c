import iconv from 'iconv-lite';
import type { MessageStructureObject } from 'imapflow';
import { describe, expect, it } from 'vitest';
import { planParts } from '../../../../../src/tasks/inbox/mime/body-structure.js';
import { decodeCharset } from '../../../../../src/tasks/inbox/mime/charset.js';
import { HEADER_FIELDS, parseHeaders } from '../../../../../src/tasks/inbox/mime/headers.js';
import { decodePart } from '../../../../../src/tasks/inbox/mime/text-body.js';

/** mulberry32: the same inputs on every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const random = randomFrom(20_240_305);
const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;

const LABELS = [
  ...['utf-8', 'utf-7', 'utf-16', 'utf-16le', 'utf-16be', 'utf-32', 'iso-8859-1', 'us-ascii', 'windows-1252'],
  ...[
    'koi8-r',
    'shift_jis',
    'euc-jp',
    'iso-2022-jp',
    'iso-2022-kr',
    'hz-gb-2312',
    'gb18030',
    'gb2312',
    'big5',
  ],
  ...[
    'ks_c_5601-1987',
    'x-mac-cyrillic',
    'cesu-8',
    'hex',
    '',
    '?',
    '"',
    'constructor',
    '__proto__',
    'unicode',
  ],
];
const ENCODINGS = ['7bit', 'quoted-printable', 'base64', 'x-uuencode', 'binary', undefined];
const WORDS = [
  'Été à Noël',
  '日本語のメール',
  '안녕하세요',
  'Привет, мир',
  '简体中文',
  '😀',
  'plain text',
  '<a@b.org>',
];
const TOKENS = [
  ...[
    '=?',
    '?=',
    '?Q?',
    '?b?',
    '=?utf-8?Q?=C3=A9?=',
    '=?gb2312?B?1tDOxA==?=',
    '=',
    '\r\n',
    '\r\n ',
    '\n',
    ' ',
    '\0',
  ],
  ...[
    '<',
    '>',
    '@',
    ',',
    ';',
    ':',
    '(',
    ')',
    '"',
    '\\',
    '[',
    ']',
    '\x1b$B',
    '\x1b(B',
    '~{',
    '+2AA-',
    '\x0e',
    '\xff\xfe',
  ],
  ...[
    '\xed\xa0\x80',
    '\xf0\x9f\x98',
    '\xef\xbb\xbf',
    '=ED=A0=80',
    'begin 644 a\n',
    "utf-8''%ED%A0",
    '<meta charset=',
  ],
];

function sample(): Buffer {
  const label = pick(['utf-8', 'windows-1251', 'shift_jis', 'euc-kr', 'gb18030', 'utf-16le', 'utf-7']);
  return iconv.encode(pick(WORDS), label);
}

function mutated(size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let n = random(size); n >= 0; n--) {
    const kind = random(4);
    if (kind === 0) pieces.push(sample());
    else if (kind === 1) pieces.push(Buffer.from([random(256), random(256)]));
    else pieces.push(Buffer.from(pick(TOKENS), 'latin1'));
  }
  const bytes = Buffer.concat(pieces);
  return bytes.subarray(0, bytes.length - random(3));
}

/** Every string inside a value can be stored by PostgreSQL. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return typeof value !== 'object' || value === null || Object.values(value).every(isStorable);
}

describe('mutated input', () => {
  it('decodes under every charset to storable text', () => {
    for (let n = 0; n < 20_000; n++) {
      const bytes = mutated(10);
      const label = random(10) === 0 ? mutated(3).toString('latin1') : pick(LABELS);
      expect(isStorable(decodeCharset(bytes, label)), `${label} ${bytes.toString('hex')}`).toBe(true);
    }
  });

  it('decodes as a part to storable text', () => {
    for (let n = 0; n < 20_000; n++) {
      const bytes = mutated(10);
      const part = {
        part: '1',
        kind: pick(['text', 'html'] as const),
        encoding: pick(ENCODINGS),
        charset: pick([undefined, ...LABELS]),
        sizeBytes: 0,
        flowed: random(2) === 0,
        delSp: random(2) === 0,
      };
      expect(isStorable(decodePart(part, bytes)), `${JSON.stringify(part)} ${bytes.toString('hex')}`).toBe(
        true,
      );
    }
  });

  it('parses as headers to storable values', () => {
    for (let n = 0; n < 15_000; n++) {
      const lines = Array.from({ length: 4 }, () => [
        Buffer.from(`${pick(HEADER_FIELDS)}: `),
        mutated(8),
        Buffer.from('\r\n'),
      ]);
      const block = Buffer.concat(lines.flat());
      const headers = parseHeaders(block);
      expect(isStorable(headers), block.toString('hex')).toBe(true);
      expect([...headers.to, ...headers.cc].every((address) => address.includes('@'))).toBe(true);
    }
  });

  it('plans as a structure with storable names', () => {
    const value = (): unknown =>
      pick<unknown>([undefined, null, 5, {}, [], 'attachment', mutated(4).toString('latin1'), 'a\ud800']);
    const node = (depth: number): unknown => ({
      type: pick<unknown>([
        'text/plain',
        'text/html',
        'multipart/mixed',
        'multipart/related',
        'multipart/alternative',
        'message/rfc822',
        value(),
      ]),
      part: value(),
      encoding: pick([...ENCODINGS, value()]),
      size: pick<unknown>([10, -1, Number.NaN, Number.POSITIVE_INFINITY, value()]),
      disposition: value(),
      parameters: pick<unknown>([
        value(),
        { name: value(), 'name*': value(), charset: value(), format: value() },
      ]),
      dispositionParameters: pick<unknown>([
        value(),
        { filename: value(), 'filename*0*': value(), 'filename*1': value() },
      ]),
      childNodes: depth > 4 ? value() : Array.from({ length: random(4) }, () => node(depth + 1)),
    });
    for (let n = 0; n < 3_000; n++) {
      const structure = node(0);
      const plan = planParts(structure as MessageStructureObject);
      expect(isStorable(plan.attachments), JSON.stringify(structure)).toBe(true);
      expect([...plan.texts, ...plan.attachments].every(({ part }) => /^[\d.]+$/.test(part))).toBe(true);
    }
  });
});
