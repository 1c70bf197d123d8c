import { AppError, type Text } from '../errors.js';
import { createScrubber } from '../secret.js';
import { type HttpAnswer, isObject, NoAnswer } from './http.js';

/**
 * Whose fault a failed call is:
 * - `passing`: eBay is busy or away; a moment later it may work.
 * - `token`: the access token is not valid any more.
 * - `quota`: eBay says that the day's calls are spent, or asks for a long pause.
 * - `account`: keys or rights; every other call would fail too.
 * - `request`: this very search.
 */
export type EbayVerdict = 'passing' | 'token' | 'quota' | 'account' | 'request';

interface EbayProblemOptions {
  cause?: unknown;
  retryAfterSeconds?: number | undefined;
}

/** Why eBay did not answer what was asked, in words that say what to do. */
export class EbayProblem extends AppError {
  constructor(
    readonly verdict: EbayVerdict,
    text: Text,
    { cause, retryAfterSeconds }: EbayProblemOptions = {},
  ) {
    super('unprocessable', text, {
      cause,
      permanent: verdict === 'account' || verdict === 'request',
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
}

/** A longer pause than this is no matter of a moment. */
export const LONGEST_PAUSE_SECONDS = 60;

/** "The request limit has been reached for the resource": the application's calls of the day. */
const REQUEST_LIMIT = 2001;

/** Whose fault an answer to a search other than 200 is: https://developer.ebay.com/api-docs/static/handling-error-messages.html. */
export function searchProblem(answer: HttpAnswer, host: string, secrets: string[]): EbayProblem {
  const { status, retryAfterSeconds } = answer;
  const error = errorOf(answer);
  const detail = words(error.text, secrets);
  if (status === 429) return tooMany(retryAfterSeconds, error.id, host);
  if (status >= 500)
    return new EbayProblem('passing', (t) => t.ebay.unavailable(host, status), { retryAfterSeconds });
  if (status === 401) return new EbayProblem('token', (t) => t.ebay.token);
  if (status === 403) return new EbayProblem('account', (t) => t.ebay.permission(detail || `HTTP ${status}`));
  if (error.id !== undefined && status >= 400)
    return new EbayProblem('request', (t) => t.ebay.refused(detail));
  return notEbay(host, status);
}

/** Whose fault it is that there is no token: RFC 6749, section 5.2. */
export function tokenProblem(answer: HttpAnswer, host: string, secrets: string[]): EbayProblem {
  const { status, retryAfterSeconds, body } = answer;
  if (status === 429) return tooMany(retryAfterSeconds, undefined, host);
  if (status >= 500)
    return new EbayProblem('passing', (t) => t.ebay.unavailable(host, status), { retryAfterSeconds });
  const said = [body.error, body.error_description].filter((text) => typeof text === 'string').join(': ');
  const detail = words(said || errorOf(answer).text, secrets);
  if (status >= 400 && detail) return new EbayProblem('account', (t) => t.ebay.credentials(detail));
  return notEbay(host, status);
}

/** An answer as eBay does not give it: a proxy's page, another server. It may pass. */
export const notEbay = (host: string, status: number): EbayProblem =>
  new EbayProblem('passing', (t) => t.ebay.notEbay(host, status));

export function unanswered(error: unknown, host: string): unknown {
  if (!(error instanceof NoAnswer)) return error;
  const { status, retryAfterSeconds } = error;
  if (status === 429) return tooMany(retryAfterSeconds, undefined, host);
  const text: Text = (t) => (error.sent ? t.ebay.unanswered(host) : t.ebay.unreachable(host, error.code));
  return new EbayProblem('passing', text, { cause: error, retryAfterSeconds });
}

/** With a short pause asked for it is the rate; without one the words decide whether it is the day's quota. */
function tooMany(retryAfterSeconds: number | undefined, id: number | undefined, host: string): EbayProblem {
  const pause = retryAfterSeconds ?? 0;
  const spent = pause > LONGEST_PAUSE_SECONDS || (id === REQUEST_LIMIT && retryAfterSeconds === undefined);
  if (spent) return new EbayProblem('quota', (t) => t.ebay.quota, { retryAfterSeconds });
  return new EbayProblem('passing', (t) => t.ebay.busy(host), { retryAfterSeconds });
}

function errorOf({ body }: HttpAnswer): { id: number | undefined; text: string } {
  const error = Array.isArray(body.errors) ? body.errors.find(isObject) : undefined;
  if (!error) return { id: undefined, text: '' };
  const id = Number(error.errorId);
  const said = [error.longMessage, error.message].find((text) => typeof text === 'string' && text !== '');
  return { id: Number.isFinite(id) ? id : undefined, text: `${error.errorId}: ${said ?? ''}` };
}

const words = (text: string, secrets: string[]): string =>
  createScrubber(secrets)(text).replace(/\s+/g, ' ').trim().slice(0, 200);
