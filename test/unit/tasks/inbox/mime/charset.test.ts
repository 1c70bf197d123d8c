import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decodeCharset } from '../../../../../src/tasks/inbox/mime/charset.js';

const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

describe('decodeCharset', () => {
  it.each([
    ['windows-1251', 'Привет, мир'],
    ['koi8-r', 'Съешь ещё этих мягких булок'],
    ['iso-8859-5', 'Добрый день'],
    ['shift_jis', '日本語のメール①～ｶﾅ'],
    ['euc-jp', '日本語のメール'],
    ['ks_c_5601-1987', '안녕하세요 뷁'],
    ['euc-kr', '대한민국'],
    ['gb2312', '简体中文'],
    ['gbk', '繁體鎔'],
    ['gb18030', '汉字𠀀'],
    ['big5', '繁體中文信件'],
    ['iso-8859-15', 'œuvre à 5 €'],
    ['windows-1252', '“déjà vu” – 5 €'],
    ['iso-8859-2', 'Zażółć gęślą jaźń'],
    ['windows-1256', 'مرحبا'],
    ['utf-7', 'Grüße – 日本'],
    ['utf-16le', 'déjà 日本'],
    ['utf-16be', 'déjà 日本'],
  ])('reads %s', (label, text) => {
    expect(decodeCharset(iconv.encode(text, label), label)).toBe(text);
  });

  it.each([
    ['"utf-8"'],
    [' UTF-8 '],
    ['utf8'],
    ['UTF_8'],
    ['charset=utf-8'],
    ['charset="utf-8"'],
    ["'utf-8'"],
    ['utf-8; format=flowed'],
    ['unicode-1-1-utf-8'],
    ['x-utf-8'],
    ['utf8mb4'],
  ])('takes the label %j for UTF-8', (label) => {
    // The stray byte tells a UTF-8 label, which is read lossily, from no label.
    expect(decodeCharset(Buffer.concat([Buffer.from('été à Noël '), hex('ff')]), label)).toBe(
      'été à Noël \ufffd',
    );
  });

  it.each([
    ['cp1252'],
    ['windows 1252'],
    ['iso-8859-1'],
    ['ISO8859-1'],
    ['latin1'],
    ['us-ascii'],
    ['x-unknown'],
  ])('reads 8-bit text labelled %s as windows-1252', (label) => {
    expect(decodeCharset(hex('93 e9 74 e9 94 20 80'), label)).toBe('“été” €');
  });

  it.each([
    [undefined],
    [''],
    ['us-ascii'],
    ['x-unknown'],
    ['no-such-charset'],
    ['hex'],
    ['base64'],
    ['8bit'],
    ['ansi'],
  ])('reads valid UTF-8 under the label %j as UTF-8', (label) => {
    expect(decodeCharset(Buffer.from('Voilà 日本 😀'), label)).toBe('Voilà 日本 😀');
  });

  it('reads the superset that mails labelled gb2312 really hold', () => {
    expect(decodeCharset(iconv.encode('朱镕基', 'gb18030'), 'gb2312')).toBe('朱镕基');
  });

  it('keeps mostly valid UTF-8 when a few bytes are damaged', () => {
    const damaged = Buffer.concat([Buffer.from('Les élèves étaient là'), hex('ff'), Buffer.from(' hier')]);
    expect(decodeCharset(damaged, 'utf-8')).toBe('Les élèves étaient là\ufffd hier');
  });

  it('reads windows-1252 that lies about being UTF-8', () => {
    expect(decodeCharset(iconv.encode('À bientôt, Zoë — 5 €', 'win1252'), 'utf-8')).toBe(
      'À bientôt, Zoë — 5 €',
    );
    expect(decodeCharset(iconv.encode('café', 'win1252'), 'utf-8')).toBe('café');
  });

  it('drops a UTF-8 character cut at the end, whatever the label', () => {
    const bytes = Buffer.from('日本語のメール😀');
    for (const label of ['utf-8', undefined, 'us-ascii']) {
      expect(decodeCharset(bytes.subarray(0, -1), label)).toBe('日本語のメール');
      expect(decodeCharset(bytes.subarray(0, -2), label)).toBe('日本語のメール');
      expect(decodeCharset(bytes.subarray(0, -3), label)).toBe('日本語のメール');
      expect(decodeCharset(bytes.subarray(0, -5), label)).toBe('日本語のメー');
    }
    expect(decodeCharset(Buffer.from('It is late’').subarray(0, -1), 'utf-8')).toBe('It is late');
    expect(decodeCharset(Buffer.from('Hello 😀').subarray(0, -3), 'utf-8')).toBe('Hello ');
  });

  it('drops a damaged and cut text only where it is cut', () => {
    const bytes = Buffer.concat([Buffer.from('été '), hex('ff'), Buffer.from(' 日本').subarray(0, -1)]);
    expect(decodeCharset(bytes, 'utf-8')).toBe('été \ufffd 日');
  });

  it.each([
    ['shift_jis', '日本語', -1],
    ['euc-kr', '대한민국', -1],
    ['big5', '繁體中文', -1],
    ['gb18030', '汉字𠀀', -2],
    ['utf-16le', '日本語', -1],
  ])('drops a %s character cut at the end', (label, text, cut) => {
    const decoded = decodeCharset(iconv.encode(text, label).subarray(0, cut), label);
    expect(decoded).toBe([...text].slice(0, -1).join(''));
  });

  it('reads Japanese 7-bit text, its joined words and half-width letters', () => {
    const label = 'ISO-2022-JP';
    expect(decodeCharset(hex('1b2442 467c 4b5c 1b2842'), label)).toBe('日本');
    expect(decodeCharset(hex('1b2442 467c 1b2842 1b2442 4b5c 1b2842 21'), label)).toBe('日本!');
    expect(decodeCharset(hex('1b2442 2d21 1b2849 3132 1b284a 41'), label)).toBe('①ｱｲA');
    expect(decodeCharset(hex('1b2442 467c 4b'), label)).toBe('日');
    expect(decodeCharset(hex('1b2442 467c 0a 41'), label)).toBe('日\nA');
    expect(decodeCharset(hex('1b2442 467c 1b2842'), undefined)).toBe('日');
    expect(decodeCharset(hex('1b2442 467c 1b2842'), 'csISO2022JP')).toBe('日');
    expect(decodeCharset(Buffer.from('日本'), label)).toBe('日本');
  });

  it('reads the Korean and Chinese 7-bit encodings', () => {
    expect(decodeCharset(hex('1b242943 0e 4751 0f 41'), 'iso-2022-kr')).toBe('한A');
    expect(decodeCharset(Buffer.from('~{VPND~} ~~ ok'), 'hz-gb-2312')).toBe('中文 ~ ok');
  });

  it('follows a byte order mark and leaves it out', () => {
    expect(decodeCharset(Buffer.concat([hex('efbbbf'), Buffer.from('été')]), 'iso-8859-1')).toBe('été');
    expect(decodeCharset(Buffer.concat([hex('efbbbf'), Buffer.from('été')]), 'utf-8')).toBe('été');
    expect(decodeCharset(hex('fffe e900'), 'utf-16')).toBe('é');
    expect(decodeCharset(hex('feff 00e9'), 'utf-16')).toBe('é');
    expect(decodeCharset(hex('feff 00e9'), 'utf-16le')).toBe('é');
    expect(decodeCharset(hex('fffe e900'), undefined)).toBe('é');
    expect(decodeCharset(hex('e900'), 'utf-16')).toBe('é');
  });

  it('reads what only TextDecoder knows', () => {
    expect(decodeCharset(hex('8f f0 e8 e2 e5 f2'), 'x-mac-cyrillic')).toBe('Привет');
  });

  it('never gives a NUL or a lone surrogate', () => {
    expect(decodeCharset(hex('41 00 42'), 'utf-8')).toBe('AB');
    expect(decodeCharset(hex('00d8 4100'), 'utf-16le')).toBe('\ufffdA');
    expect(decodeCharset(Buffer.from('+2AA-x'), 'utf-7')).toBe('\ufffdx');
    expect(decodeCharset(hex('eda080'), 'utf-8').isWellFormed()).toBe(true);
  });
});
