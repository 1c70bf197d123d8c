import type { Text } from '../errors.js';
import type { Course } from './probe-course.js';
import { NameUnknown } from './probe-names.js';
import { shown } from './probe-target.js';

/** What a check found, in words. */
export class ProbeProblem extends Error {
  override readonly name = 'ProbeProblem';

  constructor(readonly text: Text) {
    super('the check found a problem');
  }
}

/** Whether an error is an answer: of the target's machine, or of the DNS that has no such name. */
export function isAnswer(error: unknown, { stage }: Course): boolean {
  if (error instanceof ProbeProblem || error instanceof NameUnknown) return true;
  // Who was not connected cannot be reset.
  return stage === 'connect' && /^(ECONNREFUSED|ECONNRESET)$/.test((error as Failure).code ?? '');
}

interface Failure extends Error {
  code?: string;
  /** What was read as HTTP and is none. */
  rawPacket?: Buffer;
}

/** What an error of a socket, of TLS, of HTTP or of the DNS means. */
export function problemText(error: unknown, { at, stage, encrypted }: Course): Text {
  if (error instanceof ProbeProblem) return error.text;
  const { code = '', rawPacket } = error as Failure;
  if (error instanceof NameUnknown) return (t) => t.monitors.probe.nameUnknown(hostOf(at));
  if (stage === 'lookup') return (t) => t.monitors.probe.dnsFailed(hostOf(at), code);
  if (stage === 'connect') return connectText(at, code);
  if (stage === 'tls') return tlsText(at, code);
  if (/^ERR_SSL/.test(code)) return (t) => t.monitors.probe.tls(at, code);
  if (code === 'HPE_HEADER_OVERFLOW') return (t) => t.monitors.probe.headTooLarge(at);
  if (rawPacket && isTlsAlert(rawPacket)) return (t) => t.monitors.probe.plainToTls(at);
  if (rawPacket && isHttp2(rawPacket)) return (t) => t.monitors.probe.http2Only(at);
  if (code === 'HPE_INVALID_EOF_STATE' || BROKEN.test(code)) {
    if (stage === 'body') return (t) => t.monitors.probe.brokeOff(at);
    return (t) => (encrypted ? t.monitors.probe.closed(at) : t.monitors.probe.closedPlain(at));
  }
  if (/^HPE_/.test(code)) return (t) => t.monitors.probe.notHttp(at);
  if (/^(Z_|ERR__)/.test(code)) return (t) => t.monitors.probe.encoding(at, code);
  return (t) => t.monitors.probe.unexpected(at, code);
}

const BROKEN = /^(ECONNRESET|EPIPE|ECONNABORTED|ETIMEDOUT|ERR_STREAM_PREMATURE_CLOSE|Z_BUF_ERROR)$/;

function connectText(at: string, code: string): Text {
  if (code === 'ECONNREFUSED') return (t) => t.monitors.probe.connectionRefused(at);
  if (code === 'ECONNRESET') return (t) => t.monitors.probe.closed(at);
  if (code === 'EMFILE' || code === 'ENFILE') return (t) => t.monitors.probe.descriptors(code);
  return (t) => t.monitors.probe.unreachable(at, code);
}

function tlsText(at: string, code: string): Text {
  if (/NO_APPLICATION_PROTOCOL/.test(code)) return (t) => t.monitors.probe.http2Only(at);
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL/.test(code))
    return (t) => t.monitors.probe.notTls(at);
  if (BROKEN.test(code)) return (t) => t.monitors.probe.closed(at);
  return (t) => t.monitors.probe.tls(at, code);
}

const isTlsAlert = (bytes: Buffer): boolean => bytes[0] === 0x15 && bytes[1] === 0x03;

/** A server speaks first in HTTP/2, with a SETTINGS frame (RFC 9113, section 3.4). */
const isHttp2 = (bytes: Buffer): boolean => bytes[0] === 0 && bytes[3] === 4 && bytes.length >= 9;

/** @param code of OpenSSL's verification */
export function certificateProblem(code: string, host: string, expiresAt: Date): ProbeProblem {
  const name = shown(host);
  return new ProbeProblem(({ monitors: { probe } }) => {
    const { certificate } = probe;
    if (code === 'CERT_HAS_EXPIRED') return certificate.expired(name, expiresAt.toISOString().slice(0, 10));
    if (code === 'CERT_NOT_YET_VALID') return certificate.notYetValid(name);
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return certificate.otherName(name);
    if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT') return certificate.selfSigned(name);
    if (/^(UNABLE_TO_|SELF_SIGNED_CERT_IN_CHAIN)/.test(code)) return certificate.untrusted(name);
    return certificate.invalid(name, code);
  });
}

const hostOf = (at: string): string => at.replace(/:\d+$/, '');
