import { isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { abortable } from './probe-abort.js';
import type { Course } from './probe-course.js';
import { certificateProblem } from './probe-problem.js';
import { type Endpoint, shown } from './probe-target.js';

/**
 * TLS over a connection that stands. The certificate is judged here, not by the handshake, so that the expiry of
 * one that is not valid is known too.
 * @throws {ProbeProblem} when it is not valid, or what the socket says
 */
export async function secure(
  socket: Socket,
  { host }: Endpoint,
  ca: string | undefined,
  course: Course,
): Promise<TLSSocket> {
  course.signal.throwIfAborted();
  course.stage = 'tls';
  const name = host.replace(/\.$/, '');
  const secured = connect({
    socket,
    host: name,
    // RFC 6066 knows names only.
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca && { ca }),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
  });
  course.keep(secured, socket);
  await course.measure('tlsMs', () => abortable(handshake(secured), course.signal));
  const expiresAt = new Date(secured.getPeerCertificate().valid_to);
  if (!Number.isNaN(expiresAt.getTime())) course.certificate(shown(host), expiresAt);
  if (!secured.authorized) throw certificateProblem(String(secured.authorizationError), host, expiresAt);
  return secured;
}

function handshake(secured: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    secured.once('secureConnect', resolve);
    secured.once('error', reject);
    // Some servers hang up without a word.
    secured.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
}
