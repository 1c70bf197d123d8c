import type { Text } from '../errors.js';
import { DeliveryProblem, type DeliveryVerdict } from './delivery-problem.js';

interface SmtpFailure {
  code?: string;
  originalCode?: string;
  command?: string;
  response?: string;
  responseCode?: number;
  message: string;
}

interface Circumstances {
  host: string;
  user: string;
  /** The message was on its way: the server may have all of it. */
  passed: boolean;
}

/** What became of a message, and in which words to tell. */
export function mailProblem(error: unknown, { host, user, passed }: Circumstances): DeliveryProblem {
  if (error instanceof DeliveryProblem) return error;
  const failure = error as SmtpFailure;
  const because = (verdict: DeliveryVerdict, text: Text) =>
    new DeliveryProblem(verdict, text, { cause: error });
  const reply = failure.response?.slice(0, 300) ?? '';
  const code = failure.originalCode ?? failure.code ?? '';

  if (failure.command === 'RCPT TO' && reply) {
    const verdict = recipientVerdict(failure);
    if (verdict === 'channel') return because(verdict, (t) => t.delivery.notAllowed(host, reply));
    return because(verdict, (t) =>
      (verdict === 'temporary' ? t.delivery.postponed : t.delivery.recipient)(reply),
    );
  }
  if (failure.command === 'DATA' && reply) {
    if (NOT_ALLOWED.test(reply)) return because('channel', (t) => t.delivery.notAllowed(host, reply));
    if (!isPermanent(failure)) return because('temporary', (t) => t.delivery.postponed(reply));
    return because('permanent', (t) => t.delivery.message(reply));
  }
  // With pipelining the library does not say which command it answers: MAIL FROM it was not.
  if (failure.responseCode === 421 && failure.code === 'ECONNECTION')
    return because('temporary', (t) => t.delivery.postponed(reply));
  if (failure.responseCode === 421) return because('channel', (t) => t.delivery.busy(host, reply));
  if (failure.command === 'MAIL FROM' && reply) return because('channel', (t) => t.delivery.sender(reply));
  if (['EAUTH', 'ENOAUTH', 'EOAUTH2'].includes(failure.code ?? ''))
    return because('channel', (t) => t.delivery.credentials(host, user, reply));
  // Refused before anything was sent: a name that no server could take.
  if (failure.code === 'EENVELOPE') return because('permanent', (t) => t.delivery.invalidAddress);
  if (failure.code === 'EDNS' || /ENOTFOUND|EAI_AGAIN/.test(code))
    return because('channel', (t) => t.delivery.hostNotFound(host));
  if (/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/.test(code))
    return because('channel', (t) => t.delivery.refused(host));
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(`${code} ${failure.message}`))
    return because('channel', (t) => t.delivery.certificate(host));
  if (
    failure.code === 'ETLS' ||
    /STARTTLS|WRONG_VERSION|\bEPROTO\b|ERR_SSL/.test(`${code} ${failure.message}`)
  )
    return because('channel', (t) => t.delivery.tls(host));
  // Nobody knows whether it arrived: going on at once could send it again and again.
  if (/TIMEDOUT|TIMEOUT/.test(code) && passed) return because('temporary', (t) => t.delivery.noReply(host));
  if (/TIMEDOUT|TIMEOUT/.test(code)) return because('channel', (t) => t.delivery.timeout(host));
  if (/ECONNECTION|ESOCKET|ECONNRESET|EPIPE|ESTREAM|EPROTOCOL/.test(`${failure.code} ${code}`) && !reply)
    return because(passed ? 'uncertain' : 'broken-off', (t) => t.delivery.closed(host));
  return because('channel', (t) => t.delivery.unexpected(host, reply));
}

const isPermanent = ({ responseCode = 0 }: SmtpFailure): boolean => responseCode >= 500;

/** 5.1.x: the address is wrong, but for 5.1.7 and 5.1.8, which are about the sender's. */
const NO_SUCH_ADDRESS = /^5\d\d[ -]5\.1\.(?![78]\b)\d{1,3}\b/;
/** A login, a quota or a relay permission is missing: no message would do. Not the quota of a recipient (5.2.2). */
const NOT_ALLOWED =
  /^530\b|^5\d\d[ -]5\.(?:7\.0|4\.5)\b|^5.*(?:\brelay(?:ing)? (?:access )?(?:is )?denied|\brelaying (?:not|prohibited)|not permitted to relay|sending (?:limit|quota) exceeded|authentication (?:is )?required|not authenticated)/i;

function recipientVerdict(failure: SmtpFailure): DeliveryVerdict {
  const reply = failure.response ?? '';
  if (NO_SUCH_ADDRESS.test(reply)) return 'address';
  if (NOT_ALLOWED.test(reply)) return 'channel';
  return isPermanent(failure) ? 'permanent' : 'temporary';
}
