import { describe, expect, test } from 'vitest';
import { addressPattern, namePattern } from '../../../../src/tasks/accounts/patterns.js';
import { createRedactor, redactJson } from '../../../../src/tasks/accounts/redact.js';

const redact = createRedactor(
  {
    addresses: ['anna@example.com', "o'neil+x@example.com"].map(addressPattern),
    names: ['Anna Bel', 'Zoé (Z.) $& Ö'].flatMap((name) => namePattern(name) ?? []),
  },
  '[deleted]',
);
const clean = (text: string, withNames = true) => redact(text, withNames);

describe('an address', () => {
  test.each([
    ['anna@example.com', '[deleted]'],
    ['ANNA@Example.COM', '[deleted]'],
    ['Write to anna@example.com.', 'Write to [deleted].'],
    ['<anna@example.com>, "anna@example.com"', '<[deleted]>, "[deleted]"'],
    ['mailto:anna@example.com?subject=x', 'mailto:[deleted]?subject=x'],
    ['https://x.example/?to=anna%40example.com&a=1', 'https://x.example/?to=[deleted]&a=1'],
    ['https://x.example/?to=%3Canna%40example.com%3E', 'https://x.example/?to=%3C[deleted]%3E'],
    ['line\nanna@example.com\nline', 'line\n[deleted]\nline'],
    ['<b>o&#39;neil+x@example.com</b>', '<b>[deleted]</b>'],
    ["o'neil+x@example.com", '[deleted]'],
  ])('goes from %j', (text, expected) => {
    expect(clean(text)).toBe(expected);
    expect(clean(text, false)).toBe(expected);
  });

  test.each([
    'joanna@example.com',
    'j.anna@example.com',
    'j-anna@example.com',
    'j+anna@example.com',
    'anna@example.com.au',
    'anna@example.com-mail.fr',
    'anna@example.community',
    'anna.example.com',
  ])('of somebody else stays: %s', (text) => {
    expect(clean(text)).toBe(text);
  });
});

describe('a name', () => {
  test('goes as a whole only, and only where namesakes lose nothing', () => {
    expect(clean('Anna Bel and ANNA BEL, not Anna Bella nor Joanna Bel')).toBe(
      '[deleted] and [deleted], not Anna Bella nor Joanna Bel',
    );
    expect(clean('Anna Bel <anna@example.com>', false)).toBe('Anna Bel <[deleted]>');
  });

  test('may hold characters that mean something to patterns and replacements', () => {
    expect(clean('x Zoé (Z.) $& Ö y')).toBe('x [deleted] y');
  });
});

test('JSON keeps its form: only texts and keys are redacted', () => {
  const value = { 'anna@example.com': [1, true, null, 'to anna@example.com'], other: { text: 'Anna Bel' } };
  expect(redactJson(value, clean)).toEqual({
    '[deleted]': [1, true, null, 'to [deleted]'],
    other: { text: '[deleted]' },
  });
});

test('nothing known, nothing replaced', () => {
  expect(createRedactor({ addresses: [], names: [] }, '[deleted]')('any text', true)).toBe('any text');
});
