import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { recompute } from '../support/recomputed-kpis.js';
import { DAY, HOUR, insertRows, type RawRows, random, simulate } from '../support/simulated-year.js';
import { startStatistics } from '../support/statistics.js';

const NOON = '2026-11-21T11:00:00Z';
const at = (moment: string): number => Date.parse(moment);
/** Midnight in Paris, in winter. */
const midnight = (day: string): string => new Date(at(`${day}T00:00:00Z`) - HOUR).toISOString();

const lead = (moment: string) => ({ id: randomUUID(), created_at: at(moment), converted_at: null });
const subscription = (started: string, values: Partial<RawRows['subscriptions'][number]> = {}) => ({
  ...{
    id: randomUUID(),
    company_id: randomUUID(),
    price_cents: 1_000,
    currency: 'EUR',
    interval: 'month' as const,
  },
  ...{ status: 'active', started_at: at(started), cancelled_at: null, ...values },
});

describe('the statistics', () => {
  test('refreshed every few hours are what the rows say, late ones included, over an autumn and a month’s end', {
    timeout: 240_000,
  }, async () => {
    const [from, to] = [at('2025-10-20T05:00:00Z'), at('2025-11-04T12:00:00Z')];
    const rows = simulate(7, from, to, 25);
    const service = await startStatistics(from);
    const lateness = random(11);
    const lateBy = new Map(
      Object.values(rows)
        .flat()
        .map((row) => [row, lateness.chance(0.3) ? lateness.between(0, 40 * HOUR) : 0]),
    );
    // Turned by seven hours, so that all hours of the day have their turn.
    for (let now = from + 60 * HOUR; ; now = Math.min(now + 7 * HOUR, to)) {
      service.turn(now);
      await service.db.rows(
        sql.raw(
          `truncate ${Object.keys(rows)
            .map((table) => `cronhook.${table}`)
            .join(', ')}`,
        ),
      );
      await insertRows(service.db, knownAt(rows, now, lateBy));
      expect((await service.run()).status).toBe('succeeded');
      if (now === to) break;
    }
    const first = Math.min(
      ...rows.leads.map((one) => one.created_at),
      ...rows.support_tickets.map((one) => one.opened_at),
    );
    const expected = recompute(knownAt(rows, to, lateBy), first, to);
    const stored = await service.values();
    const wrong = [...new Set([...stored.keys(), ...expected.keys()])].filter(
      (key) => !(Math.abs((stored.get(key) ?? Infinity) - (expected.get(key) ?? -Infinity)) < 1e-6),
    );
    expect(wrong.map((key) => `${key}: ${stored.get(key)} instead of ${expected.get(key)}`)).toEqual([]);
    // From scratch it is the same.
    await service.forget();
    await service.run();
    expect(await service.values()).toEqual(stored);
  });

  test('correct a day until 48 hours after its end, and never touch it again', async () => {
    const service = await startStatistics('2026-11-20T22:59:00Z');
    const leadsOf = async (day: string) =>
      (await service.values(sql`metric = 'leads_new' and period = 'day'`)).get(
        `leads_new day ${midnight(day)}`,
      );
    await insertRows(service.db, { leads: [lead('2026-11-18T12:00:00Z')] });
    await service.run();
    expect(await leadsOf('2026-11-18')).toBe(1);
    await insertRows(service.db, { leads: [lead('2026-11-18T13:00:00Z')] });
    await service.run();
    expect(await leadsOf('2026-11-18')).toBe(2);
    service.turn('2026-11-20T23:00:00Z');
    await service.run();
    await insertRows(service.db, { leads: [lead('2026-11-18T14:00:00Z'), lead('2026-11-19T14:00:00Z')] });
    await service.run();
    expect([await leadsOf('2026-11-18'), await leadsOf('2026-11-19')]).toEqual([2, 1]);
  });

  test('book a subscription that comes too late for its day on the first open one, and the bridge holds', async () => {
    const service = await startStatistics(NOON);
    const known = subscription('2026-11-01T08:00:00Z');
    await insertRows(service.db, { subscriptions: [known] });
    await service.run();
    const before = await service.values(sql`bucket < '2026-11-18T22:00:00Z' and period in ('hour', 'day')`);
    await insertRows(service.db, {
      subscriptions: [subscription('2026-11-10T08:00:00Z', { price_cents: 700 })],
    });
    await service.db.rows(sql`
      update cronhook.subscriptions set cancelled_at = '2026-11-12T08:00:00Z', status = 'cancelled' where id = ${known.id}::uuid
    `);
    await service.run();
    expect(await service.values(sql`bucket < '2026-11-18T22:00:00Z' and period in ('hour', 'day')`)).toEqual(
      before,
    );
    const values = await service.values(sql`period = 'day'`);
    const of = (metric: string, day: string) => values.get(`${metric} day ${midnight(day)}`);
    expect(of('mrr_cents', '2026-11-18')).toBe(1_000);
    expect(of('mrr_new_cents', '2026-11-19')).toBe(700);
    expect(of('mrr_churn_cents', '2026-11-19')).toBe(1_000);
    expect(of('mrr_cents', '2026-11-21')).toBe(700);
    // Once these days are final the rest of the month goes on from there.
    service.turn('2026-11-28T11:00:00Z');
    await service.run();
    const month = await service.values(sql`period = 'month'`);
    expect(month.get(`mrr_cents month ${midnight('2026-11-01')}`)).toBe(700);
    expect(month.get(`mrr_churn_cents month ${midnight('2026-11-01')}`)).toBe(1_000);
  });

  test('leave out other currencies and cancellations without a date, and count them', async () => {
    const service = await startStatistics(NOON);
    await insertRows(service.db, {
      subscriptions: [
        subscription('2026-11-20T08:00:00Z', { currency: 'USD' }),
        subscription('2026-11-20T08:00:00Z', { status: 'cancelled' }),
        subscription('2026-11-20T08:00:00Z', { interval: 'year', price_cents: 1_000 }),
      ],
    });
    const { stats } = await service.run();
    expect(stats).toMatchObject({ otherCurrencies: 1, undatedCancellations: 1 });
    const values = await service.values(
      sql`period = 'day' and bucket = ${midnight('2026-11-21')}::timestamptz`,
    );
    expect(values.get(`mrr_cents day ${midnight('2026-11-21')}`)).toBeCloseTo(1_000 / 12, 9);
    expect(values.get(`arr_cents day ${midnight('2026-11-21')}`)).toBe(1_000);
    expect(values.get(`customers day ${midnight('2026-11-21')}`)).toBe(1);
  });

  test('lose a value again whose denominator has gone', async () => {
    const service = await startStatistics(NOON);
    const failed = { id: randomUUID(), company_id: randomUUID(), amount_cents: 100, currency: 'EUR' };
    await insertRows(service.db, {
      payments: [{ ...failed, status: 'failed', created_at: at('2026-11-21T08:00:00Z'), refunded_at: null }],
    });
    const rates = () => service.values(sql`metric = 'payment_failure_rate'`);
    await service.run();
    expect((await rates()).size).toBe(4);
    await service.db.rows(sql`delete from cronhook.payments`);
    await service.run();
    expect((await rates()).size).toBe(0);
  });

  test('of a company without any rows are zeros of today', async () => {
    const service = await startStatistics(NOON);
    const { status, stats } = await service.run();
    expect({ status, days: stats.days, left: stats.remainingDays }).toEqual({
      status: 'succeeded',
      days: 1,
      left: 0,
    });
    expect((await service.values()).get(`leads_new day ${midnight('2026-11-21')}`)).toBe(0);
  });

  test('of a mistyped date do not fill the disk: they begin ten years ago', {
    timeout: 240_000,
  }, async () => {
    const service = await startStatistics('2026-11-21T11:00:00Z');
    await insertRows(service.db, { leads: [lead('0202-11-21T08:00:00Z')] });
    void service.call('/statistics/refresh?wait=0');
    const oldest = async () => {
      const [found] = await service.db.rows<{ bucket: string | null }>(
        sql`select min(bucket)::text as bucket from cronhook.statistics where period = 'day'`,
      );
      return found?.bucket;
    };
    await expect.poll(oldest, { timeout: 60_000 }).not.toBeNull();
    expect(new Date((await oldest()) ?? 0).toISOString()).toBe('2016-11-20T23:00:00.000Z');
  });

  test.for(['Asia/Kathmandu', 'Australia/Lord_Howe', 'America/Havana', 'Pacific/Apia'])(
    'count everything once in %s too, where hours and midnights are others',
    async (TIMEZONE) => {
      const now = at('2026-04-20T11:00:00Z');
      const service = await startStatistics(now, { env: { TIMEZONE } });
      const rows = simulate(3, now - 40 * DAY, now, 20);
      await insertRows(service.db, rows);
      expect((await service.run()).status).toBe('succeeded');
      const sums = await service.db.rows(sql`
        select period, sum(value)::int as leads from cronhook.statistics
        where metric = 'leads_new' and period in ('hour', 'day', 'week') group by period order by period
      `);
      const leads = rows.leads.length;
      expect(sums).toEqual(['day', 'hour', 'week'].map((period) => ({ period, leads })));
      const [mrr] = await service.db.rows<{ stored: number; raw: number }>(sql`
        select
          (select value::float8 from cronhook.statistics where metric = 'arr_cents' and period = 'hour'
            order by bucket desc limit 1) as stored,
          (select sum(price_cents * case interval when 'year' then 1 else 12 end)::float8 from cronhook.subscriptions
            where currency = 'EUR' and started_at <= ${new Date(now).toISOString()}::timestamptz
              and coalesce(cancelled_at > ${new Date(now).toISOString()}::timestamptz, status <> 'cancelled')) as raw
      `);
      expect(mrr?.stored).toBe(mrr?.raw);
    },
  );

  test('are not written by a dry run', async () => {
    const service = await startStatistics(NOON);
    await insertRows(service.db, { leads: [lead('2026-11-20T08:00:00Z')] });
    const answer = await service.run('&dryRun=true');
    expect(answer.status).toBe('succeeded');
    expect(answer.details).toContainEqual(
      expect.objectContaining({ item: 'statistics', upTo: '2026-11-21' }),
    );
    expect((await service.values()).size).toBe(0);
  });
});

/** What the database knew at a moment: later ends, refunds and answers are not there yet. */
function knownAt(rows: RawRows, now: number, lateBy: Map<object, number>): RawRows {
  const mask = <Row extends object>(list: Row[], since: (row: Row) => number, ends: (keyof Row)[]): Row[] =>
    list
      .filter((row) => since(row) + (lateBy.get(row) ?? 0) <= now)
      .map((row) => {
        const known = { ...row };
        for (const end of ends)
          if ((row[end] as number | null) !== null && (row[end] as number) > now) known[end] = null as never;
        return known;
      });
  return {
    leads: mask(rows.leads, (row) => row.created_at, ['converted_at']),
    companies: mask(rows.companies, (row) => row.created_at, ['converted_at']),
    users: mask(rows.users, (row) => row.created_at, []),
    // An end of service is known long before it comes.
    subscriptions: mask(rows.subscriptions, (row) => row.started_at, []),
    payments: mask(rows.payments, (row) => row.created_at, ['refunded_at']).map((row) => ({
      ...row,
      status: row.status === 'refunded' && row.refunded_at === null ? ('succeeded' as const) : row.status,
    })),
    support_tickets: mask(rows.support_tickets, (row) => row.opened_at, [
      'first_response_at',
      'resolved_at',
    ]).map((row) => ({ ...row, satisfaction: row.resolved_at === null ? null : row.satisfaction })),
    user_activity: mask(rows.user_activity, (row) => Date.parse(row.day) + DAY, []),
    marketing_spend: rows.marketing_spend,
  };
}
