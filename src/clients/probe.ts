import type { IncomingMessage } from 'node:http';
import type { Text } from '../errors.js';
import { timeLimit } from './probe-abort.js';
import { findKeyword, readBody } from './probe-body.js';
import { openSocket } from './probe-connect.js';
import { Course } from './probe-course.js';
import { get, type Line, redirectOf } from './probe-http.js';
import { createNames } from './probe-names.js';
import type { Place } from './probe-place.js';
import { isAnswer, problemText } from './probe-problem.js';
import { httpUrl, shown, tcpEndpoint } from './probe-target.js';

export { targetProblem } from './probe-target.js';

/** What is checked, as a row of `monitors` says it. */
export interface ProbeTarget {
  kind: 'http' | 'tcp';
  /** `https://example.com/path`, or `host:port`. */
  target: string;
  expectedStatus: number;
  /** For the whole check, redirects and body included. */
  timeoutMs: number;
  keyword: string | null;
  followRedirects: boolean;
}

/** Milliseconds; null for what the check did not come to. */
export interface ProbeResult {
  ok: boolean;
  latencyMs: number | null;
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
  firstByteMs: number | null;
  certificateExpiresAt: Date | null;
  /** Whose it is, where a redirect led to it. */
  certificateHost: string | null;
  /** What is wrong and what to do about it; null when all is well. */
  error: Text | null;
  /** Somebody answered, if only that there is no such port or name: whatever else is wrong, the network is there. */
  answered: boolean;
  /** Public where the name could not be looked up. */
  place: Place;
}

export interface Prober {
  /** Never throws but when `signal` aborts. */
  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult>;
}

export interface ProberOptions {
  /** Instead of the system's: `127.0.0.1:5353`. */
  dnsServers?: string[];
  /** Instead of the authorities that Node.js trusts (PEM). */
  ca?: string;
}

/** One for each run: its checks share the lookups of names. */
export function createProber({ dnsServers, ca }: ProberOptions = {}): Prober {
  const names = createNames(dnsServers);
  return {
    async check(target, signal) {
      signal.throwIfAborted();
      const limit = timeLimit(target.timeoutMs, signal);
      const course = new Course(limit.signal);
      try {
        return course.result(await findings(target, { names, ca, course }), { complete: true });
      } catch (error) {
        signal.throwIfAborted();
        if (limit.signal.aborted) return course.result(timeoutText(course, target), { complete: false });
        course.answered ||= isAnswer(error, course);
        return course.result(problemText(error, course), { complete: false });
      } finally {
        limit.end();
      }
    },
  };
}

/** @returns what is wrong with the answer; throws where there is none */
async function findings(target: ProbeTarget, line: Line): Promise<Text | null> {
  if (target.kind === 'tcp') return connectOnly(target, line);
  const { expectedStatus, keyword, followRedirects } = target;
  const url = httpUrl(target.target);
  if (!url) return (t) => t.monitors.probe.target(t.monitors.probe.targetHttp);
  const answer = await get(url, followRedirects, line);
  if (answer.statusCode !== expectedStatus) return statusText(answer, expectedStatus, url);
  if (keyword) return findKeyword(answer, keyword, line.course);
  await readBody(answer, line.course);
  return null;
}

async function connectOnly({ target }: ProbeTarget, { names, course }: Line): Promise<Text | null> {
  const endpoint = tcpEndpoint(target);
  if (!endpoint) return (t) => t.monitors.probe.target(t.monitors.probe.targetTcp);
  await openSocket(endpoint, names, course);
  return null;
}

function statusText(answer: IncomingMessage, expected: number, url: URL): Text {
  const { statusCode: status = 0 } = answer;
  const location = redirectOf(answer);
  const to = location === undefined ? undefined : httpUrl(location, url);
  if (to) return (t) => t.monitors.probe.redirected(status, expected, shown(to.hostname));
  return (t) => t.monitors.probe.status(status, expected);
}

function timeoutText({ stage, at }: Course, { timeoutMs }: ProbeTarget): Text {
  return (t) => t.monitors.probe.timeout[stage](at, timeoutMs / 1000);
}
