import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { addAtlasSample } from '../../src/dev/sample/atlas.js';
import { addCardsSample } from '../../src/dev/sample/cards.js';
import { addTalosSample } from '../../src/dev/sample/talos.js';
import { startLokario } from '../support/lokario.js';

const NOW = new Date('2026-11-21T14:30:00Z');

async function startSample() {
  const service = await startLokario({ now: () => NOW });
  for (const email of ['claire@example.com', 'hugo@example.com'])
    await service.insert('users', { email, name: email });
  const add = async () => {
    await addAtlasSample(service.context, ['claire@example.com', 'hugo@example.com']);
    await addCardsSample(service.context);
  };
  await add();
  return { ...service, add };
}

describe('the sample data', () => {
  test('has investors whose wealth needs no Internet: their coins have prices, one of them owes a loan', async () => {
    const service = await startSample();
    expect(await service.run('/wealth/recalculate')).toMatchObject({
      status: 'succeeded',
      stats: { profiles: 2, changed: 2, failed: 0, stalePrices: 0 },
    });
    const profiles = await service.db.rows<{ owed: boolean; crypto: string }>(sql`
      select calculated_total_immobilier_net between 100000 and 326499 as owed, calculated_total_cryptomonnaies as crypto
      from cronhook.investor_profiles order by id
    `);
    expect(profiles).toEqual([
      { owed: true, crypto: '20772.80' },
      { owed: false, crypto: '3762.47' },
    ]);
  });

  test('has cards, one of them priced yesterday', async () => {
    const { db } = await startSample();
    const cards = await db.rows(sql`
      select sku, price_cents, last_priced_at < ${NOW.toISOString()}::timestamptz as priced, suggested_cents
      from cronhook.cards card left join cronhook.price_observations observation on observation.card_id = card.id
      order by sku
    `);
    expect(cards).toEqual([
      { sku: 'MTG-CONTRESORT-LEA', price_cents: 2_499, priced: null, suggested_cents: null },
      { sku: 'PKM-DRACAUFEU-4', price_cents: 18_999, priced: true, suggested_cents: 18_999 },
      { sku: 'PKM-TORTANK-2', price_cents: null, priced: null, suggested_cents: null },
    ]);
  });

  test('is added once, and overwrites nothing that a task has found since', async () => {
    const service = await startSample();
    await service.run('/wealth/recalculate');
    await service.db.rows(sql`update cronhook.crypto_prices set price_eur = 80000 where symbol = 'BTC'`);
    const state = () =>
      service.db.rows(sql`
        select (select json_agg(profile order by id) from cronhook.investor_profiles profile) as profiles,
          (select json_agg(price order by symbol) from cronhook.crypto_prices price) as prices,
          (select json_agg(card order by sku) from cronhook.cards card) as cards,
          (select json_agg(batch) from cronhook.batch_runs batch) as batches,
          (select count(*)::int from cronhook.price_observations) as observations
      `);
    const before = await state();
    await service.add();
    expect(await state()).toEqual(before);
  });

  test('has a software firm whose statistics and reports have something to tell, and is added once', async () => {
    const service = await startLokario({ now: () => NOW });
    await addTalosSample(service.context);
    const counts = () =>
      service.db.rows(sql`
        select (select count(*)::int from cronhook.companies) as companies, (select count(*)::int from cronhook.leads) as leads,
          (select count(*)::int from cronhook.payments) as payments, (select count(*)::int from cronhook.user_activity) as days
      `);
    const [first] = await counts();
    expect(first).toMatchObject({ companies: 40, leads: 260 });
    await addTalosSample(service.context);
    expect(await counts()).toEqual([first]);
    expect(await service.run('/statistics/refresh')).toMatchObject({
      status: 'succeeded',
      stats: { failed: 0 },
    });
    const [mrr] = await service.db.rows<{ value: string }>(sql`
      select value from cronhook.statistics where metric = 'mrr_cents' and period = 'month' order by bucket desc limit 1
    `);
    expect(Number(mrr?.value)).toBeGreaterThan(10_000);
  });
});
