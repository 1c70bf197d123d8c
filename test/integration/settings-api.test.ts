import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { NIGHT, startPricing } from '../support/pricing.js';
import { onSharedDatabase } from '../support/service.js';

const startService = onSharedDatabase();

interface Shown {
  settings: Record<string, { type: string; default: unknown; value: unknown }>;
  usage: Record<string, unknown>[];
  message: string;
  error: string;
}

async function start() {
  const service = await startService({ now: () => new Date(NIGHT) });
  const shown = async () => (await (await service.call('/settings')).json()) as Shown;
  return {
    ...service,
    shown,
    value: async (key: string) => (await shown()).settings[key]?.value,
    async put(values: unknown) {
      const response = await service.call('/settings', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: typeof values === 'string' ? values : JSON.stringify(values),
      });
      return { status: response.status, ...((await response.json()) as Shown) };
    },
    stored: () => service.db.rows(sql`select key, value from cronhook.settings order by key`),
  };
}

describe('GET /settings', () => {
  test('shows each setting with its type, its default and its value, and today’s usage', async () => {
    const { shown } = await start();
    const { settings, usage } = await shown();
    expect(settings).toMatchObject({
      batch_enabled: { type: 'boolean', default: true, value: true },
      batch_hour: { type: 'integer', default: 3, value: 3 },
      daily_api_limit: { type: 'integer', default: 5_000, value: 5_000 },
      apply_prices: { type: 'boolean', default: true, value: true },
      min_sample: { type: 'integer', default: 5, value: 5 },
      iqr_factor: { type: 'number', default: 1.5, value: 1.5 },
      undercut_percent: { type: 'number', default: 0, value: 0 },
      min_margin_percent: { type: 'number', default: 10, value: 10 },
      max_change_percent: { type: 'number', default: 20, value: 20 },
      rounding: { type: 'choice', default: '.99', value: '.99' },
      'task.pricing.enabled': { type: 'boolean', default: true, value: true },
      'task.pricing.schedule': { type: 'schedule', default: '0 * * * *', value: '0 * * * *' },
    });
    expect(usage[0]).toEqual({
      provider: 'ebay',
      day: '2026-11-20',
      calls: 0,
      limit: 5_000,
      remaining: 5_000,
      blockedUntil: null,
      resetsAt: '2026-11-21T08:00:00.000Z',
    });
  });

  test('shows the default of what somebody has stored and nobody can read', async () => {
    const { db, value } = await start();
    await db.rows(
      sql`insert into cronhook.settings (key, value) values ('batch_hour', 'noon'), ('rounding', '.95')`,
    );
    expect(await value('batch_hour')).toBe(3);
    expect(await value('rounding')).toBe('.99');
  });

  test('shows nothing that is no setting of people', async () => {
    const { db, shown } = await start();
    await db.rows(sql`insert into cronhook.settings (key, value) values ('database.identity', '1/1')`);
    expect(Object.keys((await shown()).settings)).not.toContain('database.identity');
  });
});

describe('PUT /settings', () => {
  test('changes what is given, answers with all of it, and leaves the rest', async () => {
    const service = await start();
    const { status, settings } = await service.put({
      batch_enabled: false,
      batch_hour: 23,
      iqr_factor: 2.25,
      rounding: '.49',
      'threshold.cpu_percent': 92.5,
      'task.pricing.schedule': '*/30 * * * *',
      'task.pricing.enabled': false,
    });
    expect(status).toBe(200);
    expect(settings).toMatchObject({
      batch_enabled: { default: true, value: false },
      batch_hour: { value: 23 },
      iqr_factor: { value: 2.25 },
      rounding: { value: '.49' },
      min_sample: { value: 5 },
      'threshold.cpu_percent': { type: 'number', default: 90, value: 92.5 },
    });
    expect(await service.stored()).toHaveLength(7);
    expect((await service.put({ batch_hour: 4 })).settings.batch_enabled?.value).toBe(false);
    expect(await service.value('batch_hour')).toBe(4);
  });

  test('takes a threshold for one machine, and shows it from then on', async () => {
    const service = await start();
    const key = 'threshold.disk_percent.10.0.0.2:9100';
    expect((await service.shown()).settings[key]).toBeUndefined();
    const { settings } = await service.put({ [key]: 97 });
    expect(settings[key]).toMatchObject({ type: 'number', default: null, value: 97 });
    expect((await service.put({ [key]: null })).settings[key]).toBeUndefined();
  });

  test('takes a threshold of what is measured only, for one machine within the same bounds', async () => {
    const service = await start();
    for (const key of [
      'threshold.memory',
      'threshold.memory.local',
      'threshold.cpu_percent.',
      'threshold.x.y',
    ])
      expect(await service.put({ [key]: 50 })).toMatchObject({
        status: 400,
        message: expect.stringMatching(/threshold\.memory_percent.*threshold\.<name>\.<machine>/),
      });
    const key = 'threshold.memory_percent.vps:9100';
    expect(await service.put({ [key]: 500 })).toMatchObject({
      status: 400,
      message: expect.stringContaining(key),
    });
    expect((await service.put({ 'threshold.memory_percent.vps:9100 (2)': 50 })).status).toBe(200);
    expect((await service.put({ 'threshold.query_seconds.database': 500 })).status).toBe(200);
    await service.db.rows(sql`insert into cronhook.settings (key, value) values ('threshold.memory', '50')`);
    expect(Object.keys((await service.shown()).settings)).not.toContain('threshold.memory');
  });

  const wrong: [string, unknown][] = [
    ['batch_enabled', 'true'],
    ['batch_enabled', 1],
    ['batch_hour', 24],
    ['batch_hour', -1],
    ['batch_hour', 3.5],
    ['batch_hour', '3'],
    ['daily_api_limit', -1],
    ['daily_api_limit', 1e12],
    ['min_sample', 0],
    ['iqr_factor', -1],
    ['iqr_factor', 1.000_01],
    ['undercut_percent', 100],
    ['min_margin_percent', [10]],
    ['max_change_percent', {}],
    ['rounding', '.95'],
    ['rounding', 0.99],
    ['threshold.cpu_percent', 'high'],
    ['threshold.cpu_percent', 101],
    ['task.pricing.enabled', 'yes'],
    ['task.pricing.schedule', 'at noon'],
    ['task.pricing.schedule', ' 5 3 * * *'],
    ['task.pricing.schedule', '*/5 * * * * *'],
    ['task.pricing.schedule', '0 0 30 2 *'],
    ['task.pricing.schedule', '2020-01-01T00:00:00'],
    ['task.pricing.schedule', ''],
  ];
  test('names the value that is wrong, and changes nothing, what is right beside it neither', async () => {
    const service = await start();
    for (const [key, value] of wrong) {
      const answer = await service.put({ apply_prices: false, [key]: value });
      expect([key, value, answer.status]).toEqual([key, value, 400]);
      expect(answer.error).toBe('invalid_parameters');
      expect(answer.message).toContain(key);
    }
    expect(await service.stored()).toEqual([]);
  });

  test('refuses keys that it does not know, all of them named', async () => {
    const service = await start();
    const unknown = ['batchHour', 'threshold.', 'task.nothing.enabled', 'database.identity', '__proto__'];
    const body = `{"batch_hour": 4, ${unknown.map((key) => `"${key}": 1`).join(', ')}}`;
    const answer = await service.put(body);
    expect(answer.status).toBe(400);
    for (const key of unknown.slice(0, 4)) expect(answer.message).toContain(key);
    expect(answer.message).toContain('undercut_percent');
    expect(await service.stored()).toEqual([]);
  });

  test('with null puts each given key back to its default, beside others that change', async () => {
    const service = await start();
    await service.put({
      batch_enabled: false,
      batch_hour: 23,
      iqr_factor: 2.25,
      rounding: 'none',
      'threshold.cpu_percent': 92.5,
      'task.pricing.schedule': '*/30 * * * *',
      'task.pricing.enabled': false,
    });
    const { status, settings } = await service.put({
      batch_enabled: null,
      batch_hour: 4,
      iqr_factor: null,
      rounding: null,
      min_sample: null,
      'threshold.cpu_percent': null,
      'task.pricing.schedule': null,
      'task.pricing.enabled': null,
    });
    expect(status).toBe(200);
    expect(settings).toMatchObject({
      batch_enabled: { value: true },
      iqr_factor: { value: 1.5 },
      rounding: { value: '.99' },
      'task.pricing.schedule': { value: '0 * * * *' },
      'task.pricing.enabled': { value: true },
    });
    expect(settings['threshold.cpu_percent']?.value).toBe(90);
    expect(await service.stored()).toEqual([
      { key: 'batch_hour', value: '4' },
      // From when a task has its default again: it is expected by it from then on.
      { key: 'task.pricing.enabled', value: 'true' },
      { key: 'task.pricing.schedule', value: '0 * * * *' },
    ]);
  });

  test('that changes nothing keeps the time of the last change', async () => {
    const service = await start();
    await service.db.rows(sql`
      insert into cronhook.settings (key, value, updated_at) values ('batch_hour', '4', '2026-01-01'),
        ('task.pricing.enabled', 'false', '2026-01-01'), ('task.wealth.schedule', '15 3 * * *', '2026-01-01')`);
    const { status } = await service.put({
      batch_hour: 4,
      'task.pricing.enabled': false,
      'task.wealth.schedule': null,
      // Of these nothing is stored: they have their defaults already.
      'task.pricing.schedule': '0 * * * *',
      'task.outbox.enabled': true,
      'task.outbox.schedule': null,
    });
    expect(status).toBe(200);
    const times = await service.db.rows(
      sql`select key, updated_at = '2026-01-01' as unchanged from cronhook.settings order by key`,
    );
    expect(times).toEqual([
      { key: 'batch_hour', unchanged: true },
      { key: 'task.pricing.enabled', unchanged: true },
      { key: 'task.wealth.schedule', unchanged: true },
    ]);
    await service.put({ batch_hour: 5 });
    const [changed] = await service.db.rows<{ at: string }>(
      sql`select updated_at as at from cronhook.settings where key = 'batch_hour'`,
    );
    expect(new Date(changed?.at ?? '').toISOString()).toBe(new Date(NIGHT).toISOString());
  });

  test('with null puts nothing back when something beside it is wrong or unknown', async () => {
    const service = await start();
    await service.put({ batch_hour: 4 });
    expect((await service.put({ batch_hour: null, rounding: '.95' })).status).toBe(400);
    expect((await service.put({ batch_hour: null, batchHour: null })).status).toBe(400);
    expect(await service.value('batch_hour')).toBe(4);
  });

  test('refuses a body that is no JSON object, and takes an empty one', async () => {
    const service = await start();
    for (const body of ['{', '[]', '"x"', 'null']) expect((await service.put(body)).status).toBe(400);
    expect((await service.put({})).status).toBe(200);
  });

  test('needs the secret, and no other method will do', async () => {
    const service = await start();
    const init = { method: 'PUT', body: '{"batch_hour":4}', headers: { 'content-type': 'application/json' } };
    expect((await service.fetch('/settings', init)).status).toBe(403);
    expect((await service.fetch('/settings')).status).toBe(403);
    expect((await service.fetch('/pricing/stats')).status).toBe(403);
    const response = await service.call('/settings', { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, PUT, HEAD']);
    expect(await service.stored()).toEqual([]);
  });

  test('is described in the API’s own document', async () => {
    const service = await start();
    const document = await (await service.fetch('/openapi.json')).json();
    const { paths } = document as { paths: Record<string, Record<string, unknown>> };
    expect(Object.keys(paths['/settings'] ?? {})).toEqual(['get', 'put']);
    expect(Object.keys(paths['/pricing/stats'] ?? {})).toEqual(['get']);
  });
});

test('GET /pricing/stats shows the last batches, the usage, and the cards never priced', async () => {
  const pricing = await startPricing();
  await pricing.set({ daily_api_limit: 2 });
  for (let n = 1; n <= 3; n++) await pricing.card(`card-${n}`);
  await pricing.card('off', { enabled: false });
  const { runId } = await pricing.run();
  const stats = await (await pricing.call('/pricing/stats')).json();
  expect(stats).toMatchObject({
    batches: [
      {
        runId,
        batchDate: '2026-11-21',
        startedAt: '2026-11-21T02:30:00.000Z',
        finishedAt: '2026-11-21T02:30:00.000Z',
        status: 'quota_reached',
        cardsPriced: 2,
        apiCalls: 2,
      },
    ],
    usage: { provider: 'ebay', day: '2026-11-20', calls: 2, limit: 2, remaining: 0 },
    cards: { enabled: 3, neverPriced: 1, neverPricedCards: [{ title: expect.stringMatching(/^card-/) }] },
  });
});
