import { format, inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createScrubber, Secret, scrubValue } from '../../src/secret.js';

const VALUE = 'p@ss "word"/é+%41';

describe('a secret', () => {
  test('never prints, whichever way it is turned into text', () => {
    const secret = new Secret(VALUE);
    const printed = [
      String(secret),
      `${secret}`,
      `a${secret as unknown as string}`,
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }, { depth: 5, showHidden: true }),
      format('%s %o %O %j', secret, secret, secret, secret),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify({ ...secret }),
      new Error(`wrong ${secret}`).stack,
    ];
    for (const text of printed) expect(text).not.toContain('word');
    expect(printed[0]).toBe('[secret]');
  });

  test('is told only by reveal()', () => {
    expect(new Secret(VALUE).reveal()).toBe(VALUE);
  });

  test('cannot be cloned out of its wrapper', () => {
    expect(inspect(structuredClone(new Secret(VALUE)))).not.toContain('word');
  });
});

describe('the scrubber', () => {
  const scrub = createScrubber([VALUE, 'secret-one', 'secret-one-longer', 'abc']);

  test('removes a secret as it stands', () => {
    expect(scrub(`before ${VALUE} after`)).toBe('before [secret] after');
  });

  test('removes every occurrence', () => {
    expect(scrub('secret-one, secret-one')).toBe('[secret], [secret]');
  });

  test.each([
    ['JSON', JSON.stringify({ v: VALUE })],
    ['a URL component', encodeURIComponent(VALUE)],
    ['a query string', new URLSearchParams({ v: VALUE }).toString()],
    ['base64', Buffer.from(VALUE).toString('base64')],
  ])('removes a secret as %s writes it', (_form, text) => {
    const clean = scrub(`x ${text} y`);
    expect(clean).toContain('[secret]');
    expect(clean).not.toContain('word');
    expect(clean).not.toContain(Buffer.from(VALUE).toString('base64').slice(0, 12));
  });

  test('removes the longer of two secrets that begin alike, whole', () => {
    expect(scrub('see secret-one-longer')).toBe('see [secret]');
  });

  test('leaves texts alone that only contain a very short value', () => {
    expect(scrub('abcdef')).toBe('abcdef');
  });

  test('takes a secret full of regular-expression and replacement signs literally', () => {
    const special = createScrubber(['$&.*+?^(x)[y]|\\']);
    expect(special('a $&.*+?^(x)[y]|\\ b')).toBe('a [secret] b');
  });

  test('removes user and password of any URL, known or not', () => {
    expect(scrub('connect postgres://app:unknown@db.example.com:5432/x failed')).toBe(
      'connect postgres://[secret]@db.example.com:5432/x failed',
    );
    expect(scrub('see https://example.com/a:b@c')).toBe('see https://example.com/a:b@c');
  });

  test('cleans every text inside a value and keeps its shape', () => {
    const value = { list: ['secret-one', 1, null, { deep: 'is secret-one!' }], yes: true };
    expect(scrubValue(value, scrub)).toEqual({
      list: ['[secret]', 1, null, { deep: 'is [secret]!' }],
      yes: true,
    });
    expect(scrubValue(undefined, scrub)).toBeUndefined();
  });

  test('takes no time to speak of over a text made to be slow', () => {
    const started = performance.now();
    createScrubber([])(`//${':'.repeat(500_000)}`);
    createScrubber([])('//a:'.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
