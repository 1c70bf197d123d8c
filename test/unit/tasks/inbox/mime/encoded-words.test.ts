import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decodeWords } from '../../../../../src/tasks/inbox/mime/encoded-words.js';

const b = (charset: string, bytes: Buffer) => `=?${charset}?B?${bytes.toString('base64')}?=`;

describe('decodeWords', () => {
  it.each([
    ['=?UTF-8?Q?Rendez-vous_=C3=A0_No=C3=ABl?=', 'Rendez-vous à Noël'],
    ['=?iso-8859-1?q?Andr=E9?= Pirard', 'André Pirard'],
    ['=?windows-1252?Q?=93ok=94_5_=80?=', '“ok” 5 €'],
    ['=?koi8-r?B?8NLJ18XU?=', 'Привет'],
    ['=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?ks_c_5601-1987?B?vsiz5w==?=', '안녕'],
    ['=?gb2312?b?1tDOxA==?=', '中文'],
    ['=?big5?B?pKSk5Q==?=', '中文'],
    ['=?utf-8*fr?Q?=C3=A9t=C3=A9?=', 'été'],
    ['=?x-unknown?Q?=E9t=E9?=', 'été'],
    ['=?UTF-8?Q?Quoi??=', 'Quoi?'],
    ['=?utf-8?Q?spaces in it?= end', 'spaces in it end'],
    ['=?utf-8?Q?a?=b', 'ab'],
    ['=?utf-8?Q??=', ''],
    ['Re: =?utf-8?Q?=C3=A9?= (fin)', 'Re: é (fin)'],
  ])('reads %s', (value, text) => {
    expect(decodeWords(value)).toBe(text);
  });

  it('joins adjacent words and keeps the blank before text', () => {
    expect(decodeWords('=?utf-8?Q?a?= =?utf-8?Q?b?= c')).toBe('ab c');
    expect(decodeWords('=?utf-8?Q?a?=   =?iso-8859-1?Q?=E9?=')).toBe('aé');
    expect(decodeWords('=?utf-8?Q?a?= x =?utf-8?Q?b?=')).toBe('a x b');
  });

  it('joins words cut in the middle of a character', () => {
    const bytes = Buffer.from('日本語');
    for (let cut = 1; cut < bytes.length; cut++) {
      const value = `${b('UTF-8', bytes.subarray(0, cut))} ${b('utf-8', bytes.subarray(cut))}`;
      expect(decodeWords(value)).toBe('日本語');
    }
    expect(decodeWords('=?utf-8?Q?=E6=97?= =?utf-8?Q?=A5?=')).toBe('日');
    const jis = iconv.encode('日本語', 'shift_jis');
    expect(decodeWords(`${b('shift_jis', jis.subarray(0, 3))} ${b('shift_jis', jis.subarray(3))}`)).toBe(
      '日本語',
    );
  });

  it('joins words cut in the middle of a base64 quantum', () => {
    const text = Buffer.from('Приветствие').toString('base64');
    for (let cut = 1; cut < text.length; cut++) {
      expect(decodeWords(`=?utf-8?B?${text.slice(0, cut)}?= =?utf-8?B?${text.slice(cut)}?=`)).toBe(
        'Приветствие',
      );
    }
  });

  it('joins words that lost their padding', () => {
    expect(decodeWords('=?utf-8?B?w6k?= =?utf-8?B?w6k?=')).toBe('éé');
  });

  it.each([
    ['=?utf-8?X?abc?='],
    ['=?utf-8?Q?never closed'],
    ['=?utf-8?Q'],
    ['=?=?=?='],
    ['=??Q?a?='],
    ['=?utf-8?B?!!!?='],
    ['a =? b ?= c'],
  ])('keeps the broken word %s as text', (value) => {
    expect(decodeWords(value)).toBe(value);
  });

  it('reads the good word after a broken one', () => {
    expect(decodeWords('=?utf-8?Q?open =?utf-8?Q?=C3=A9?=')).toBe('=?utf-8?Q?open é');
  });

  it.each([
    ['=?'],
    ['=?a?q?'],
    ['=?a?q? '],
    ['?='],
    ['=?a?q?x?= '],
    ['=?a?b?QQ==?='],
    ['=?a'],
    ['=?a?b?'],
    ['=?0?='],
  ])('takes linear time on a megabyte of %j', (piece) => {
    expect(typeof decodeWords(piece.repeat(1_000_000 / piece.length))).toBe('string');
    expect(typeof decodeWords(`${piece.repeat(1_000_000 / piece.length)}=?utf-8?q?a?=`)).toBe('string');
  });
});
