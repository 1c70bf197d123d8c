import { lookup, Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { inTime } from '../in-time.js';
import { abortable } from './probe-abort.js';

export interface Names {
  /**
   * Every address of a name, at least one.
   * @throws {NameUnknown}, an error of the DNS with its `code`, or the signal's reason
   */
  addressesOf(name: string, signal: AbortSignal): Promise<string[]>;
}

export class NameUnknown extends Error {
  override readonly name = 'NameUnknown';
}

interface Lookup {
  addresses: Promise<string[]>;
  waiting: number;
  cancel(): void;
}

/**
 * The DNS is asked by sockets, not by getaddrinfo: four of those that hang would hold up every file and name of the
 * process. Who waits for the same name shares one lookup; it ends when the last one leaves.
 */
export function createNames(servers: string[] | undefined): Names {
  const lookups = new Map<string, Lookup>();
  let hosts: Promise<Map<string, string[]>> | undefined;
  const begin = (name: string): Lookup => {
    const resolver = new Resolver({ timeout: 2_000, tries: 4 });
    if (servers) resolver.setServers(servers);
    hosts ??= readHosts();
    const begun: Lookup = {
      // Whoever left by then has cancelled nothing yet.
      addresses: hosts.then((known) => (begun.waiting > 0 ? find(name, known, resolver) : [])),
      waiting: 0,
      cancel: () => resolver.cancel(),
    };
    lookups.set(name, begun);
    return begun;
  };
  return {
    async addressesOf(name, signal) {
      const shared = lookups.get(name) ?? begin(name);
      shared.waiting += 1;
      try {
        return await abortable(shared.addresses, signal);
      } finally {
        shared.waiting -= 1;
        if (shared.waiting === 0) {
          lookups.delete(name);
          shared.cancel();
        }
      }
    },
  };
}

async function find(name: string, hosts: Map<string, string[]>, resolver: Resolver): Promise<string[]> {
  const bare = name.toLowerCase().replace(/\.$/, '');
  // Of both families (RFC 6761), also where the hosts file names one.
  if (bare === 'localhost') return ['127.0.0.1', '::1'];
  const known = hosts.get(bare);
  if (known) return known;
  try {
    return await askDns(bare, resolver);
  } catch (error) {
    if (!NOT_IN_DNS.has(codeOf(error))) throw error;
    const found = await askSystem(name);
    if (found.length > 0) return found;
    throw NO_SUCH_NAME.has(codeOf(error)) ? new NameUnknown(name, { cause: error }) : error;
  }
}

/** A family that keeps silent is waited for no longer than this once the other has addresses. */
const OTHER_FAMILY_MS = 300;

async function askDns(name: string, resolver: Resolver): Promise<string[]> {
  const asked = [resolver.resolve4(name), resolver.resolve6(name)];
  const settled = Promise.allSettled(asked);
  const first = await Promise.any(asked).catch(() => undefined);
  if (!first) {
    const codes = (await settled).map((answer) => (answer as PromiseRejectedResult).reason);
    // One family may be missing; that the other could not be asked is what counts.
    throw codes.find((error) => !NO_SUCH_NAME.has(codeOf(error))) ?? codes[0];
  }
  const all = await inTime(settled, OTHER_FAMILY_MS);
  return all?.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])) ?? first;
}

const NO_SUCH_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);
/** The system may know more: search domains, mDNS, or a configuration that only it can read. */
const NOT_IN_DNS = new Set([...NO_SUCH_NAME, 'ECONNREFUSED']);

/** How many of the four threads getaddrinfo may take, and how long it is waited for. */
const SYSTEM_LOOKUPS = 2;
const SYSTEM_MS = 3_000;
let systemLookups = 0;
const queue: (() => void)[] = [];

/** @returns nothing when the system does not know the name either, or takes too long */
async function askSystem(name: string): Promise<string[]> {
  return (await inTime(oneOfFew(name), SYSTEM_MS)) ?? [];
}

async function oneOfFew(name: string): Promise<string[]> {
  const asked = performance.now();
  if (systemLookups >= SYSTEM_LOOKUPS) await new Promise<void>((turn) => queue.push(turn));
  systemLookups += 1;
  try {
    if (performance.now() - asked > SYSTEM_MS) return [];
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  } finally {
    systemLookups -= 1;
    queue.shift()?.();
  }
}

/** What the hosts file says: the DNS knows nothing of it. */
async function readHosts(): Promise<Map<string, string[]>> {
  const hosts = new Map<string, string[]>();
  const text = await readFile('/etc/hosts', 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names.map((one) => one.toLowerCase()))
      hosts.set(name, [...(hosts.get(name) ?? []), address]);
  }
  return hosts;
}

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? '');
