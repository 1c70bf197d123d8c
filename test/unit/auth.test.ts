import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { clientAddress, createAuthenticator, isAllowed, taskKey } from '../../src/auth.js';
import { type Config, loadConfig } from '../../src/config.js';
import { Secret } from '../../src/secret.js';

const CURRENT = new Secret('current-secret-0123456789-0123456789');
const PREVIOUS = new Secret('previous-secret-0123456789-012345678');
const hmac = (secret: Secret, name: string) =>
  createHmac('sha256', secret.reveal()).update(name).digest('hex');

describe('a task’s own key', () => {
  test('is the hex HMAC-SHA256 of its name under the secret', () => {
    expect(taskKey(CURRENT, 'inbox-sync')).toBe(hmac(CURRENT, 'inbox-sync'));
    // Worked out with: printf %s inbox-sync | openssl dgst -sha256 -hmac key
    expect(taskKey(new Secret('key'), 'inbox-sync')).toBe(
      '9ef5e961b6c35ffa3ebcc3db7c28eaffc1a0a73e10010ef2d2396b31e93daf6c',
    );
    expect(taskKey(CURRENT, 'inbox-sync')).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('what a presented secret opens', () => {
  const auth = createAuthenticator([CURRENT, PREVIOUS], ['inbox-sync', 'outbox']);

  test('the secret opens everything', () => {
    expect(auth.access(CURRENT.reveal())).toEqual({ kind: 'all' });
  });

  test('the previous secret opens everything while it is being rotated', () => {
    expect(auth.access(PREVIOUS.reveal())).toEqual({ kind: 'all' });
  });

  test.each([CURRENT, PREVIOUS])('a task key opens its task only', (secret) => {
    expect(auth.access(hmac(secret, 'inbox-sync'))).toEqual({ kind: 'task', task: 'inbox-sync' });
    expect(auth.access(hmac(secret, 'outbox'))).toEqual({ kind: 'task', task: 'outbox' });
  });

  test.each([CURRENT, PREVIOUS])('the read key reads', (secret) => {
    expect(auth.access(hmac(secret, 'read'))).toEqual({ kind: 'read' });
  });

  test.each([
    undefined,
    '',
    ' ',
    'nonsense',
    `${CURRENT.reveal()} `,
    CURRENT.reveal().slice(0, -1),
    CURRENT.reveal().toUpperCase(),
    hmac(CURRENT, 'inbox-sync').toUpperCase(),
    hmac(CURRENT, 'unserved-task'),
    hmac(new Secret('another'), 'inbox-sync'),
    'x'.repeat(100_000),
  ])('anything else opens nothing (%#)', (presented) => {
    expect(auth.access(presented)).toBeUndefined();
  });

  test('a previous secret that is no longer configured opens nothing', () => {
    expect(createAuthenticator([CURRENT], ['inbox-sync']).access(PREVIOUS.reveal())).toBeUndefined();
  });

  test('without any secret (development) everything is open', () => {
    expect(createAuthenticator([], ['inbox-sync']).access(undefined)).toEqual({ kind: 'all' });
  });

  test('every derived key is known, so that none slips into a log', () => {
    expect(new Set(auth.derivedKeys)).toEqual(
      new Set([CURRENT, PREVIOUS].flatMap((s) => ['read', 'inbox-sync', 'outbox'].map((n) => hmac(s, n)))),
    );
  });
});

describe('the caller’s address', () => {
  const client = '203.0.113.7';

  test('is the connection’s without a trusted proxy, whatever the header claims', () => {
    expect(clientAddress(client, '10.0.0.1', 0)).toBe(client);
  });

  test('is what the nearest proxy saw behind one', () => {
    expect(clientAddress('10.0.0.9', client, 1)).toBe(client);
  });

  test('is not what a caller wrote in front of the proxy’s entry', () => {
    expect(clientAddress('10.0.0.9', `192.0.2.1, ${client}`, 1)).toBe(client);
    expect(clientAddress('10.0.0.9', `192.0.2.1, ${client}, 10.0.0.8`, 2)).toBe(client);
  });

  test('is unknown when the header has fewer entries than there should be proxies', () => {
    expect(clientAddress('10.0.0.9', client, 2)).toBeUndefined();
  });

  test('is unknown when the proxy’s entry is no address', () => {
    expect(clientAddress('10.0.0.9', 'unknown', 1)).toBeUndefined();
    expect(clientAddress('10.0.0.9', '', 1)).toBeUndefined();
  });

  test.each([
    ['::ffff:203.0.113.7', client],
    ['203.0.113.7:4711', client],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:DB8:0::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s reads as %s', (written, address) => {
    expect(clientAddress('10.0.0.9', written, 1)).toBe(address);
    expect(clientAddress(undefined, written, 1)).toBe(address);
  });
});

describe('the allow-list', () => {
  const ranges = (text: string) => {
    const config: Config = loadConfig({ NODE_ENV: 'test', CRON_ALLOWED_IPS: text });
    return config.CRON_ALLOWED_IPS ?? [];
  };

  test.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['203.0.113.0/24', '203.0.113.255', true],
    ['203.0.113.0/24', '203.0.114.0', false],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::1', '2001:db8:0:0:0:0:0:1', true],
    ['::ffff:203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '::ffff:203.0.113.7', true],
    ['::ffff:203.0.113.0/120', '203.0.113.9', true],
    ['::ffff:203.0.113.0/120', '203.0.114.9', false],
    ['10.0.0.0/8, 203.0.113.7', '203.0.113.7', true],
    ['10.0.0.0/8 203.0.113.7', '10.200.3.4', true],
  ])('%s and %s: %s', (list, address, allowed) => {
    expect(isAllowed(address, ranges(list))).toBe(allowed);
  });

  test('lets no unknown address in', () => {
    expect(isAllowed(undefined, ranges('0.0.0.0/0, ::/0'))).toBe(false);
  });
});
