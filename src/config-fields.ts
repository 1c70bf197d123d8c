import ipaddr from 'ipaddr.js';
import addressparser from 'nodemailer/lib/addressparser';
import { z } from 'zod';
import { isAddress, parseSender } from './clients/mail.js';
import { Secret } from './secret.js';

/** The kinds of environment variables; each reads a text and says in English what it expected. */

export const text = () => z.string();

export const secret = () => z.string().transform((value) => new Secret(value));

export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`);

export const boolean = () =>
  z
    .string()
    .toLowerCase()
    .refine((value) => ['true', 'false', '1', '0'].includes(value), 'expected true or false')
    .transform((value) => value === 'true' || value === '1');

export const list = () =>
  z.string().transform((value) =>
    value
      .split(/[\s,]+/)
      .map((item) => item.trim())
      .filter(Boolean),
  );

/** Names and paths, which may hold spaces. */
export const names = () =>
  z.string().transform((value) =>
    value
      .split(/[,\r\n]+/)
      .map((item) => item.trim())
      .filter(Boolean),
  );

/** The beginning of keys in a bucket, without slashes at its ends. */
export const keyPrefix = () =>
  z
    .string()
    .transform((value) => value.replace(/^\/+|\/+$/g, ''))
    .refine(
      (value) => value.split('/').every((name) => /^[^\\\p{Cc}]+$/u.test(name) && !/^\.{1,2}$/.test(name)),
      'expected a path such as backups/database',
    );

/** The last characters are a checksum, which the first backup looks at. */
export const ageRecipient = () =>
  z.string().regex(/^age1[02-9ac-hj-np-z]{50,}$/, 'expected age1…, the public key that age-keygen shows');

/** The whole file that age-keygen writes will do. */
export const ageIdentity = () =>
  z
    .string()
    .regex(/^AGE-SECRET-KEY-/m, 'expected AGE-SECRET-KEY-1…, the file that age-keygen writes')
    .transform((value) => new Secret(value));

const parsesAsUrl = (value: string, protocols: string[]): boolean =>
  URL.canParse(value) && protocols.includes(new URL(value).protocol);

export const httpUrl = () =>
  z
    .string()
    .refine(
      (value) => parsesAsUrl(value, ['http:', 'https:']),
      'expected an address such as https://example.com',
    )
    .transform((value) => value.replace(/\/+$/, ''));

/** Addresses of machines; a user and password in one are sent as HTTP Basic. */
export const httpUrls = () =>
  list().transform((items, context): Secret[] =>
    items.map((item) => {
      if (!parsesAsUrl(item, ['http:', 'https:']))
        context.addIssue({ code: 'custom', message: `expected addresses such as http://10.0.0.2:9100` });
      return new Secret(item);
    }),
  );

/** The driver decodes user and password, and fails on a lone percent sign without naming the variable. */
function hasReadableCredentials(value: string): boolean {
  try {
    const { username, password } = new URL(value);
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}

export const postgresUrl = () =>
  z
    .string()
    .refine(
      (value) => parsesAsUrl(value, ['postgres:', 'postgresql:']) && hasReadableCredentials(value),
      'expected postgresql://user:password@host:5432/database (special characters of the password URL-encoded)',
    )
    .transform((value) => new Secret(value));

export const smtpUrl = () =>
  z
    .string()
    .refine(
      (value) => parsesAsUrl(value, ['smtp:', 'smtps:']),
      'expected smtp://user:password@host:587 or smtps://user:password@host:465',
    )
    .transform((value) => new Secret(value));

/** One address, without a name. */
export const address = () => z.string().refine(isAddress, 'expected an address such as admin@example.com');

/** A sender: `Cronhook <cronhook@example.com>`, or the address alone. */
export const sender = () =>
  z
    .string()
    .refine(
      (value) =>
        addressparser(value, { flatten: true }).length === 1 && isAddress(parseSender(value).address),
      'expected an address, or Name <address@example.com>',
    );

/** In E.164, as the SMS provider wants it; spaces, dots and hyphens are for people. */
export const phoneNumber = () =>
  z
    .string()
    .transform((value) => value.replace(/[\s.()-]/g, ''))
    .refine((value) => /^\+[1-9]\d{6,14}$/.test(value), 'expected a number such as +33612345678');

/** 32 bytes in base64, as `openssl rand -base64 32` prints them. */
export const encryptionKey = () =>
  z
    .string()
    .refine(
      (value) => /^[A-Za-z0-9+/_-]{43}=?$/.test(value) && Buffer.from(value, 'base64').length === 32,
      'expected 32 bytes in base64: openssl rand -base64 32',
    )
    .transform((value) => new Secret(value));

export const timeZone = () =>
  z.string().refine((value) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: value });
      return true;
    } catch {
      return false;
    }
  }, 'expected a time zone such as Europe/Paris');

export type AddressRange = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Addresses and CIDR ranges of both families; IPv4 written as IPv6 counts as IPv4. */
export const addressRanges = () =>
  list().transform((items, context): AddressRange[] =>
    items.flatMap((item) => {
      const range = parseRange(item);
      if (range) return [range];
      context.addIssue({
        code: 'custom',
        message: `${item} is neither an address nor a range such as 10.0.0.0/8`,
      });
      return [];
    }),
  );

function parseRange(item: string): AddressRange | undefined {
  try {
    // ipaddr.js also reads "10.1" and "167772161" the way inet_aton does: here they are mistakes.
    if (!item.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(item.replace(/\/\d+$/, '')))
      return undefined;
    if (item.includes('/')) return mappedRange(ipaddr.parseCIDR(item));
    const address = ipaddr.process(item);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return undefined;
  }
}

/** Callers are compared as IPv4 when their address is mapped, so ranges must be too. */
function mappedRange([address, bits]: AddressRange): AddressRange {
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96)
    return [address.toIPv4Address(), bits - 96];
  return [address, bits];
}
