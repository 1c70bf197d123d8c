import type { Text } from '../errors.js';
import { createScrubber } from '../secret.js';
import { DeliveryProblem, type DeliveryVerdict } from './delivery-problem.js';
import type { HttpAnswer } from './http.js';
import type { SmsOptions } from './sms.js';

/** https://www.twilio.com/docs/api/errors */
const UNSUBSCRIBED = 21610;
const QUEUE_FULL = 21611;
/** The sender is not valid, not ours or cannot send SMS; the messaging service is unknown or empty. */
const SENDER = [21212, 21601, 21603, 21660, 21661, 21701, 21704, 21705];
/** The same, but a short code may also have met a number of another country. */
const SENDER_OR_COUNTRY = [21606, 21659];
const LOGIN = [20003, 20403];
const RATE_LIMIT = 20429;

const PAUSE_SECONDS = 60;

/** Whose fault an answer other than 201 is, in words that say what to do. */
export function twilioProblem(answer: HttpAnswer, options: SmsOptions): DeliveryProblem {
  const { status, body, retryAfterSeconds } = answer;
  const code = typeof body.code === 'number' ? body.code : undefined;
  const detail = twilioWords(body, options);
  const host = new URL(options.apiUrl).host;
  const because = (verdict: DeliveryVerdict, text: Text) => new DeliveryProblem(verdict, text);

  if (code === UNSUBSCRIBED) return because('address', (t) => t.sms.unsubscribed);
  if (status === 429 || code === RATE_LIMIT || code === QUEUE_FULL)
    return new DeliveryProblem('channel', (t) => t.sms.busy(host), {
      retryAfterSeconds: retryAfterSeconds ?? PAUSE_SECONDS,
    });
  if (status >= 500) return because('channel', (t) => t.sms.unavailable(host, status));
  if (status < 400 || code === undefined) return because('channel', (t) => t.sms.notTwilio(host, status));
  if (isSenderProblem(code, options.from)) return because('channel', (t) => t.sms.sender(detail));
  if (status === 400) return because('permanent', (t) => t.sms.refused(detail));
  // Geographic permissions are a matter of the number's country, whatever the status.
  if (String(code).startsWith('21')) return because('permanent', (t) => t.sms.refused(detail));
  if (status === 401 || LOGIN.includes(code)) return because('channel', (t) => t.sms.credentials(detail));
  if (status === 404) return because('channel', (t) => t.sms.account);
  return because('channel', (t) => t.sms.accountRefused(detail));
}

const isSenderProblem = (code: number, from: string): boolean =>
  SENDER.includes(code) || (SENDER_OR_COUNTRY.includes(code) && !/^\d{3,8}$/.test(from));

/** Twilio's own words, without the numbers in them: errors outlive the person whose number it is. */
function twilioWords({ code, message }: Record<string, unknown>, { authToken }: SmsOptions): string {
  const words = typeof message === 'string' ? createScrubber([authToken.reveal()])(message) : '';
  const anonymous = words.replace(/\+?\d(?:[\s.-]?[\dxX*]){6,}/g, '…').replace(/\s+/g, ' ');
  return `${code}: ${anonymous}`.slice(0, 200);
}
