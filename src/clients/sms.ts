import type { Secret } from '../secret.js';
import { DeliveryProblem } from './delivery-problem.js';
import { callJson, NoAnswer } from './http.js';
import { twilioProblem } from './sms-problem.js';

export interface Sms {
  /** How many are sent side by side. */
  concurrency: number;
  /**
   * Sends one SMS.
   * @param to the number in E.164: `+33612345678`
   * @throws {DeliveryProblem} saying whose fault it is
   */
  send(message: { to: string; text: string }, signal: AbortSignal): Promise<void>;
}

interface SmsTiming {
  requestMs: number;
  /** How long a request that is under way may go on once the run should end. */
  overtimeMs: number;
}

export interface SmsOptions {
  accountSid: string;
  authToken: Secret;
  /** A number, a name, or the `MG…` id of a messaging service. */
  from: string;
  apiUrl: string;
  timing?: Partial<SmsTiming>;
}

const TIMING: SmsTiming = { requestMs: 20_000, overtimeMs: 4_000 };

/** Twilio's Messages resource: https://www.twilio.com/docs/messaging/api/message-resource. */
export function createSms(options: SmsOptions): Sms {
  const { accountSid, authToken, from, apiUrl } = options;
  const timing = { ...TIMING, ...options.timing };
  const host = new URL(apiUrl).host;
  const url = `${apiUrl}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken.reveal()}`).toString('base64')}`;
  return {
    concurrency: 2,
    async send({ to, text }, signal) {
      const number = internationalNumber(to);
      if (!number) throw new DeliveryProblem('permanent', (t) => t.sms.number);
      signal.throwIfAborted();
      using overtime = later(signal, timing.overtimeMs);
      const answer = await callJson(url, {
        method: 'POST',
        headers: { authorization },
        form: new URLSearchParams({
          To: number,
          [from.startsWith('MG') ? 'MessagingServiceSid' : 'From']: from,
          Body: text,
        }),
        timeoutMs: timing.requestMs,
        signal: overtime.signal,
      }).catch((error: unknown) => {
        if (error instanceof NoAnswer && error.status === CREATED) return undefined;
        throw unanswered(error, host);
      });
      if (answer && answer.status !== CREATED) throw twilioProblem(answer, options);
    },
  };
}

const CREATED = 201;

/** E.164, from what people write: `06 12 34 56 78`, `+33 (0)6.12.34.56.78`, `0033612345678`. */
export function internationalNumber(written: string): string | undefined {
  const number = written
    .replace('(0)', '')
    .replace(/[\s.\p{Dash}]/gu, '')
    .replace(/^00(?=[1-9])/, '+')
    .replace(/^0(?=[1-9]\d{8}$)/, '+33');
  return /^\+[1-9]\d{7,14}$/.test(number) ? number : undefined;
}

/** Aborts some time after another signal: what may have left cannot be called back, but its answer is near. */
function later(signal: AbortSignal, ms: number): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => controller.abort(signal.reason), ms);
  };
  signal.addEventListener('abort', start, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      signal.removeEventListener('abort', start);
      clearTimeout(timer);
    },
  };
}

/** A request that was never sent costs the message nothing; of the others nobody knows whether they count. */
function unanswered(cause: unknown, host: string): DeliveryProblem {
  return cause instanceof NoAnswer && !cause.sent
    ? new DeliveryProblem('channel', (t) => t.sms.unreachable(host, cause.code), { cause })
    : new DeliveryProblem('temporary', (t) => t.sms.unanswered(host), { cause });
}
