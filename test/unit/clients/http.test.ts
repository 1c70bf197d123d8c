import { describe, expect, test } from 'vitest';
import { callJson, NoAnswer } from '../../../src/clients/http.js';
import { type ApiAnswer, startApi } from '../../support/http-api.js';

const DATE = 'Sat, 21 Nov 2026 14:30:00 GMT';

async function call(answer: ApiAnswer) {
  const api = await startApi(() => ({ status: 404 }));
  api.fail(/^GET/, answer);
  const { signal } = new AbortController();
  return callJson(api.apiUrl, { method: 'GET', headers: {}, timeoutMs: 10_000, signal });
}

const pauseAfter = async (headers: Record<string, string>) =>
  (await call({ status: 429, body: {}, headers })).retryAfterSeconds;

describe('Retry-After', () => {
  test.each([
    ['seconds', '30', 30],
    ['part of a second, as a whole one', '0.2', 1],
    ['a date, from the date of the answer on', 'Sat, 21 Nov 2026 14:32:05 GMT', 125],
    ['a date of another day', 'Mon, 23 Nov 2026 14:30:00 GMT', 172_800],
    ['a date that is past: at once', 'Sat, 21 Nov 2026 14:29:00 GMT', 0],
  ])('may be %s', async (_what, given, seconds) => {
    expect(await pauseAfter({ 'retry-after': given, date: DATE })).toBe(seconds);
  });

  test.each([
    '',
    '-1',
    'soon',
    '1e3',
    '0x10',
    'Infinity',
    '2026-11-21T14:32:05Z',
    'Sat, 99 Nov 2026 14:32:05 GMT',
  ])('that cannot be read is none: %s', async (given) => {
    expect(await pauseAfter({ 'retry-after': given, date: DATE })).toBeUndefined();
  });

  test('as a date counts from the clock when the answer does not say its own', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const seconds = await pauseAfter({ 'retry-after': inAnHour, date: 'unknown' });
    expect(seconds).toBeGreaterThan(3_000);
    expect(seconds).toBeLessThanOrEqual(3_600);
  });

  test('is known, like the status, of an answer whose body breaks off', async () => {
    const failure = await call({ status: 503, headers: { 'retry-after': '7' }, cut: true }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(NoAnswer);
    expect(failure).toMatchObject({ sent: true, status: 503, retryAfterSeconds: 7 });
  });
});
