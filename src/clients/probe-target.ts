import { isIP } from 'node:net';
import { domainToUnicode } from 'node:url';
import type { Text } from '../errors.js';
import { isRefusedAddress, isRefusedName } from './probe-guard.js';

/** Where a check connects to. */
export interface Endpoint {
  /** A name as the DNS writes it, or an address without brackets. */
  host: string;
  port: number;
  /** For people: `exämple.fr:443`. */
  at: string;
}

/** Why a target cannot be watched, as far as can be said without asking anybody; names are looked up at each check. */
export function targetProblem(kind: 'http' | 'tcp', target: string): Text | undefined {
  const endpoint = kind === 'http' ? httpEndpoint(target) : tcpEndpoint(target);
  if (!endpoint) return (t) => (kind === 'http' ? t.monitors.probe.targetHttp : t.monitors.probe.targetTcp);
  if (isRefusedHost(endpoint.host)) return (t) => t.monitors.probe.refusedAddress(shown(endpoint.host));
  return undefined;
}

/** Said of the host as it stands; what a name leads to is judged once it is looked up. */
export const isRefusedHost = (host: string): boolean =>
  isIP(host) > 0 ? isRefusedAddress(host) : isRefusedName(host);

export function tcpEndpoint(target: string): Endpoint | undefined {
  const [, host, port] = /^(\[[\da-f:.]+\]|[^\s[\]:/\\@?#%]+):(\d{1,5})$/i.exec(target.trim()) ?? [];
  if (!host || Number(port) < 1 || Number(port) > 65_535) return undefined;
  // Read as a URL, so that 0xA9FEA9FE and other spellings of an address are what they are.
  const url = parseUrl(`http://${host}/`);
  return url && endpointOf(url.hostname, Number(port));
}

function httpEndpoint(target: string): Endpoint | undefined {
  const url = httpUrl(target);
  return url && urlEndpoint(url);
}

/** @returns undefined for anything but http:// and https:// */
export function httpUrl(target: string, base?: URL): URL | undefined {
  if (!base && !/^\s*https?:\/\//i.test(target)) return undefined;
  const url = parseUrl(target, base);
  return url && ['http:', 'https:'].includes(url.protocol) && url.port !== '0' ? url : undefined;
}

export const urlEndpoint = (url: URL): Endpoint =>
  endpointOf(url.hostname, Number(url.port) || (url.protocol === 'https:' ? 443 : 80));

const endpointOf = (hostname: string, port: number): Endpoint => ({
  host: hostname.replace(/^\[(.*)\]$/, '$1'),
  port,
  at: `${shown(hostname)}:${port}`,
});

/** A host for people. */
export const shown = (host: string): string => domainToUnicode(host) || host;

function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
