import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { startStatistics } from '../support/statistics.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-08-01T06:00:00Z');
const [KEPT, OTHER] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];

/** Two customers of January, whose statistics have been refreshed for ten days, twice a day. */
async function start() {
  const service = await startStatistics(START);
  const { db, run, turn } = service;
  for (const [company, price] of [
    [KEPT, 1_000],
    [OTHER, 50],
  ])
    await db.rows(sql`
      insert into cronhook.subscriptions (company_id, plan, price_cents, interval, status, started_at)
      values (${company}::uuid, 'pro', ${price}::int, 'month', 'active', '2026-01-10T10:00:00Z')
    `);
  const level = async () => {
    const [row] = await db.rows<{ mrr: number; customers: number }>(sql`
      select (select value::float from cronhook.statistics where metric = 'mrr_cents' and period = 'day' order by bucket desc limit 1) as mrr,
        (select value::float from cronhook.statistics where metric = 'customers' and period = 'day' order by bucket desc limit 1) as customers
    `);
    return row;
  };
  let now = START;
  const live = async (days: number) => {
    for (let half = 0; half < days * 2; half++) {
      now += DAY_MS / 2;
      turn(now);
      expect((await run()).status).toBe('succeeded');
    }
  };
  await run();
  await live(1);
  expect(await level()).toEqual({ mrr: 1_050, customers: 2 });
  return { ...service, level, live, now: () => now };
}

/** The MRR by the days of the bridge, from the first to the last. */
async function bridged({ db }: Awaited<ReturnType<typeof start>>) {
  return db.rows(sql`
    select * from (
      select bucket, sum(value) filter (where metric = 'mrr_cents') as mrr,
        sum(case metric when 'mrr_new_cents' then value when 'mrr_reactivation_cents' then value
          when 'mrr_expansion_cents' then value when 'mrr_contraction_cents' then -value
          when 'mrr_churn_cents' then -value else 0 end) as moved,
        lag(sum(value) filter (where metric = 'mrr_cents')) over (order by bucket) as before
      from cronhook.statistics where period = 'day' group by bucket
    ) as day where before + moved <> mrr
  `);
}

describe('subscriptions that are corrected after their days are final', () => {
  test('an end that is withdrawn brings the MRR back within a day', async () => {
    const service = await start();
    const { db, live, level } = service;
    await db.rows(sql`
      update cronhook.subscriptions set status = 'cancelled', cancelled_at = ${new Date(service.now()).toISOString()}
      where company_id = ${KEPT}::uuid
    `);
    await live(5);
    expect(await level()).toEqual({ mrr: 50, customers: 1 });
    // The end lies further back than what every refresh looks at.
    await live(32);
    await db.rows(sql`update cronhook.subscriptions set status = 'active', cancelled_at = null`);
    await live(1);
    expect(await level()).toEqual({ mrr: 1_050, customers: 2 });
    await live(4);
    expect(await level()).toEqual({ mrr: 1_050, customers: 2 });
    expect(await bridged(service)).toEqual([]);
  });

  test('customers imported with their real beginnings, prices changed in place and deleted rows are found within a day', async () => {
    const service = await start();
    const { db, live, level } = service;
    await live(3);
    await db.rows(sql`
      insert into cronhook.subscriptions (company_id, plan, price_cents, interval, status, started_at)
      select gen_random_uuid(), 'pro', 4900, 'month', 'active', '2026-05-20T10:00:00Z' from generate_series(1, 20)
    `);
    await db.rows(sql`update cronhook.subscriptions set price_cents = 3000 where company_id = ${KEPT}::uuid`);
    await db.rows(sql`delete from cronhook.subscriptions where company_id = ${OTHER}::uuid`);
    await live(1);
    expect(await level()).toEqual({ mrr: 20 * 4_900 + 3_000, customers: 21 });
    await live(4);
    expect(await level()).toEqual({ mrr: 20 * 4_900 + 3_000, customers: 21 });
    expect(await bridged(service)).toEqual([]);
  });
});

test('a month whose beginning has no customers has no LTV', async () => {
  const service = await startStatistics(START);
  await service.db.rows(sql`
    insert into cronhook.subscriptions (company_id, plan, price_cents, interval, status, started_at, cancelled_at)
    values (${KEPT}::uuid, 'pro', 1000, 'month', 'cancelled', '2026-07-02T10:00:00Z', '2026-07-12T10:00:00Z'),
      (${OTHER}::uuid, 'pro', 1000, 'month', 'active', '2026-07-02T10:00:00Z', null)
  `);
  await service.run();
  expect(await service.values(sql`metric = 'ltv_cents'`)).toEqual(new Map());
});

test('a ticket of no time at all fails nothing', async () => {
  const service = await startStatistics(START);
  await service.db.rows(sql`
    insert into cronhook.support_tickets (opened_at, first_response_at, resolved_at) values
      ('-infinity', '2026-07-31T10:00:00Z', '2026-07-31T11:00:00Z'),
      ('2026-07-31T09:00:00Z', '2026-07-31T10:00:00Z', '2026-07-31T11:00:00Z')
  `);
  await service.db.rows(
    sql`insert into cronhook.leads (email, created_at) values ('a@example.com', '-infinity')`,
  );
  expect(await service.run()).toMatchObject({ status: 'succeeded', stats: { alertsOpen: 0 } });
  const values = await service.values(sql`metric = 'ticket_first_response_seconds' and period = 'day'`);
  expect([...values.values()]).toEqual([3_600]);
});
