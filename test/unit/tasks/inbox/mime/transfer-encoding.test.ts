import { describe, expect, it } from 'vitest';
import { decodeTransfer } from '../../../../../src/tasks/inbox/mime/transfer-encoding.js';

const decoded = (text: string, encoding: string | undefined) =>
  decodeTransfer(Buffer.from(text, 'latin1'), encoding).toString('utf8');

describe('decodeTransfer', () => {
  it.each([['7bit'], ['8BIT'], ['binary'], [undefined], [''], ['x-nonsense']])(
    'leaves %s as it is',
    (encoding) => {
      const bytes = Buffer.from('a=3D b  \r\n=');
      expect(decodeTransfer(bytes, encoding)).toBe(bytes);
    },
  );

  it('decodes quoted-printable', () => {
    expect(decoded('Voil=C3=A0 =e2=82=ac', 'Quoted-Printable')).toBe('Voilà €');
    expect(decoded('long =\r\nline=\n!', 'quoted-printable')).toBe('long line!');
    expect(decoded('padded =  \t\r\nbreak', '"quoted-printable"')).toBe('padded break');
    expect(decoded('a=20\r\nb', 'quoted-printable;')).toBe('a \r\nb');
  });

  it('drops the blanks that transport adds at the end of quoted-printable lines', () => {
    expect(decoded('a \t \r\nb  \nc  ', 'quoted-printable')).toBe('a\r\nb\nc');
    expect(decoded(' a  b', 'quoted-printable')).toBe(' a  b');
  });

  it('keeps malformed quoted-printable as it is', () => {
    expect(decoded('1 + 1 = 2, =ZZ, =4, ==41, a=b.', 'quoted-printable')).toBe(
      '1 + 1 = 2, =ZZ, =4, =A, a=b.',
    );
  });

  it('drops what truncation left of a quoted-printable sequence', () => {
    expect(decoded('abc=', 'quoted-printable')).toBe('abc');
    expect(decoded('abc=E', 'quoted-printable')).toBe('abc');
    expect(decoded('abc=\r', 'quoted-printable')).toBe('abc');
  });

  it('keeps raw 8-bit bytes in quoted-printable', () => {
    expect(decodeTransfer(Buffer.from('é=C3=A9'), 'quoted-printable').toString()).toBe('éé');
  });

  it('decodes base64 with line breaks, garbage and missing padding', () => {
    expect(decoded('Vm9p\r\nbMOg\r\n', 'base64')).toBe('Voilà');
    expect(decoded('Vm 9p*bM\x00\xffOg', 'BASE64')).toBe('Voilà');
    expect(decoded('w6k', 'base64')).toBe('é');
    expect(decoded('QQ', 'base64')).toBe('A');
  });

  it('decodes base64 pieces that a gateway joined', () => {
    expect(decoded('QQ==QUI=QUJD', 'base64')).toBe('AABABC');
    expect(decoded('QQ==\r\nQUI=\r\n', 'base64')).toBe('AAB');
    expect(decoded('====', 'base64')).toBe('');
  });

  it('keeps the whole bytes of base64 cut in the middle', () => {
    const full = Buffer.from('Bonjour à tous').toString('base64');
    for (let cut = 0; cut <= full.length; cut++) {
      const bytes = decodeTransfer(Buffer.from(full.slice(0, cut)), 'base64');
      expect(Buffer.from('Bonjour à tous').subarray(0, bytes.length)).toEqual(bytes);
      expect(bytes.length).toBeGreaterThanOrEqual(Math.floor((cut * 3) / 4) - 2);
    }
  });

  it.each([['x-uuencode'], ['uuencode'], ['X-UUE']])('decodes %s', (encoding) => {
    const text = 'preface\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\nafter';
    expect(decoded(text, encoding)).toBe('Cat');
    expect(decoded('begin 0644 x\n%:&5L;&\\\n \nend\n', encoding)).toBe('hello');
  });

  it('decodes uuencode as far as it goes when it is cut', () => {
    expect(decoded('begin 644 a\n%:&5L', 'uuencode')).toBe('hel');
    expect(decoded('no frame at all', 'uuencode')).toBe('no frame at all');
  });

  it.each([
    ['quoted-printable', '= '],
    ['quoted-printable', ' '],
    ['quoted-printable', '=\t'],
    ['quoted-printable', '='],
    ['quoted-printable', '=\r'],
    ['base64', 'A='],
    ['base64', '='],
    ['base64', '!'],
    ['uuencode', 'begin 644 '],
    ['uuencode', '\n'],
    ['uuencode', 'begin 644 a\nM\n'],
  ])('takes linear time on a megabyte of %s %j', (encoding, piece) => {
    const bytes = Buffer.from(`${piece.repeat(Math.floor(1_000_000 / piece.length))}x`);
    expect(decodeTransfer(bytes, encoding).length).toBeLessThanOrEqual(bytes.length);
  });
});
