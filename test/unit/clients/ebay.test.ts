import { describe, expect, test } from 'vitest';
import { createEbay } from '../../../src/clients/ebay.js';
import type { EbayProblem } from '../../../src/clients/ebay-problem.js';
import { startEbay } from '../../support/ebay.js';
import type { ApiAnswer } from '../../support/http-api.js';

async function search(answer: ApiAnswer, on: RegExp, times: number) {
  const ebay = await startEbay();
  ebay.fail(on, answer, { times });
  const client = createEbay({
    ...ebay,
    marketplace: 'EBAY_FR',
    timing: { requestMs: 10_000, firstWaitMs: 5 },
  });
  let calls = 0;
  const began = performance.now();
  const problem = await client
    .search(
      { query: 'A', categoryId: null, condition: null, offset: 0 },
      async () => {
        calls += 1;
      },
      new AbortController().signal,
    )
    .then(
      () => undefined,
      (error: EbayProblem) => error,
    );
  return { problem, calls, ms: performance.now() - began };
}

describe('too many requests, said by an answer whose body breaks off', () => {
  test.each([/search$/, /token$/])(
    'mean the day’s quota with a long pause (%s), and are not repeated',
    async (on) => {
      const answer = { status: 429, headers: { 'retry-after': '7200' }, cut: true };
      const { problem, calls } = await search(answer, on, 1);
      expect(problem).toMatchObject({ verdict: 'quota', retryAfterSeconds: 7_200 });
      expect(calls).toBeLessThanOrEqual(1);
    },
  );

  test('with a short pause are repeated after it', async () => {
    const answer = { status: 429, headers: { 'retry-after': '1' }, cut: true };
    const { problem, calls, ms } = await search(answer, /search$/, 1);
    expect(problem).toBeUndefined();
    expect(calls).toBe(2);
    expect(ms).toBeGreaterThanOrEqual(990);
  });

  test('without a pause are repeated like any that may pass', async () => {
    const { problem, calls } = await search({ status: 429, cut: true }, /search$/, 9);
    expect(problem?.verdict).toBe('passing');
    expect(problem?.message).toContain('limits the requests');
    expect(calls).toBe(4);
  });
});
