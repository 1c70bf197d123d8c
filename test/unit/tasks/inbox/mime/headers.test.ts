import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { HEADER_FIELDS, parseHeaders } from '../../../../../src/tasks/inbox/mime/headers.js';

const parse = (...lines: string[]) => parseHeaders(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));

describe('parseHeaders', () => {
  it('reads a whole block', () => {
    expect(
      parse(
        'From: =?UTF-8?Q?Ren=C3=A9e?= <Renee.D@Example.ORG>',
        'To: team@example.com',
        'Cc: "Doe, Jane" <jane@example.com>, bob@example.com',
        'Subject: =?UTF-8?B?44GT44KT?=',
        '\t=?UTF-8?B?44Gr44Gh44Gv?=',
        'Date: Tue, 5 Mar 2024 10:00:00 +0100 (CET)',
        'Message-ID: <1@example.org>',
        'In-Reply-To: <0@example.com>',
        'References: <a@example.com>',
        '  <0@example.com>',
      ),
    ).toEqual({
      messageId: '<1@example.org>',
      inReplyTo: '<0@example.com>',
      references: ['<a@example.com>', '<0@example.com>'],
      autoSubmitted: false,
      from: { name: 'Renée', address: 'Renee.D@example.org' },
      to: ['team@example.com'],
      cc: ['jane@example.com', 'bob@example.com'],
      subject: 'こんにちは',
      sentAt: new Date('2024-03-05T09:00:00Z'),
    });
  });

  it('reads an empty block', () => {
    expect(parseHeaders(Buffer.alloc(0))).toEqual({
      messageId: null,
      inReplyTo: null,
      references: [],
      autoSubmitted: false,
      from: null,
      to: [],
      cc: [],
      subject: null,
      sentAt: null,
    });
  });

  it('asks for every field it reads', () => {
    const names = HEADER_FIELDS.map((name) => name.toLowerCase());
    for (const name of ['from', 'date', 'content-type', 'return-path', 'x-autoreply', 'precedence']) {
      expect(names).toContain(name);
    }
  });

  it('lets the first of repeated fields win and adds up To and Cc', () => {
    const headers = parse(
      'Subject: one',
      'Subject: two',
      'To: a@x.org',
      'TO : b@x.org',
      'cc: c@x.org',
      'Cc: d@x.org',
    );
    expect(headers.subject).toBe('one');
    expect(headers.to).toEqual(['a@x.org', 'b@x.org']);
    expect(headers.cc).toEqual(['c@x.org', 'd@x.org']);
  });

  it('reads bare line feeds and skips lines that are no field', () => {
    const block = 'From me Mon Jan 1\nSubject: a\n b\nnonsense\n  of it\n: empty\nTo: a@x.org\n';
    const headers = parseHeaders(Buffer.from(block));
    expect(headers.subject).toBe('a b');
    expect(headers.to).toEqual(['a@x.org']);
  });

  it('reads raw 8-bit subjects', () => {
    expect(parse('Subject: Été à Noël').subject).toBe('Été à Noël');
    const latin = Buffer.concat([Buffer.from('Subject: '), iconv.encode('Été “là” café', 'win1252')]);
    expect(parseHeaders(latin).subject).toBe('Été “là” café');
    expect(parse('Subject: \x1b$BF|K\\\x1b(B').subject).toBe('日本');
  });

  it('keeps subjects on one line of at most 2,000 characters', () => {
    expect(parse('Subject: =?utf-8?Q?a=0D=0AX-Evil:_1=00?=').subject).toBe('a X-Evil: 1');
    expect(parse(`Subject: ${'é'.repeat(5_000)}`).subject).toBe('é'.repeat(2_000));
    expect(parse(`Subject: x${'😀'.repeat(5_000)}`).subject).toBe(`x${'😀'.repeat(999)}`);
    expect(parse('Subject:   ').subject).toBeNull();
  });
});

describe('automatic mails', () => {
  it.each([
    ['Auto-Submitted: auto-replied'],
    ['Auto-Submitted: auto-generated; owner-email="a@b"'],
    ['auto-submitted: (vacation) Auto-Replied (no)'],
    ['X-Autoreply: yes'],
    ['X-Autorespond: Out of office'],
    ['X-Autoresponse:'],
    ['Precedence: auto_reply'],
    ['Content-Type: multipart/report; report-type=delivery-status; boundary="x"'],
    ['Content-Type: Multipart/Report;\r\n\tboundary=x;\r\n\tReport-Type="delivery-status"'],
    ['Return-Path: <>'],
    ['Return-Path: < >'],
  ])('takes %j for one', (line) => {
    expect(parse(line).autoSubmitted).toBe(true);
  });

  it.each([
    ['Auto-Submitted: no'],
    ['Auto-Submitted: No; x=y'],
    ['Auto-Submitted: (auto-replied) no'],
    ['Precedence: bulk'],
    ['Precedence: list'],
    ['X-Auto-Response-Suppress: All'],
    ['Content-Type: multipart/report; report-type=disposition-notification'],
    ['Content-Type: text/plain; report-type=delivery-status'],
    ['Return-Path: <a@b.org>'],
  ])('does not take %j for one', (line) => {
    expect(parse(line).autoSubmitted).toBe(false);
  });
});

describe('hostile headers', () => {
  it.each([
    '<',
    '(',
    '"',
    ',',
    'a@b,',
    '=?a?q?',
    '=?a?q? ',
    '\\',
    '<a@b>',
    ' ',
    '[',
    ':;',
    '@',
    ';',
    '\r\n ',
    '0 ',
  ])('takes linear time on a megabyte of %j in every field', (piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    for (const name of HEADER_FIELDS) {
      const headers = parseHeaders(Buffer.from(`${name}: ${text}x\r\n\r\n`));
      expect(headers.to.length + headers.references.length).toBeLessThanOrEqual(1_100);
    }
  });
});
