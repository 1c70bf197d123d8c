import { connect, isIP, isIPv6, type Socket } from 'node:net';
import { abortable } from './probe-abort.js';
import type { Course } from './probe-course.js';
import { isRefusedAddress } from './probe-guard.js';
import type { Names } from './probe-names.js';
import { placeOf } from './probe-place.js';
import { ProbeProblem } from './probe-problem.js';
import { type Endpoint, isRefusedHost, shown } from './probe-target.js';

/**
 * A connection to one of the addresses that were judged: nobody is asked for them a second time.
 * @throws {ProbeProblem} when one of them must not be contacted, or what the socket says
 */
export async function openSocket(endpoint: Endpoint, names: Names, course: Course): Promise<Socket> {
  course.at = endpoint.at;
  course.stage = 'lookup';
  const addresses = await addressesOf(endpoint, names, course);
  course.stage = 'connect';
  const socket = await course.measure('connectMs', () =>
    abortable(firstToConnect(inTurns(addresses), endpoint.port, course), course.signal),
  );
  course.answered = true;
  return socket;
}

async function addressesOf({ host }: Endpoint, names: Names, course: Course): Promise<string[]> {
  if (isRefusedHost(host)) throw refused(host, course);
  const addresses =
    isIP(host) > 0 ? [host] : await course.measure('dnsMs', () => names.addressesOf(host, course.signal));
  course.place ??= placeOf(addresses);
  if (addresses.some(isRefusedAddress)) throw refused(host, course);
  return addresses;
}

const refused = (host: string, { redirectedFrom: from }: Course): ProbeProblem =>
  new ProbeProblem(({ monitors: { probe } }) =>
    from === undefined ? probe.refusedAddress(shown(host)) : probe.refusedRedirect(from, shown(host)),
  );

/** A name may have dozens; the time limit is for all of them. */
const MOST_ADDRESSES = 8;

/** The families in turn, so that one without a route costs one step. */
function inTurns(addresses: string[]): string[] {
  const four = addresses.filter((address) => !isIPv6(address));
  const six = addresses.filter((address) => isIPv6(address));
  const longest = Math.max(four.length, six.length);
  return Array.from({ length: longest }, (_, index) => [four[index], six[index]])
    .flat()
    .filter((address) => address !== undefined)
    .slice(0, MOST_ADDRESSES);
}

/** The next address is tried beside the others after this (RFC 8305, section 5). */
const NEXT_ADDRESS_MS = 250;

/** Node's own way (autoSelectFamily) gives each address up after 250 ms, so that a slow route looks like none. */
function firstToConnect(addresses: string[], port: number, course: Course): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = [...addresses];
    const errors: NodeJS.ErrnoException[] = [];
    const trying = new Set<Socket>();
    let timer: NodeJS.Timeout | undefined;
    const begin = () => {
      clearTimeout(timer);
      const host = waiting.shift();
      if (host === undefined || course.signal.aborted) return;
      const socket = course.keep(connect({ host, port }));
      trying.add(socket);
      socket.once('connect', () => won(socket));
      socket.once('error', (error) => lost(socket, error));
      if (waiting.length > 0) timer = setTimeout(begin, NEXT_ADDRESS_MS);
    };
    const won = (socket: Socket) => {
      clearTimeout(timer);
      waiting.length = 0;
      trying.delete(socket);
      for (const other of trying) other.destroy();
      resolve(socket);
    };
    const lost = (socket: Socket, error: Error) => {
      errors.push(error);
      trying.delete(socket);
      if (waiting.length > 0) begin();
      else if (trying.size === 0) reject(mostTelling(errors));
    };
    begin();
  });
}

/** That one family has no route says less than that the other was refused. */
function mostTelling(errors: NodeJS.ErrnoException[]): Error | undefined {
  const rank = ({ code = '' }: NodeJS.ErrnoException) => {
    const at = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH'].indexOf(code);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  return [...errors].sort((a, b) => rank(a) - rank(b))[0];
}
