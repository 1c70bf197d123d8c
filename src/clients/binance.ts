import { setTimeout as sleep } from 'node:timers/promises';
import type { AppError } from '../errors.js';
import { isPassing, noFilter, notBinance, nothingTraded, refusal, unanswered } from './binance-problem.js';
import { callJson, type HttpAnswer, isObject } from './http.js';

/** What a pair trades at, as Binance writes it: `BTCEUR` → `81234.56000000`. Anything else is an empty text. */
export type Tickers = ReadonlyMap<string, string>;

export interface Binance {
  /**
   * The last price of every pair that is traded now, in one call.
   * @throws {AppError} saying what failed and what to do; a {BinanceBusy} when Binance wants no calls for now
   */
  tickers(signal: AbortSignal): Promise<Tickers>;
}

interface BinanceTiming {
  /** How long one request may take. */
  requestMs: number;
  /** The pause after the first failure; it doubles from there. */
  firstWaitMs: number;
}

interface BinanceOptions {
  apiUrl: string;
  timing?: Partial<BinanceTiming>;
}

const TIMING: BinanceTiming = { requestMs: 15_000, firstWaitMs: 1_000 };
/** Of what may pass within the minute; a limit or a ban is never tried again. */
const TRIES = 3;

const PATH = '/api/v3/ticker/price';
/** Without it Binance goes on giving the last price of pairs that it delisted years ago. */
const TRADED = '?symbolStatus=TRADING';

/** https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#symbol-price-ticker */
export function createBinance(options: BinanceOptions): Binance {
  const timing = { ...TIMING, ...options.timing };
  const host = new URL(options.apiUrl).host;

  async function ask(path: string, signal: AbortSignal): Promise<HttpAnswer> {
    for (let attempt = 1, waitMs = timing.firstWaitMs; ; attempt++, waitMs *= 2) {
      const answer = await attemptOne(path, signal);
      if (!isPassing(answer) || attempt === TRIES) {
        if ('status' in answer) return answer;
        throw answer;
      }
      await pause(waitMs, signal);
    }
  }

  const attemptOne = (path: string, signal: AbortSignal): Promise<HttpAnswer | AppError> =>
    callJson(options.apiUrl + path, {
      method: 'GET',
      headers: { accept: 'application/json' },
      timeoutMs: timing.requestMs,
      signal,
    }).catch((error: unknown) => unanswered(error, host));

  return {
    async tickers(signal) {
      let answer = await ask(PATH + TRADED, signal);
      // Hosts that speak an older version of the API (binance.us) refuse the filter.
      if (noFilter(answer)) answer = await ask(PATH, signal);
      if (answer.status !== 200) throw refusal(answer, host);
      return tickersOf(answer, host);
    },
  };
}

function tickersOf({ items, status }: HttpAnswer, host: string): Tickers {
  if (!items) throw notBinance(host, status);
  const tickers = new Map<string, string>();
  for (const item of items) {
    if (!isObject(item) || typeof item.symbol !== 'string') throw notBinance(host, status);
    tickers.set(item.symbol, typeof item.price === 'string' ? item.price : '');
  }
  if (tickers.size === 0) throw nothingTraded(host);
  return tickers;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
