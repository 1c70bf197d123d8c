import type { Messages } from '../locales/index.js';
import { DeliveryProblem, type DeliveryVerdict } from './delivery-problem.js';

export interface SmtpFailure {
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
  const reply = failure.response?.slice(0, 300) ?? '';
  const code = failure.originalCode ?? failure.code ?? '';
  const hungUp = failure.responseCode === 421;
  const because = (verdict: DeliveryVerdict, words: (t: Messages, reply: string) => string) => {
    const kind = verdict === 'permanent' ? refusalKind(reply) : undefined;
    return new DeliveryProblem(verdict, words, { cause: error, reply, hungUp, kind });
  };

  if (failure.command === 'RCPT TO' && reply) {
    const verdict = recipientVerdict(failure);
    if (verdict === 'not-allowed') return because(verdict, (t, said) => t.delivery.notAllowed(host, said));
    return because(verdict, (t, said) =>
      (verdict === 'temporary' ? t.delivery.postponed : t.delivery.recipient)(said),
    );
  }
  if (failure.command === 'DATA' && reply) {
    if (NOT_ALLOWED.test(reply))
      return because('not-allowed', (t, said) => t.delivery.notAllowed(host, said));
    if (!isPermanent(failure)) return because('temporary', (t, said) => t.delivery.postponed(said));
    return because('permanent', (t, said) => t.delivery.message(said));
  }
  if (isHangUpReply(failure)) return because('temporary', (t, said) => t.delivery.postponed(said));
  if (failure.responseCode === 421) return because('channel', (t, said) => t.delivery.busy(host, said));
  if (failure.command === 'MAIL FROM' && reply)
    return because('channel', (t, said) => t.delivery.sender(said));
  if (['EAUTH', 'ENOAUTH', 'EOAUTH2'].includes(failure.code ?? ''))
    return because('channel', (t, said) => t.delivery.credentials(host, user, said));
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
  if (/TIMEDOUT|TIMEOUT/.test(code) && passed) return because('silent', (t) => t.delivery.noReply(host));
  if (/TIMEDOUT|TIMEOUT/.test(code)) return because('channel', (t) => t.delivery.timeout(host));
  if (/ECONNECTION|ESOCKET|ECONNRESET|EPIPE|ESTREAM|EPROTOCOL/.test(`${failure.code} ${code}`) && !reply)
    return because(passed ? 'uncertain' : 'broken-off', (t) => t.delivery.closed(host));
  return because('channel', (t, said) => t.delivery.unexpected(host, said));
}

/** With pipelining the library does not say which command it answers: MAIL FROM it was not. */
export const isHangUpReply = ({ code, command, responseCode }: SmtpFailure): boolean =>
  responseCode === 421 && code === 'ECONNECTION' && command === 'CONN';

const isPermanent = ({ responseCode = 0 }: SmtpFailure): boolean => responseCode >= 500;

/** 5.1.x: the address is wrong, but for 5.1.7 and 5.1.8, which are about the sender's. */
const NO_SUCH_ADDRESS = /^5\d\d[ -]5\.1\.(?![78]\b)\d{1,3}\b/;
/** A login, a quota or a relay permission is missing: no message would do. Not the quota of a recipient (5.2.2). */
const NOT_ALLOWED =
  /^530\b|^5\d\d[ -]5\.(?:7\.0|4\.5)\b|^5.*(?:\brelay(?:ing)? (?:access )?(?:is )?denied|\brelaying (?:not|prohibited)|not permitted to relay|sending (?:limit|quota) exceeded|authentication (?:is )?required|not authenticated)/i;

function recipientVerdict(failure: SmtpFailure): DeliveryVerdict {
  const reply = failure.response ?? '';
  if (NO_SUCH_ADDRESS.test(reply)) return 'address';
  if (NOT_ALLOWED.test(reply)) return 'not-allowed';
  return isPermanent(failure) ? 'permanent' : 'temporary';
}

/** The mailbox is what is refused, in a code (5.1 and 5.2) or in the words of servers that have none. */
const ABOUT_RECIPIENT =
  /^5\d\d[ -]5\.[12]\.|\b(?:no such|unknown|invalid|nonexistent|inactive|disabled) (?:user|mailbox|recipient|account|address|local)|\b(?:user|mailbox|recipient|account|address)\b.*\b(?:unknown|unavailable|full|disabled|inactive|invalid|not found|not exist)|over ?quota|does not exist/i;

/** What refusals have in common, without addresses, ids and numbers; of a recipient's mailbox, nothing. */
export function refusalKind(reply: string): string | undefined {
  if (ABOUT_RECIPIENT.test(reply)) return undefined;
  const [codes = ''] = /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(reply) ?? [];
  const words = reply
    .slice(codes.length)
    .toLowerCase()
    .replace(/\S*[@\d]\S*/g, '')
    .replace(/\s+/g, ' ');
  return `${codes}${words}`;
}
