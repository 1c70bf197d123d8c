import { type IncomingMessage, request } from 'node:http';
import { version } from '../version.js';
import { basicAuthorization } from './basic-authorization.js';
import { abortable } from './probe-abort.js';
import { openSocket } from './probe-connect.js';
import type { Course } from './probe-course.js';
import type { Names } from './probe-names.js';
import { ProbeProblem } from './probe-problem.js';
import { httpUrl, shown, urlEndpoint } from './probe-target.js';
import { secure } from './probe-tls.js';

export interface Line {
  names: Names;
  ca: string | undefined;
  course: Course;
}

const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * The answer to a GET, its body unread. Redirects go where a visitor's browser would go, from https:// to http://
 * too; credentials go no further than the origin they were given for.
 */
export async function get(start: URL, followRedirects: boolean, line: Line): Promise<IncomingMessage> {
  const seen = new Set<string>();
  let url = start;
  for (;;) {
    seen.add(withoutHash(url));
    const answer = await ask(url, start, line);
    const next = followRedirects ? redirectOf(answer) : undefined;
    if (next === undefined) return answer;
    answer.destroy();
    line.course.redirectedFrom = shown(url.hostname);
    url = redirectUrl(next, url);
    const { host } = url;
    if (seen.has(withoutHash(url))) throw new ProbeProblem((t) => t.monitors.probe.redirectLoop(shown(host)));
    if (seen.size > MOST_REDIRECTS)
      throw new ProbeProblem((t) => t.monitors.probe.tooManyRedirects(MOST_REDIRECTS));
  }
}

/** Where an answer sends, as it says it. */
export function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (!REDIRECTS.includes(statusCode) || headers.location === undefined) return undefined;
  // Node reads headers as Latin-1, servers write them in UTF-8.
  return Buffer.from(headers.location, 'latin1').toString('utf8');
}

function redirectUrl(location: string, from: URL): URL {
  const url = httpUrl(location, from);
  if (!url) throw new ProbeProblem((t) => t.monitors.probe.redirectInvalid(shown(from.hostname)));
  return url;
}

async function ask(url: URL, start: URL, { names, ca, course }: Line): Promise<IncomingMessage> {
  const endpoint = urlEndpoint(url);
  const plain = await openSocket(endpoint, names, course);
  course.encrypted = url.protocol === 'https:';
  const socket = course.encrypted ? await secure(plain, endpoint, ca, course) : plain;
  course.stage = 'answer';
  const sent = request({
    createConnection: () => socket,
    path: url.pathname + url.search,
    headers: { host: url.host, ...HEADERS, ...credentials(url, start) },
    maxHeaderSize: 64 * 1024,
    // What browsers read is not down; nothing else comes over this connection that could be mistaken.
    insecureHTTPParser: true,
  });
  sent.on('error', () => {});
  const answer = answerTo(sent);
  await course.measure('firstByteMs', () =>
    abortable(Promise.race([firstByte(sent), answer]), course.signal),
  );
  return abortable(answer, course.signal);
}

const HEADERS = {
  'user-agent': `Cronhook/${version}`,
  accept: '*/*',
  'accept-encoding': 'identity',
  connection: 'close',
};

function credentials(url: URL, start: URL): { authorization?: string } {
  const { username, password } = url.username || url.origin !== start.origin ? url : start;
  if (!username && !password) return {};
  return { authorization: basicAuthorization({ username, password }) };
}

function firstByte(sent: ReturnType<typeof request>): Promise<void> {
  // Only once the parser listens: a listener before it would take the bytes from it.
  return new Promise((resolve) => sent.once('socket', (socket) => socket.once('data', () => resolve())));
}

function answerTo(sent: ReturnType<typeof request>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage) => {
      answer.on('error', () => {});
      resolve(answer);
    };
    sent.once('response', take);
    // 101: whatever comes next is no HTTP, the answer is.
    sent.once('upgrade', take);
    sent.once('error', reject);
    sent.end();
  });
}

const withoutHash = (url: URL): string => url.href.replace(/#.*/, '');
