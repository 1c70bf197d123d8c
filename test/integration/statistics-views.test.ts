import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { statistics } from '../../src/tasks/statistics/statistics.js';
import { startStatistics } from '../support/statistics.js';

async function start(views: string) {
  const service = await startStatistics('2026-11-21T11:00:00Z');
  const { db } = service;
  await db.rows(sql`create table public.sales (id int primary key, cents int)`);
  await db.rows(sql`insert into public.sales values (1, 100)`);
  await db.rows(sql`create schema "Board"`);
  await db.rows(sql`create materialized view "Board"."By ""day""" as select id, cents from public.sales`);
  await db.rows(sql`create unique index on "Board"."By ""day""" (id)`);
  await db.rows(sql`create materialized view public.empty_yet as select id from public.sales with no data`);
  await db.rows(sql`create unique index on public.empty_yet (id)`);
  await db.rows(sql`create materialized view public.keyless as select id from public.sales`);
  await db.rows(sql`insert into public.sales values (2, 200)`);
  const put = (value: unknown) =>
    service.call('/settings', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_views: value }),
    });
  expect((await put(views)).status).toBe(200);
  return {
    ...service,
    put,
    count: async (view: string) =>
      (await db.rows<{ count: number }>(sql.raw(`select count(*)::int from ${view}`)))[0]?.count,
  };
}

describe('the views that the setting refresh_views names', () => {
  test('are refreshed, those never filled before included, whatever their names', async () => {
    const { run, count } = await start('"Board"."By ""day""", empty_yet');
    const answer = await run();
    expect(answer).toMatchObject({ status: 'succeeded', stats: { viewsRefreshed: 2 } });
    expect([await count('"Board"."By ""day"""'), await count('empty_yet')]).toEqual([2, 2]);
  });

  test('fail alone, and say what to do', async () => {
    const { run, count } = await start('public.keyless, public.sales, nowhere.at_all, empty_yet');
    const { status, errors, stats } = await run();
    expect({ status, refreshed: stats.viewsRefreshed }).toEqual({ status: 'partial', refreshed: 1 });
    expect(errors.map(({ item }) => item)).toEqual(['public.keyless', 'public.sales', 'nowhere.at_all']);
    expect(errors[0]?.message).toContain('index unique');
    expect(errors[1]?.message).toContain('n’est pas une vue matérialisée');
    expect(await count('empty_yet')).toBe(2);
  });

  test('whose own query fails do not stop the others', async () => {
    const { db, run, count } = await start('by_zero, empty_yet');
    await db.rows(sql`create table public.divisors (id int primary key)`);
    await db.rows(
      sql`create materialized view public.by_zero as select id, 1 / id as share from public.divisors`,
    );
    await db.rows(sql`create unique index on public.by_zero (id)`);
    await db.rows(sql`insert into public.divisors values (0)`);
    const { errors } = await run();
    expect(errors.map(({ item }) => item)).toEqual(['by_zero']);
    expect(errors[0]?.message).not.toContain('division');
    expect(await count('empty_yet')).toBe(2);
  });

  test('are names, or are refused', async () => {
    const { put } = await start('');
    for (const value of ['a.b.c', 'sales; drop table sales', 'a b', 7, '"open'])
      expect((await put(value)).status, String(value)).toBe(400);
  });
});

test('a view that takes longer than the run has is cancelled in the database, and keeps no alert from going out', async () => {
  const service = await startStatistics('2026-11-21T11:00:00Z', {
    tasks: [{ ...statistics, timeoutMs: 6_000 }],
  });
  const { db, run } = service;
  await db.rows(sql`create table public.naps (id int primary key, seconds int)`);
  await db.rows(
    sql`create materialized view public.slow as select id, pg_sleep(seconds)::text as nap from public.naps`,
  );
  await db.rows(sql`create unique index on public.slow (id)`);
  await db.rows(sql`insert into public.naps values (1, 300)`);
  await db.rows(sql`insert into cronhook.settings (key, value) values ('refresh_views', 'slow')`);
  await db.rows(
    sql`insert into cronhook.leads (email, created_at) values ('a@example.com', '2026-11-19T10:00:00Z')`,
  );
  const { status, stats, errors } = await run();
  expect({ status, stats }).toMatchObject({ status: 'partial', stats: { alerts: 1, viewsRefreshed: 0 } });
  expect(errors[0]).toMatchObject({ item: 'slow', message: expect.stringContaining('annulé') });
  const left = await db.rows(sql`
    select 1 from pg_stat_activity where datname = current_database() and query like 'refresh %' and state = 'active'
  `);
  expect(left).toEqual([]);
});
