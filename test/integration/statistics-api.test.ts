import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { insertRows } from '../support/simulated-year.js';
import { startStatistics } from '../support/statistics.js';

async function start() {
  const service = await startStatistics('2026-11-21T11:30:00Z');
  await insertRows(service.db, {
    leads: ['2026-11-17T22:30:00Z', '2026-11-17T23:30:00Z', '2026-11-21T10:00:00Z'].map((moment) => ({
      ...{ id: randomUUID(), created_at: Date.parse(moment), converted_at: null },
    })),
  });
  await service.run();
  return {
    ...service,
    async ask(query: string) {
      const response = await service.call(`/statistics?${query}`);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}

describe('GET /statistics', () => {
  test('answers with the points of a metric, by day where nothing else is said', async () => {
    const { ask, db } = await start();
    await db.rows(
      sql`insert into cronhook.kpi_targets (metric, period, target) values ('leads_new', 'day', 2.5)`,
    );
    expect(await ask('metric=leads_new')).toEqual({
      status: 200,
      body: {
        ...{ success: true, metric: 'leads_new', period: 'day', unit: 'count', target: 2.5 },
        points: [
          { bucket: '2026-11-16T23:00:00.000Z', value: 1, final: true },
          { bucket: '2026-11-17T23:00:00.000Z', value: 1, final: true },
          { bucket: '2026-11-18T23:00:00.000Z', value: 0, final: false },
          { bucket: '2026-11-19T23:00:00.000Z', value: 0, final: false },
          { bucket: '2026-11-20T23:00:00.000Z', value: 1, final: false },
        ],
      },
    });
  });

  test('takes days of the time zone, both included, or moments', async () => {
    const { ask } = await start();
    const buckets = async (query: string) =>
      ((await ask(`metric=leads_new&${query}`)).body.points as { bucket: string }[]).map(
        ({ bucket }) => bucket,
      );
    expect(await buckets('from=2026-11-18&to=2026-11-19')).toEqual([
      '2026-11-17T23:00:00.000Z',
      '2026-11-18T23:00:00.000Z',
    ]);
    expect(await buckets('period=hour&from=2026-11-18&to=2026-11-18')).toHaveLength(24);
    expect(await buckets('from=2026-11-17T23:00:00Z&to=2026-11-18T00:00:00%2B01:00')).toEqual([
      '2026-11-17T23:00:00.000Z',
    ]);
    expect(await buckets('period=week')).toEqual(['2026-11-15T23:00:00.000Z']);
  });

  test('refuses what it does not know, naming it, and more than a thousand points', async () => {
    const { ask, db } = await start();
    for (const query of [
      '',
      'metric=nonsense',
      'metric=leads_new&period=year',
      'metric=leads_new&from=2026-02-30',
      'metric=leads_new&from=0000-01-01',
      'metric=leads_new&from=2026-11-21T10:00%2B20:00',
      'metric=leads_new&from=yesterday',
      'metric=leads_new&from=2026-11-21&to=2026-11-20',
      'metric=leads_new&since=2026-11-21',
      'metric=leads_new&metric=dau',
    ]) {
      const { status, body } = await ask(query);
      expect({ query, status, error: body.error }).toEqual({
        query,
        status: 400,
        error: 'invalid_parameters',
      });
    }
    await db.rows(sql`
      insert into cronhook.statistics (metric, period, bucket, value)
      select 'leads_new', 'hour', '2025-01-01T00:00:00Z'::timestamptz + n * interval '1 hour', n
      from generate_series(1, 1001) n
    `);
    expect((await ask('metric=leads_new&period=hour&from=2025-01-01&to=2025-12-31')).status).toBe(400);
  });

  test('needs the secret, and is described', async () => {
    const service = await start();
    expect((await service.fetch('/statistics?metric=dau')).status).toBe(403);
    const document = (await (await service.fetch('/openapi.json')).json()) as {
      paths: Record<string, unknown>;
    };
    expect(document.paths).toHaveProperty('/statistics');
    expect((await service.call('/statistics', { method: 'POST' })).status).toBe(405);
  });
});
