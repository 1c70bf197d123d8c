import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import type { TextPart } from '../../../../../src/tasks/inbox/mime/body-structure.js';
import { cleanLine, cleanText } from '../../../../../src/tasks/inbox/mime/clean-text.js';
import { decodePart } from '../../../../../src/tasks/inbox/mime/text-body.js';

const part = (rest: Partial<TextPart> = {}): TextPart => ({
  part: '1',
  kind: 'text',
  encoding: undefined,
  charset: undefined,
  sizeBytes: 0,
  flowed: false,
  ...rest,
});

describe('decodePart', () => {
  it('undoes the transfer encoding, then the charset, then the line ends', () => {
    const bytes = Buffer.from('Voil=E0=\r\n !\r\nFin=0D=0A=00.\rMac');
    const text = decodePart(part({ encoding: 'quoted-printable', charset: 'iso-8859-1' }), bytes);
    expect(text).toBe('Voilà !\nFin\n.\nMac');
    const wide = iconv.encode('é\r\nà', 'utf-16le').toString('base64');
    expect(decodePart(part({ encoding: 'base64', charset: 'utf-16le' }), Buffer.from(wide))).toBe('é\nà');
  });

  it('reads a part that was cut anywhere', () => {
    const text = 'Съешь ещё этих мягких французских булок 日本語 😀\n'.repeat(3);
    const base64 = Buffer.from(Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\r\n'));
    const quoted = Buffer.from(
      [...Buffer.from(text)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
    );
    for (let cut = 0; cut <= base64.length; cut++) {
      expect(text).toContain(
        decodePart(part({ encoding: 'base64', charset: 'utf-8' }), base64.subarray(0, cut)),
      );
    }
    for (let cut = 0; cut <= quoted.length; cut++) {
      const decoded = decodePart(
        part({ encoding: 'quoted-printable', charset: 'utf-8' }),
        quoted.subarray(0, cut),
      );
      expect(text.startsWith(decoded)).toBe(true);
    }
  });

  it.each([
    ['<html><head><META charset="shift_jis">', 'shift_jis'],
    [`<meta http-equiv='Content-Type' content='text/html; charset=gb2312'>`, 'gb2312'],
    ['<meta charset = koi8-r />', 'koi8-r'],
    ['<meta content="text/html; charset=iso-2022-jp">', 'shift_jis'],
  ])('follows the charset of %s when the header names none', (meta, label) => {
    const text = label === 'koi8-r' ? 'Привет' : label === 'gb2312' ? '中文' : '日本';
    const isJis = meta.includes('2022');
    const body = isJis ? Buffer.from('\x1b$BF|K\\\x1b(B', 'latin1') : iconv.encode(text, label);
    const html = Buffer.concat([Buffer.from(meta), body]);
    expect(decodePart(part({ kind: 'html' }), html)).toBe(meta + text);
    expect(decodePart(part({ kind: 'html', charset: 'us-ascii' }), html)).toBe(meta + text);
  });

  it('believes the header and valid UTF-8 before a meta tag', () => {
    const meta = '<meta charset="koi8-r">';
    const latin = Buffer.concat([Buffer.from(meta), iconv.encode('été', 'win1252')]);
    expect(decodePart(part({ kind: 'html', charset: 'iso-8859-1' }), latin)).toBe(`${meta}été`);
    expect(decodePart(part({ kind: 'html' }), Buffer.from(`${meta}été`))).toBe(`${meta}été`);
    expect(decodePart(part(), latin)).toBe(`${meta}été`);
    expect(decodePart(part({ kind: 'html' }), Buffer.from('<meta charset=utf-16>ok'))).toBe(
      '<meta charset=utf-16>ok',
    );
  });

  it('puts flowed paragraphs back on one line', () => {
    const flowed = (text: string, delSp = false) =>
      decodePart(part({ flowed: true, ...(delSp ? { delSp } : {}) }), Buffer.from(text));
    expect(flowed('One \r\ntwo \r\nthree\r\nfour\r\n')).toBe('One two three\nfour\n');
    expect(flowed('日本 \n語', true)).toBe('日本語');
    expect(flowed('> a \n> b\n>> c \n> d\ne')).toBe('> a b\n>> c\n> d\ne');
    expect(flowed('bye \n-- \nAna \nB')).toBe('bye \n-- \nAna B');
    expect(flowed(' >not quoted\n From\n\nend ')).toBe('>not quoted\nFrom\n\nend ');
    expect(flowed('a \n\nb')).toBe('a \n\nb');
    expect(flowed('>\n')).toBe('>\n');
  });

  it.each(['<meta ', '<meta charset', '<', '> ', '>', ' \n', '\r', '-- \n'])(
    'takes linear time on a megabyte of %j',
    (piece) => {
      const bytes = Buffer.from(piece.repeat(1_000_000 / piece.length));
      expect(decodePart(part({ kind: 'html' }), bytes).length).toBeLessThanOrEqual(bytes.length);
      expect(decodePart(part({ flowed: true }), bytes).length).toBeLessThanOrEqual(bytes.length * 2);
    },
  );
});

describe('clean text', () => {
  it('holds no NUL and no lone surrogate', () => {
    expect(cleanText('a\0b\ud800c\udc00😀')).toBe('ab\ufffdc\ufffd😀');
    expect(cleanText('plain')).toBe('plain');
  });

  it('is one line when it must be, never cut through a character', () => {
    expect(cleanLine(' a\r\n\tb\u2028c ', 100)).toBe('a b c');
    expect(cleanLine('a😀', 2)).toBe('a');
    expect(cleanLine('\u0000 \n', 10)).toBeNull();
  });
});
