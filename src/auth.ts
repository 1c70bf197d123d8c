import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { AddressRange } from './config-fields.js';
import type { Secret } from './secret.js';

/** What a presented secret opens. */
export type Access = { kind: 'all' } | { kind: 'read' } | { kind: 'task'; task: string };

/** The key that opens one task only: the hex HMAC-SHA256 of its name under the secret. */
export const taskKey = (secret: Secret, name: string): string =>
  createHmac('sha256', secret.reveal()).update(name).digest('hex');

/** The name whose key opens `GET` on catalogue, runs and metrics. */
export const READ_KEY = 'read';

export interface Authenticator {
  /** What the presented secret opens; undefined when it opens nothing. */
  access(presented: string | undefined): Access | undefined;
  /** Every derived key, so that none slips into a log. */
  derivedKeys: string[];
}

/** @param secrets the current one first; none leaves every endpoint open (development only) */
export function createAuthenticator(secrets: Secret[], taskNames: string[]): Authenticator {
  if (secrets.length === 0) return { access: () => ({ kind: 'all' }), derivedKeys: [] };
  const keys: { digest: Buffer; access: Access }[] = [];
  const derivedKeys: string[] = [];
  for (const secret of secrets) {
    keys.push({ digest: digest(secret.reveal()), access: { kind: 'all' } });
    for (const name of [READ_KEY, ...taskNames]) {
      const key = taskKey(secret, name);
      derivedKeys.push(key);
      keys.push({
        digest: digest(key),
        access: name === READ_KEY ? { kind: 'read' } : { kind: 'task', task: name },
      });
    }
  }
  return {
    derivedKeys,
    access(presented) {
      if (presented === undefined) return undefined;
      const given = digest(presented);
      let found: Access | undefined;
      // Every key is compared, so that the time tells nothing.
      for (const key of keys) if (timingSafeEqual(key.digest, given)) found ??= key.access;
      return found;
    },
  };
}

const digest = (value: string): Buffer => createHash('sha256').update(value).digest();

/**
 * The caller's address, read behind so many proxies that each append to `X-Forwarded-For`.
 * Without the header the call came straight, from the address of its connection.
 * @returns undefined when the header has fewer entries than there should be proxies: somebody went round them
 */
export function clientAddress(
  remote: string | undefined,
  forwardedFor: string | undefined,
  hops: number,
): string | undefined {
  const forwarded = forwardedFor?.split(',').map((entry) => entry.trim()) ?? [];
  if (hops === 0 || forwarded.length === 0) return normalise(remote);
  return normalise(forwarded.at(-hops));
}

export function isAllowed(address: string | undefined, ranges: AddressRange[]): boolean {
  if (address === undefined) return false;
  const parsed = ipaddr.process(address);
  return ranges.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match(range as never, bits));
}

/** Drops ports and brackets, and writes IPv4-mapped IPv6 as IPv4. */
function normalise(value: string | undefined): string | undefined {
  const bare = value?.replace(/^\[([^\]]+)\](?::\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  const withoutZone = bare?.replace(/%.*$/, '');
  return withoutZone && ipaddr.isValid(withoutZone) ? ipaddr.process(withoutZone).toString() : undefined;
}
