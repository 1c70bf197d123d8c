import { AppError, type Text } from '../errors.js';
import { type HttpAnswer, NoAnswer } from './http.js';

/** A limit is by the minute; bans last from two minutes to three days. */
const DEFAULT_PAUSE_SECONDS = { busy: 60, banned: 120 };
const LONGEST_PAUSE_SECONDS = 4 * 86_400;

/** Binance wants no calls for now: more of them lead to a ban (429), or make it longer (418). */
export class BinanceBusy extends AppError {
  constructor(
    readonly banned: boolean,
    /** As `Retry-After` has it. */
    readonly pauseSeconds: number,
    /** As the words of a ban have it. */
    readonly statedUntil: Date | undefined,
    text: Text,
  ) {
    super('unprocessable', text, { retryAfterSeconds: pauseSeconds });
  }

  /** When the next call may be made. */
  until(now: Date): Date {
    const afterPause = now.getTime() + this.pauseSeconds * 1000;
    const stated = Math.min(this.statedUntil?.getTime() ?? 0, now.getTime() + LONGEST_PAUSE_SECONDS * 1000);
    return new Date(Math.max(afterPause, stated));
  }
}

/** True of what may work a moment later; a limit or a ban is not asked twice. */
export const isPassing = (answer: HttpAnswer | AppError): boolean =>
  answer instanceof AppError ? !answer.permanent && !(answer instanceof BinanceBusy) : answer.status >= 500;

/** A parameter that this host does not know; errors -1100 to -1199 are about the request. */
export function noFilter({ status, body }: HttpAnswer): boolean {
  return (
    status === 404 || (status === 400 && typeof body.code === 'number' && /^-11\d\d$/.test(`${body.code}`))
  );
}

/** Why Binance gave no prices: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits. */
export function refusal(answer: HttpAnswer, host: string): AppError {
  const { status, body } = answer;
  if (wantsNoCalls(status)) return busy(answer, host);
  const because = (text: Text) => new AppError('unprocessable', text);
  if (status === 451) return because((t) => t.binance.region(host));
  if (status === 403) return because((t) => t.binance.firewall(host));
  if (status >= 500) return because((t) => t.binance.unavailable(host, status));
  if (typeof body.code !== 'number') return notBinance(host, status);
  const words = typeof body.msg === 'string' ? body.msg : '';
  const detail = `${body.code}: ${words}`.replace(/\s+/g, ' ').slice(0, 200);
  return because((t) => t.binance.refused(detail));
}

const wantsNoCalls = (status: number | undefined): boolean => status === 429 || status === 418;

type Busy = Pick<HttpAnswer, 'body' | 'retryAfterSeconds'> & { status: number | undefined };

function busy({ status, body, retryAfterSeconds }: Busy, host: string): BinanceBusy {
  const banned = status === 418;
  const text: Text = (t) => (banned ? t.binance.banned(host) : t.binance.busy(host));
  const [, until] = /banned until (\d{13})\b/.exec(typeof body.msg === 'string' ? body.msg : '') ?? [];
  const stated = until ? new Date(Number(until)) : undefined;
  const seconds = retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS[banned ? 'banned' : 'busy'];
  return new BinanceBusy(banned, Math.min(seconds, LONGEST_PAUSE_SECONDS), stated, text);
}

/** @throws what is no failed call */
export function unanswered(error: unknown, host: string): AppError {
  if (!(error instanceof NoAnswer)) throw error;
  const { status, retryAfterSeconds } = error;
  // What counts had come before it broke off.
  if (wantsNoCalls(status)) return busy({ status, body: {}, retryAfterSeconds }, host);
  const text: Text = (t) =>
    error.sent ? t.binance.unanswered(host) : t.binance.unreachable(host, error.code);
  return new AppError('unprocessable', text, { cause: error });
}

/** As during its maintenance. */
export const nothingTraded = (host: string): AppError =>
  new AppError('unprocessable', (t) => t.binance.nothingTraded(host));

/** An answer as Binance does not give it. */
export const notBinance = (host: string, status: number): AppError =>
  new AppError('unprocessable', (t) => t.binance.notBinance(host, status));
