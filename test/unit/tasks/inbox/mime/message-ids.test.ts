import { describe, expect, it } from 'vitest';
import {
  parseInReplyTo,
  parseMessageId,
  parseReferences,
} from '../../../../../src/tasks/inbox/mime/message-ids.js';

describe('message ids', () => {
  it.each([
    ['<a@b>', '<a@b>'],
    ['  < a@b > ', '<a@b>'],
    ['<a\t b@c>', '<ab@c>'],
    ['<<a@b>>', '<a@b>'],
    ['a@b', '<a@b>'],
    ['no-at-sign', '<no-at-sign>'],
    ['<cut@exam', '<cut@exam>'],
    ['=?utf-8?Q?=3Ca=40b=3E?=', '<a@b>'],
    ['<a\u0000b@c>', '<ab@c>'],
  ])('reads %j as %s', (value, id) => {
    expect(parseMessageId(value)).toBe(id);
  });

  it.each([[''], ['<>'], ['< >'], ['some words only']])('finds none in %j', (value) => {
    expect(parseMessageId(value)).toBeNull();
  });

  it.each([
    ['Message from Joe <joe@x.org> of "Mon, 1 Jan" <id@x.org>', '<id@x.org>'],
    ['<id@x.org> (Joe <joe@x.org> on Monday)', '<id@x.org>'],
    ['<id@x.org> <older@x.org>', '<id@x.org>'],
    ['id@x.org', '<id@x.org>'],
    ['Your message of Tuesday', null],
  ])('takes the parent out of %j', (value, id) => {
    expect(parseInReplyTo(value)).toBe(id);
  });

  it('stands a hash for a long id, the same in every field', () => {
    const long = `<${'x'.repeat(1_000)}@x.org>`;
    const id = parseMessageId(long);
    expect(id).toMatch(/^<[0-9a-f]{64}@long-id\.invalid>$/);
    expect(parseReferences(`<a@b> ${long}`)).toEqual(['<a@b>', id]);
    expect(parseInReplyTo(long.slice(1, -1))).toBe(id);
    expect(parseMessageId(`<${'é'.repeat(449)}>`)).toBe(`<${'é'.repeat(449)}>`);
    expect(parseMessageId(`<${'é'.repeat(450)}>`)).toContain('long-id.invalid');
  });

  it('keeps the root and the last 99 of a long thread, each once', () => {
    const ids = Array.from({ length: 300 }, (_, n) => `<${n}@x>`);
    expect(parseReferences(`${ids.join(' ')} ${ids.join('')}`)).toEqual(['<0@x>', ...ids.slice(-99)]);
    expect(parseReferences('<a@b>,<a@b><c@d>')).toEqual(['<a@b>', '<c@d>']);
    expect(parseReferences('a@b c@d')).toEqual(['<a@b>', '<c@d>']);
  });
});
