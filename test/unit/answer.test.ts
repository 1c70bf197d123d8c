import { describe, expect, test } from 'vitest';
import { AppError, databaseUnavailable } from '../../src/errors.js';
import { messagesFor } from '../../src/locales/index.js';
import { errorAnswer, outcomeAnswer } from '../../src/routes/answer.js';
import type { Outcome } from '../../src/run-outcome.js';

const NOW = new Date('2026-11-21T14:30:00.000Z');
const RUN = '01970000-0000-7000-8000-000000000000';
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const answer = (outcome: Partial<Outcome>, dryRun = false) =>
  outcomeAnswer(
    'probe',
    RUN,
    { status: 'succeeded', message: 'done', durationMs: 842, stats: { things: 3 }, errors: [], ...outcome },
    dryRun,
    NOW,
  );

describe('the answer to a run', () => {
  test('has the fields of the contract', () => {
    expect(answer({})).toEqual({
      status: 200,
      retryAfterSeconds: undefined,
      body: {
        success: true,
        message: 'done',
        timestamp: '2026-11-21T14:30:00.000Z',
        task: 'probe',
        runId: RUN,
        status: 'succeeded',
        durationMs: 842,
        stats: { things: 3 },
        errors: [],
      },
    });
  });

  test.each([
    ['succeeded', undefined, 200, true, undefined],
    ['partial', undefined, 200, true, undefined],
    ['skipped', undefined, 200, true, undefined],
    ['failed', 'task_failed', 500, false, undefined],
    ['failed', undefined, 500, false, undefined],
    ['failed', 'database_unavailable', 503, false, 30],
    ['interrupted', 'shutting_down', 503, false, 10],
  ] as const)('%s (%s) is %i', (status, code, http, success, retryAfterSeconds) => {
    const given = answer({ status, ...(code && { code }) });
    expect(given).toMatchObject({ status: http, body: { status, success } });
    expect(given.retryAfterSeconds).toBe(retryAfterSeconds);
    expect(given.body.error).toBe(success ? undefined : (code ?? 'task_failed'));
  });

  test('names up to 10 of the errors', () => {
    const errors = Array.from({ length: 40 }, (_, index) => ({ item: `item ${index}`, message: 'no' }));
    const { body } = answer({ status: 'partial', errors });
    expect(body.errors).toEqual(errors.slice(0, 10));
  });

  test.each([
    ['ASCII', 'x'],
    ['accents', 'é'],
    ['emoji', '😀'],
    ['control characters', '\u0001'],
    ['lone surrogates', '\ud83d'],
    ['quotes', '"'],
  ])('is never larger than 8 KB, were there ten huge errors of %s', (_kind, letter) => {
    const huge = letter.repeat(100_000);
    const errors = Array.from({ length: 10 }, () => ({ item: huge, message: huge }));
    for (const dryRun of [false, true]) {
      const details = Array.from({ length: 500 }, () => ({ item: huge.slice(0, 200), action: 'add' }));
      const { body } = answer({ status: 'partial', message: huge, errors, details }, dryRun);
      expect(bytes(body)).toBeLessThanOrEqual(8192);
      expect(body.errors.length).toBeGreaterThan(0);
    }
  });

  test('cuts a long text between characters and marks the cut', () => {
    const { body } = answer({ message: '😀'.repeat(1000) });
    expect(body.message.isWellFormed()).toBe(true);
    expect(body.message.endsWith('…')).toBe(true);
    expect(body.message.length).toBeLessThanOrEqual(500);
  });

  test('of a dry run tells what would be done', () => {
    const details = [{ item: 'a', action: 'add' }];
    expect(answer({ details }, true).body).toMatchObject({ dryRun: true, details });
    expect(answer({}, true).body).toMatchObject({ dryRun: true, details: [] });
    expect(answer({ details }).body).not.toHaveProperty('details');
  });

  test('of a dry run keeps as many details as fit', () => {
    const details = Array.from({ length: 500 }, (_, index) => ({
      item: `invoice-${index}`,
      action: 'remind',
    }));
    const { body } = answer({ details }, true);
    expect(bytes(body)).toBeLessThanOrEqual(8192);
    expect(body.details?.length).toBeGreaterThan(60);
    expect(body.details?.[0]).toEqual(details[0]);
  });

  test('gives up details before it gives up errors', () => {
    const errors = Array.from({ length: 10 }, () => ({ item: 'a', message: 'x'.repeat(500) }));
    const details = Array.from({ length: 500 }, () => ({ item: 'b', action: 'add' }));
    expect(answer({ status: 'partial', errors, details }, true).body.errors).toHaveLength(10);
  });
});

describe('the answer to an error', () => {
  const fr = messagesFor('fr');

  test('an error meant for people says its text in their language', () => {
    const error = new AppError('not_configured', (t) => t.errors.notConfigured(['A', 'B']));
    expect(errorAnswer(error, fr, NOW)).toEqual({
      status: 503,
      retryAfterSeconds: undefined,
      body: {
        success: false,
        message: 'Tâche non configurée : définissez A et B',
        timestamp: NOW.toISOString(),
        error: 'not_configured',
      },
    });
    expect(errorAnswer(error, messagesFor('en'), NOW).body.message).toBe('Task not configured: set A and B');
  });

  test('any other error keeps its text to itself', () => {
    const { status, body } = errorAnswer(new Error('select * from users'), fr, NOW);
    expect([status, body.error]).toEqual([500, 'internal']);
    expect(JSON.stringify(body)).not.toContain('select');
    expect(errorAnswer('a string', fr, NOW).body.error).toBe('internal');
  });

  test('a database that is away is 503, to be tried again after 30 s', () => {
    const driver = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      query: 'select',
    });
    const wrapped = new Error('Failed query', { cause: driver });
    for (const error of [databaseUnavailable(undefined), driver, wrapped]) {
      expect(errorAnswer(error, fr, NOW)).toMatchObject({
        status: 503,
        retryAfterSeconds: 30,
        body: { error: 'database_unavailable' },
      });
    }
  });

  test('a third party that is away is not taken for the database', () => {
    const socket = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(errorAnswer(socket, fr, NOW).body.error).toBe('internal');
  });
});
