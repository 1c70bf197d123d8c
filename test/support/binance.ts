import { type ApiAnswer, type ApiRequest, startApi } from './http-api.js';

interface Pair {
  price: unknown;
  status: 'TRADING' | 'HALT' | 'BREAK';
}

/** Some of what Binance trades; without the coins of the tests' own. */
export const RATES = { BTCEUR: '81234.56000000', BTCUSDT: '93419.74400000', EURUSDT: '1.15000000' };

/** Binance's public market data, on this machine until the test ends. */
export async function startBinance(prices: Record<string, unknown> = RATES) {
  const pairs = new Map<string, Pair>();
  const list = (more: Record<string, unknown>) => {
    for (const [symbol, price] of Object.entries(more)) pairs.set(symbol, { price, status: 'TRADING' });
  };
  list(prices);

  function answer({ method, path, query }: ApiRequest): ApiAnswer {
    if (method !== 'GET' || path !== '/api/v3/ticker/price') return { status: 404, body: '' };
    for (const name of query.keys())
      if (name !== 'symbolStatus') return binanceError(400, -1104, 'Not all sent parameters were read.');
    const status = query.get('symbolStatus');
    const found = [...pairs].filter(([, pair]) => status === null || pair.status === status);
    const body = found.map(([symbol, { price }]) => ({ symbol, price }));
    return { status: 200, body, headers: { 'x-mbx-used-weight': '4', 'x-mbx-used-weight-1m': '4' } };
  }

  const api = await startApi(answer);
  return {
    ...api,
    /** Lists pairs, or gives them other prices. */
    list,
    /** Binance goes on giving the last price of such a pair to whoever does not ask for traded ones only. */
    delist(symbol: string): void {
      const pair = pairs.get(symbol);
      if (pair) pair.status = 'BREAK';
    },
  };
}

/** Binance's error form. */
export const binanceError = (status: number, code: number, msg: string, retryAfter?: number): ApiAnswer => ({
  status,
  body: { code, msg },
  ...(retryAfter !== undefined && { headers: { 'retry-after': `${retryAfter}` } }),
});

export const limited = (retryAfter?: number): ApiAnswer =>
  binanceError(
    429,
    -1003,
    'Too much request weight used; current limit is 6000 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.',
    retryAfter,
  );

export const banned = (until: Date, retryAfter?: number): ApiAnswer =>
  binanceError(
    418,
    -1003,
    `Way too much request weight used; IP banned until ${until.getTime()}. Please use WebSocket Streams for live updates to avoid bans.`,
    retryAfter,
  );

/** Not Binance's error form: the answer of what stands before it. */
export const outOfRegion: ApiAnswer = {
  status: 451,
  body: {
    code: 0,
    msg: "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms.",
  },
};
