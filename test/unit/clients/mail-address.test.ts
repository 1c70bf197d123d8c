import { expect, test } from 'vitest';
import { isAddress } from '../../../src/clients/mail-address.js';

test.each([
  'anna@example.com',
  'anna+cron@example.co.uk',
  'anna..b.@docomo.example',
  "o'neil@example.com",
  'anne-marie@mon-domaine.fr',
  'cron@localhost',
  'é.dupont@société.fr',
])('%s is an address', (value) => expect(isAddress(value)).toBe(true));

test.each([
  'anna',
  'anna@',
  '@example.com',
  'a@x..fr',
  'a@.fr',
  'a@x.fr.',
  '-oX@x.fr',
  'a@-x.fr',
  'a@x.-fr',
  'a@b@c.fr',
  'a@x.fr, b@x.fr',
  'a@x.fr\nBcc: b@x.fr',
])('%j is none', (value) => expect(isAddress(value)).toBe(false));

test('an endless one is turned down at once', () => {
  const started = performance.now();
  expect(isAddress(`a@${'x.'.repeat(100_000)}`)).toBe(false);
  expect(isAddress(`a@${'x.'.repeat(150)}`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(100);
});
