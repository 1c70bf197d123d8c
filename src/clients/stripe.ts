import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { callJson, isObject, NoAnswer } from './http.js';
import { isGone, isPassing, keyRefused, notStripe, refusal } from './stripe-problem.js';

export interface Stripe {
  /**
   * Cancels what subscriptions the customer has, then deletes the customer; what is gone already is fine.
   * @throws {AppError} saying what failed and what to do
   */
  removeCustomer(customerId: string, signal: AbortSignal): Promise<{ subscriptionsCancelled: number }>;
}

interface StripeTiming {
  /** How long one request may take. */
  requestMs: number;
  /** The pause after the first refusal for load; it doubles from there. */
  firstWaitMs: number;
  /** A longer pause than this is left to the next run. */
  longestWaitMs: number;
}

interface StripeOptions {
  secretKey: Secret;
  apiUrl: string;
  timing?: Partial<StripeTiming>;
}

/** What fields mean depends on it: https://docs.stripe.com/api/versioning. */
const API_VERSION = '2026-09-30.endive';
const TIMING: StripeTiming = { requestMs: 20_000, firstWaitMs: 500, longestWaitMs: 20_000 };
const TRIES = 4;
const ENDED = ['canceled', 'incomplete_expired'];

/** Asks for something. @returns undefined when Stripe says that it does not exist (any more) */
type Ask = (method: 'GET' | 'DELETE', path: string) => Promise<Record<string, unknown> | undefined>;

export function createStripe(options: StripeOptions): Stripe {
  return {
    async removeCustomer(customerId, signal) {
      // An empty id would name every subscription of the account, dots another path.
      if (!/^\w[\w.:-]*$/.test(customerId))
        throw new AppError('unprocessable', (t) => t.stripe.customerId(customerId.slice(0, 50)), {
          permanent: true,
        });
      if (!/^[!-~]+$/.test(options.secretKey.reveal())) throw keyRefused();
      const ask = asker(options, signal);
      const host = new URL(options.apiUrl).host;
      let subscriptionsCancelled = 0;
      for (const id of await livingSubscriptions(ask, customerId, host)) {
        const ended = await ask('DELETE', `/v1/subscriptions/${encodeURIComponent(id)}`);
        if (!ended) continue;
        if (!ENDED.includes(String(ended.status))) throw notStripe(host, 200);
        subscriptionsCancelled += 1;
      }
      const customer = await ask('DELETE', `/v1/customers/${encodeURIComponent(customerId)}`);
      if (customer && customer.deleted !== true) throw notStripe(host, 200);
      return { subscriptionsCancelled };
    },
  };
}

async function livingSubscriptions(ask: Ask, customerId: string, host: string): Promise<Set<string>> {
  const living = new Set<string>();
  const seen = new Set<string>();
  for (let after: string | undefined; ; ) {
    const query = new URLSearchParams({ customer: customerId, limit: '100' });
    if (after) query.set('starting_after', after);
    const page = await ask('GET', `/v1/subscriptions?${query}`);
    if (!page) return living;
    if (!Array.isArray(page.data)) throw notStripe(host, 200);
    const known = seen.size;
    for (const { id, customer, status } of page.data.filter(isObject)) {
      const owner = isObject(customer) ? customer.id : customer;
      // Never anybody else's, whatever is listed.
      if (typeof id !== 'string' || id === '' || owner !== customerId) throw notStripe(host, 200);
      after = id;
      seen.add(id);
      if (!ENDED.includes(String(status))) living.add(id);
    }
    if (page.has_more !== true) return living;
    if (seen.size === known) throw notStripe(host, 200);
  }
}

function asker({ secretKey, apiUrl, timing: given }: StripeOptions, signal: AbortSignal): Ask {
  const timing = { ...TIMING, ...given };
  const host = new URL(apiUrl).host;
  const headers = { authorization: `Bearer ${secretKey.reveal()}`, 'stripe-version': API_VERSION };
  return async (method, path) => {
    for (let attempt = 1, waitMs = timing.firstWaitMs; ; attempt++, waitMs *= 2) {
      const answer = await callJson(apiUrl + path, {
        method,
        headers,
        timeoutMs: timing.requestMs,
        signal,
      }).catch((error: unknown) => {
        throw error instanceof NoAnswer ? unanswered(error, host) : error;
      });
      if (answer.status === 200) return answer.body;
      if (isGone(answer)) return undefined;
      const pauseMs = Math.max(waitMs, (answer.retryAfterSeconds ?? 0) * 1000);
      if (!isPassing(answer) || attempt === TRIES || pauseMs > timing.longestWaitMs)
        throw refusal(answer, host, secretKey);
      await pause(pauseMs, signal);
    }
  };
}

const unanswered = (error: NoAnswer, host: string): AppError =>
  new AppError(
    'unprocessable',
    (t) => (error.sent ? t.stripe.unanswered(host) : t.stripe.unreachable(host, error.code)),
    { cause: error },
  );

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
