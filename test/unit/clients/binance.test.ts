import { describe, expect, test } from 'vitest';
import { createBinance } from '../../../src/clients/binance.js';
import { BinanceBusy } from '../../../src/clients/binance-problem.js';
import { startBinance } from '../../support/binance.js';
import type { ApiAnswer } from '../../support/http-api.js';

const NOW = new Date('2026-11-21T14:30:00Z');

async function refusedWith(answer: ApiAnswer) {
  const binance = await startBinance();
  binance.fail(/ticker/, answer);
  const client = createBinance({ apiUrl: binance.apiUrl, timing: { requestMs: 10_000, firstWaitMs: 5 } });
  const problem = await client.tickers(new AbortController().signal).catch((error: unknown) => error);
  return { problem: problem as BinanceBusy, calls: binance.requests.length };
}

describe('a limit or a ban of Binance', () => {
  const headers = { 'retry-after': '300' };
  test.each([
    ['whose body breaks off', 418, { headers, cut: true }, 300],
    ['whose body breaks off', 429, { headers, cut: true }, 300],
    ['whose body breaks off, without a pause', 418, { cut: true }, 120],
    ['whose body breaks off, without a pause', 429, { cut: true }, 60],
    ['that is no JSON', 418, { headers, body: '<html>' }, 300],
    ['that is no JSON', 429, { headers, body: '<html>' }, 300],
    [
      'until a moment',
      429,
      { headers: { date: NOW.toUTCString(), 'retry-after': 'Sat, 21 Nov 2026 14:31:30 GMT' } },
      90,
    ],
  ])(
    '%s (%i) is one, for as long as it says, and never tried again',
    async (_what, status, answer, seconds) => {
      const { problem, calls } = await refusedWith({ status, ...answer });
      expect(problem).toBeInstanceOf(BinanceBusy);
      expect(problem.banned).toBe(status === 418);
      expect(problem.until(NOW)).toEqual(new Date(NOW.getTime() + seconds * 1000));
      expect(calls).toBe(1);
    },
  );

  test('is no error of the server, which is tried again', async () => {
    const { problem, calls } = await refusedWith({ status: 503, cut: true });
    expect(problem).not.toBeInstanceOf(BinanceBusy);
    expect(calls).toBe(3);
  });
});
