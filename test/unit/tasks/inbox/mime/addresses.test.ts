import { describe, expect, it } from 'vitest';
import { parseAddresses, parseMailbox } from '../../../../../src/tasks/inbox/mime/addresses.js';

describe('parseMailbox', () => {
  it.each([
    ['Ana <ana@x.org>', 'Ana', 'ana@x.org'],
    ['ana@x.org (Ana)', 'Ana', 'ana@x.org'],
    ['ana@x.org', null, 'ana@x.org'],
    ['<Ana.B@X.ORG>', null, 'Ana.B@x.org'],
    ['"=?UTF-8?Q?Jos=C3=A9_Mar=C3=ADa?=" <jose@x.org>', 'José María', 'jose@x.org'],
    ['=?koi8-r?B?8NLJ18XU?= <a@x.ru>', 'Привет', 'a@x.ru'],
    ['=?ISO-2022-JP?B?GyRCRnw=?= =?ISO-2022-JP?B?GyRCS1wbKEI=?= <a@x.jp>', '日本', 'a@x.jp'],
    ['山田太郎 <taro@x.jp>', '山田太郎', 'taro@x.jp'],
    ['MAILER-DAEMON', 'MAILER-DAEMON', null],
    ['<MAILER-DAEMON>', 'MAILER-DAEMON', null],
    ['=?utf-8?Q?Ana_<ana@x.org>?=', 'Ana <ana@x.org>', null],
    ['Team: ana@x.org, bob@x.org;', null, 'ana@x.org'],
  ])('reads %s', (value, name, address) => {
    expect(parseMailbox(value)).toEqual({ name, address });
  });

  it.each([[''], ['   '], ['undisclosed-recipients:;'], ['<>'], [',,,']])('finds no one in %j', (value) => {
    expect(parseMailbox(value)).toBeNull();
  });

  it('lets no encoded comma or bracket forge an address', () => {
    expect(parseMailbox('=?utf-8?Q?boss=40corp.com=3E=2C?= <evil@x.org>')).toEqual({
      name: 'boss@corp.com>,',
      address: 'evil@x.org',
    });
    expect(parseMailbox('=?utf-8?Q?Boss_<boss@corp.com>,?= <evil@x.org>')?.address).toBe('evil@x.org');
    expect(parseAddresses(['=?utf-8?B?PGJvc3NAY29ycC5jb20+LA==?= <evil@x.org>'])).toEqual(['evil@x.org']);
  });

  it('decodes nothing inside an address', () => {
    expect(parseMailbox('<=?utf-8?Q?boss?=@x.org>')?.address).toBe('=?utf-8?Q?boss?=@x.org');
  });

  it('keeps text that looks like a placeholder of its own', () => {
    expect(parseMailbox('=?0?= =?utf-8?Q?=C3=A9?= =?7?= <a@x.org>')?.name).toBe('=?0?= é =?7?=');
  });
});

describe('parseAddresses', () => {
  it('opens groups and leaves out what holds no @', () => {
    expect(
      parseAddresses(['Team: a@x.org, "b, c" <b@x.org>;, root, undisclosed-recipients:;', 'c@x.org']),
    ).toEqual(['a@x.org', 'b@x.org', 'c@x.org']);
  });

  it('keeps malformed addresses that hold an @', () => {
    expect(parseAddresses(['a@b@c, @x, "quoted local"@X.org'])).toEqual([
      'a@b@c',
      '@x',
      '"quoted local"@x.org',
    ]);
  });

  it('lower-cases only the domain', () => {
    expect(parseAddresses(['John.DOE@Exämple.COM'])).toEqual(['John.DOE@exämple.com']);
  });

  it('keeps at most 1,000', () => {
    const many = Array.from({ length: 3_000 }, (_, n) => `user${n}@x.org`);
    expect(parseAddresses([many.join(', ')])).toEqual(many.slice(0, 1_000));
  });
});
