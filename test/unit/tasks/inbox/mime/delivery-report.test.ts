import type { MessageStructureObject } from 'imapflow';
import { describe, expect, test } from 'vitest';
import { parseDeliveryReport } from '../../../../../src/tasks/inbox/mime/delivery-report.js';
import { findReportParts } from '../../../../../src/tasks/inbox/mime/report-parts.js';

const parse = (status: string | Buffer, encoding = '7bit') =>
  parseDeliveryReport({ bytes: Buffer.from(status), encoding }, undefined, null);

const recipient = (...lines: string[]) =>
  parse(['Reporting-MTA: dns; mx.example', '', 'Action: failed', ...lines].join('\r\n')).recipients[0];

describe('a delivery report', () => {
  const STATUS = `Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; zoe@example.fr
Original-Recipient: rfc822;Zoe@Example.fr
Action: failed
Status: 5.1.1 (bad destination mailbox)
Diagnostic-Code: smtp; 550 5.1.1 <zoe@example.fr>:
    User unknown

Final-Recipient: rfc822; bob@example.fr
Action: Delayed
Status: 4.4.1
`;
  const expected = [
    {
      action: 'failed',
      status: '5.1.1',
      finalAddress: 'zoe@example.fr',
      originalAddress: 'Zoe@Example.fr',
      diagnostic: '550 5.1.1 <zoe@example.fr>: User unknown',
    },
    {
      action: 'delayed',
      status: '4.4.1',
      finalAddress: 'bob@example.fr',
      originalAddress: null,
      diagnostic: null,
    },
  ];

  test('tells action, status, addresses and words of each recipient, whatever the line ends', () => {
    expect(parse(STATUS).recipients).toEqual(expected);
    expect(parse(STATUS.replaceAll('\n', '\r\n')).recipients).toEqual(expected);
    expect(parse(STATUS.replaceAll('\n\n', '\n \t\n\n')).recipients).toEqual(expected);
  });

  test('is read through base64 and quoted-printable', () => {
    expect(parse(Buffer.from(STATUS).toString('base64'), 'base64').recipients).toEqual(expected);
    const quoted = STATUS.replaceAll(': ', '=3A ').replaceAll('unknown', 'unkn=\nown');
    expect(parse(quoted, 'quoted-printable').recipients).toEqual(expected);
  });

  test('needs no blank line before its first recipient, nor a group about itself', () => {
    expect(parse('Reporting-MTA: dns; a\nFinal-Recipient: rfc822;a@b.fr\nAction: failed').recipients).toEqual(
      [{ action: 'failed', status: null, finalAddress: 'a@b.fr', originalAddress: null, diagnostic: null }],
    );
    expect(parse('Action: relayed\n').recipients).toHaveLength(1);
  });

  const ADDRESSES: [string, string | null][] = [
    ['rfc822; zoe@example.fr', 'zoe@example.fr'],
    ['RFC822;<zoe@example.fr>', 'zoe@example.fr'],
    ['rfc822; zoe@example.fr (Zoé)', 'zoe@example.fr'],
    ['zoe@example.fr', 'zoe@example.fr'],
    ['utf-8; zo\\x{E9}@example.fr', 'zoé@example.fr'],
    ['utf-8; zoé@example.fr', 'zoé@example.fr'],
    ['x400; /S=zoe/', null],
    ['unknown; zoe@example.fr', null],
    ['rfc822; zoe', null],
    ['rfc822; \\x{110000}@a\\x{', '\\x{110000}@a\\x{'],
    ['', null],
  ];
  test.each(ADDRESSES)('names the recipient of %j as %j', (value, address) => {
    expect(recipient(`Final-Recipient: ${value}`)?.finalAddress).toBe(address);
  });

  const STATUSES: [string, string | null][] = [
    ['Status: 5.1.10', '5.1.10'],
    ['Status: 4.4.7', '4.4.7'],
    ['Status: 2.0.0', '2.0.0'],
    ['Status: unknown', null],
    ['Status: 7.1.1', null],
    ['Diagnostic-Code: smtp; 550 No such user', '5.0.0'],
    ['Diagnostic-Code: smtp; 550-5.7.1 Refused', '5.7.1'],
    ['Diagnostic-Code: smtp; 451 4.3.0 Later', '4.3.0'],
    ['Diagnostic-Code: X-Local; disk is on fire', null],
  ];
  test.each(STATUSES)('has of %j the status %j', (line, status) => {
    expect(recipient(line)?.status).toBe(status);
  });

  test('names the mail that it is about by the headers it quotes, unless the server has told', () => {
    const original = {
      bytes: Buffer.from('Subject: F-1\r\nMessage-Id:\r\n <a@b>\r\n\r\nMessage-ID: <c@d>\r\n'),
      encoding: '',
    };
    const status = { bytes: Buffer.alloc(0), encoding: '' };
    expect(parseDeliveryReport(status, original, null)).toEqual({ originalId: '<a@b>', recipients: [] });
    expect(parseDeliveryReport(status, original, '<e@f>').originalId).toBe('<e@f>');
    expect(parseDeliveryReport(status, undefined, null).originalId).toBeNull();
  });

  test('of any size and shape is read within a second', () => {
    const hostile = [
      '\n'.repeat(1_000_000),
      '\r\n \t'.repeat(300_000),
      'Action: failed\n\n'.repeat(100_000),
      `Action: failed\nStatus: ${'('.repeat(500_000)}`,
      `Action: failed\nFinal-Recipient: rfc822;${'@'.repeat(500_000)} `,
      `Action: failed\nFinal-Recipient: rfc822;${'\\x{'.repeat(200_000)}`,
      `Action: failed\nDiagnostic-Code: ${' '.repeat(500_000)}x`,
      `Action: failed\nDiagnostic-Code: ${'a\n '.repeat(200_000)}`,
      Buffer.alloc(1_000_000, 0xff),
      Buffer.alloc(1_000_000),
    ];
    const started = performance.now();
    for (const text of hostile) {
      const { recipients } = parse(text);
      expect(recipients.length).toBeLessThanOrEqual(100);
      for (const { diagnostic } of recipients) expect(diagnostic?.length ?? 0).toBeLessThanOrEqual(500);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('the parts of a report', () => {
  const node = (type: string, more: object = {}): MessageStructureObject =>
    ({ type, encoding: '7bit', size: 100, ...more }) as MessageStructureObject;
  const reportOf = (...parts: MessageStructureObject[]) =>
    findReportParts(node('multipart/report', { childNodes: parts }));
  const status = { section: '2', encoding: '7bit', sizeBytes: 100 };

  test('are its status, and the headers of the mail that it quotes', () => {
    const found = (type: string) =>
      reportOf(node('text/plain'), node('message/delivery-status'), node(type))?.original?.section;
    expect(found('message/rfc822')).toBe('3.HEADER');
    for (const type of ['text/rfc822-headers', 'message/rfc822-headers', 'message/global'])
      expect(found(type)).toBe('3');
  });

  test('are one less where the server has told the id of that mail', () => {
    const quoted = node('message/rfc822', { envelope: { messageId: '<a@b>' } });
    const parts = [node('text/plain'), node('message/global-delivery-status'), quoted];
    expect(reportOf(...parts)).toEqual({ status, original: null, originalId: '<a@b>' });
  });

  test('are not sought in a forwarded mail', () => {
    const inside = node('multipart/report', { childNodes: [node('message/delivery-status')] });
    expect(reportOf(node('text/plain'), node('message/rfc822', { childNodes: [inside] }))).toBeNull();
  });

  test('are not there in other mails, nor in a structure as no server should send', () => {
    expect(findReportParts(undefined)).toBeNull();
    expect(findReportParts(node('text/plain'))).toBeNull();
    let deep = node('message/delivery-status');
    for (let depth = 0; depth < 10_000; depth++) deep = node('multipart/mixed', { childNodes: [deep] });
    expect(findReportParts(deep)).toBeNull();
    const odd = [null, 7, {}, { type: 5 }, { type: 'message/delivery-status', size: 'x', part: '1 UID' }];
    expect(reportOf(...(odd as MessageStructureObject[]))?.status).toEqual({
      section: '5',
      encoding: '',
      sizeBytes: 0,
    });
  });
});
