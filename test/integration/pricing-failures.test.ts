import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { ebayError } from '../support/ebay.js';
import { startPricing } from '../support/pricing.js';

const LONGEST_UNPRICED = '2026-11-01T00:00:00Z';
const broken = (n: number) => ({
  id: `ffffffff-0000-4000-8000-0000000000${n + 10}`,
  last_priced_at: LONGEST_UNPRICED,
});
const good = (n: number) => ({
  id: `00000000-0000-4000-8000-0000000000${n + 10}`,
  last_priced_at: '2026-11-02T00:00:00Z',
});

describe('a card that cannot be priced', () => {
  test('keeps no other from being priced: those that eBay never answers come after them, day after day', async () => {
    const pricing = await startPricing();
    for (let n = 1; n <= 8; n++) {
      await pricing.card(`broken-${n}`, broken(n));
      pricing.ebay.failing.set(`broken-${n}`, { status: 500 });
    }
    for (let n = 1; n <= 12; n++) await pricing.card(`good-${n}`, good(n));

    const first = await pricing.run();
    expect(first).toMatchObject({ status: 'partial', stats: { priced: 0, remaining: 20 } });
    expect(first.stats.failed).toBeGreaterThanOrEqual(5);
    expect(first.stats.failed).toBeLessThanOrEqual(8);
    expect(await pricing.failed()).toHaveLength(Number(first.stats.failed));

    pricing.turn('2026-11-21T03:30:00Z');
    expect(await pricing.run()).toMatchObject({ status: 'partial', stats: { priced: 12, remaining: 8 } });
    expect((await pricing.failed()).every((sku) => sku.startsWith('broken'))).toBe(true);
    // The same batch tries them again, and nobody else.
    pricing.turn('2026-11-21T04:30:00Z');
    expect(await pricing.run()).toMatchObject({ status: 'partial', stats: { priced: 0, remaining: 8 } });

    pricing.turn('2026-11-22T02:30:00Z');
    expect((await pricing.run()).stats.priced).toBe(12);
    pricing.ebay.failing.clear();
    pricing.turn('2026-11-22T03:30:00Z');
    expect((await pricing.run()).stats).toMatchObject({ priced: 8, remaining: 0 });
    expect(await pricing.failed()).toEqual([]);
    expect((await pricing.batches()).map(({ status, cards_priced }) => [status, cards_priced])).toEqual([
      ['failed', 12],
      ['completed', 20],
    ]);
  });

  test('waits behind the others whatever it fails for, until it is priced', async () => {
    const pricing = await startPricing();
    await pricing.card('limits', { ...broken(1), min_price_cents: 900, max_price_cents: 800 });
    await pricing.card('silent', { ...broken(2), query: ' ' });
    await pricing.card('refused', broken(3));
    await pricing.card('A', good(1));
    pricing.ebay.failing.set('refused', ebayError(400, 12_002, 'The q value is too long'));
    expect((await pricing.run()).stats).toMatchObject({ priced: 1, failed: 3 });
    expect(await pricing.failed()).toEqual(['limits', 'refused', 'silent']);

    await pricing.db.rows(sql`update cronhook.cards set min_price_cents = null, query = sku`);
    pricing.ebay.failing.clear();
    await pricing.set({ daily_api_limit: 1 });
    pricing.turn('2026-11-22T02:30:00Z');
    await pricing.run();
    expect((await pricing.observations()).map(({ sku }) => sku)).toEqual(['A', 'A']);
    await pricing.set({ daily_api_limit: 100 });
    pricing.turn('2026-11-22T03:30:00Z');
    await pricing.run();
    expect(await pricing.failed()).toEqual([]);
  });

  test('is tried once in a call, however many pages of cards there are', async () => {
    const pricing = await startPricing({ tickMs: 1 });
    await pricing.db.rows(sql`
      insert into cronhook.cards (sku, title, query, min_price_cents, max_price_cents)
      select 'card-' || n, 'card', 'card', 900, 800 from generate_series(1, 410) as n
    `);
    expect((await pricing.run()).stats).toMatchObject({ failed: 410, priced: 0, remaining: 0 });
    expect(await pricing.failed()).toHaveLength(410);
  });

  test('is tried though a wrong clock says that it has failed in years to come', async () => {
    const pricing = await startPricing();
    const id = await pricing.card('A');
    await pricing.db.rows(sql`insert into cronhook.pricing_failures values (${id}::uuid, '2030-01-01')`);
    expect((await pricing.run()).stats.priced).toBe(1);
    expect(await pricing.failed()).toEqual([]);
  });

  test('is forgotten a month after nobody wants it priced any more', async () => {
    const pricing = await startPricing();
    const failedAt = (id: string, moment: string) =>
      pricing.db.rows(
        sql`insert into cronhook.pricing_failures values (${id}::uuid, ${moment}::timestamptz)`,
      );
    const off = await pricing.card('off', { enabled: false });
    const justOff = await pricing.card('just off', { enabled: false });
    const gone = '00000000-0000-4000-8000-000000000001';
    const wanted = await pricing.card('wanted', { query: ' ' });
    await failedAt(off, '2026-10-21');
    await failedAt(gone, '2026-10-21');
    await failedAt(justOff, '2026-10-23');
    await failedAt(wanted, '2026-10-21');
    await pricing.run();
    const kept = await pricing.db.rows<{ card_id: string }>(sql`select * from cronhook.pricing_failures`);
    expect(kept.map(({ card_id }) => card_id).sort()).toEqual([justOff, wanted].sort());
  });

  test('keeps the batch open while eBay is away, so that the next call prices it', async () => {
    const pricing = await startPricing();
    for (const sku of ['A', 'B', 'C']) await pricing.card(sku);
    for (const sku of ['A', 'B', 'C']) pricing.ebay.failing.set(sku, { status: 503 });
    for (const hour of ['02', '03', '04', '05', '06']) {
      pricing.turn(`2026-11-21T${hour}:30:00Z`);
      expect(await pricing.run()).toMatchObject({ status: 'partial', stats: { priced: 0, remaining: 3 } });
    }
    pricing.ebay.failing.clear();
    pricing.turn('2026-11-21T07:30:00Z');
    expect(await pricing.run()).toMatchObject({ status: 'succeeded', stats: { priced: 3, remaining: 0 } });
    pricing.turn('2026-11-21T08:30:00Z');
    expect((await pricing.run()).status).toBe('skipped');
  });

  test('keeps the batch open too when eBay goes away after it has priced others', async () => {
    const pricing = await startPricing();
    for (let n = 1; n <= 12; n++) await pricing.card(`card-${n}`, good(n));
    const down = (from: number) => {
      for (let n = from; n <= 12; n++) pricing.ebay.failing.set(`card-${n}`, { status: 503 });
    };
    down(9);
    expect((await pricing.run()).stats).toMatchObject({ priced: 8, remaining: 4 });
    down(1);
    for (const hour of ['03', '04', '05', '06']) {
      pricing.turn(`2026-11-21T${hour}:30:00Z`);
      expect((await pricing.run()).stats).toMatchObject({ priced: 0, remaining: 4 });
    }
    pricing.ebay.failing.clear();
    pricing.turn('2026-11-21T07:30:00Z');
    expect(await pricing.run()).toMatchObject({ status: 'succeeded', stats: { priced: 4, remaining: 0 } });
  });

  test('does not end the batch when eBay refuses every card alike', async () => {
    const pricing = await startPricing();
    for (const sku of ['A', 'B', 'C']) {
      await pricing.card(sku);
      pricing.ebay.failing.set(sku, ebayError(400, 12_000, 'The application is misconfigured'));
    }
    expect((await pricing.run()).stats).toMatchObject({ priced: 0, failed: 3, remaining: 3 });
    pricing.ebay.failing.clear();
    pricing.turn('2026-11-21T03:30:00Z');
    expect((await pricing.run()).stats).toMatchObject({ priced: 3, remaining: 0 });
  });

  test('is given up for the day after three calls when eBay answers others', async () => {
    const pricing = await startPricing();
    for (const sku of ['A', 'B', 'C']) await pricing.card(sku);
    pricing.ebay.failing.set('B', { status: 503 });
    expect((await pricing.run()).stats).toMatchObject({ priced: 2, remaining: 1 });
    pricing.turn('2026-11-21T03:30:00Z');
    expect((await pricing.run()).stats).toMatchObject({ priced: 0, remaining: 1 });
    pricing.turn('2026-11-21T04:30:00Z');
    expect((await pricing.run()).stats).toMatchObject({ priced: 0, remaining: 0 });
    pricing.turn('2026-11-21T05:30:00Z');
    expect((await pricing.run()).status).toBe('skipped');
    expect((await pricing.batches()).map(({ status }) => status)).toEqual(['completed']);
    pricing.ebay.failing.clear();
    pricing.turn('2026-11-22T02:30:00Z');
    expect((await pricing.run()).stats).toMatchObject({ priced: 3, remaining: 0 });
  });
});

describe('settings that change while a batch runs', () => {
  /** As somebody who changes a setting once five cards are priced. */
  async function changeAfterFive(key: string, value: string) {
    const pricing = await startPricing();
    for (let n = 1; n <= 30; n++) await pricing.card(`card-${n}`, good(n));
    await pricing.db.rows(sql`
      create function cronhook.change() returns trigger language plpgsql as ${sql.raw(`$$ begin
        if (select count(*) from cronhook.price_observations) >= 5 then
          insert into cronhook.settings (key, value) values ('${key}', '${value}') on conflict do nothing;
        end if;
        return null;
      end $$`)}
    `);
    await pricing.db.rows(sql`
      create trigger change after insert on cronhook.price_observations execute function cronhook.change()
    `);
    const { stats } = await pricing.run();
    const { priced, changed, remaining } = stats;
    return { priced: Number(priced), changed: Number(changed), remaining: Number(remaining) };
  }
  /** Those that were being priced beside the fifth. */
  const BESIDE = 8;

  test.each([
    ['the batch turned off', 'batch_enabled', 'false'],
    ['a lower limit', 'daily_api_limit', '5'],
    ['no limit left at all', 'daily_api_limit', '0'],
  ])('%s ends it', async (_, key, value) => {
    const { priced, remaining } = await changeAfterFive(key, value);
    expect(priced).toBeGreaterThanOrEqual(5);
    expect(priced).toBeLessThanOrEqual(5 + BESIDE);
    expect(remaining).toBe(30 - priced);
  });

  test('apply_prices turned off keeps the prices of the other cards', async () => {
    const { priced, changed } = await changeAfterFive('apply_prices', 'false');
    expect(priced).toBe(30);
    expect(changed).toBeGreaterThanOrEqual(5);
    expect(changed).toBeLessThanOrEqual(5 + BESIDE);
  });
});
