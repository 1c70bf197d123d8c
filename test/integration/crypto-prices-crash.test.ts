import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { RATES, startBinance } from '../support/binance.js';
import { spawnRun } from '../support/run-process.js';
import { startTestService } from '../support/service.js';

const KILLS = 4;
const GONE = ['GONE1', 'GONE2', 'GONE3'];

test('prices, history and notices agree however often their runs are killed', {
  timeout: 240_000,
}, async () => {
  const binance = await startBinance();
  const service = await startTestService();
  const { db } = service;
  const env = { DATABASE_URL: service.databaseUrl, BINANCE_API_URL: binance.apiUrl };
  const coins = await db.rows<{ symbol: string }>(sql`select symbol from cronhook.crypto_assets`);
  await addPast(service);

  /** Every coin costs as many cents as this says. */
  const trade = (cents: number) => {
    const price = (cents / 100).toFixed(8);
    for (const { symbol } of coins) binance.list({ [`${symbol}EUR`]: price });
    binance.list({ EURUSDT: RATES.EURUSDT });
  };
  const state = async () => {
    const [row] = await db.rows<
      Record<'priced' | 'moments' | 'agreeing' | 'disabled' | 'notices', number>
    >(sql`
      select count(*)::int as priced, count(distinct price.updated_at)::int as moments,
        count(point.at)::int as agreeing,
        (select count(*)::int from cronhook.crypto_assets where not enabled) as disabled,
        (select count(*)::int from cronhook.notifications where kind = 'crypto_disabled') as notices
      from cronhook.crypto_prices price
        left join cronhook.crypto_price_history point
          on point.symbol = price.symbol and point.at = price.updated_at and point.price_eur = price.price_eur
    `);
    return row;
  };
  const whole = (priced: number) => {
    const gone = priced === 0 ? 0 : GONE.length;
    return { priced, moments: Math.sign(priced), agreeing: priced, disabled: gone, notices: gone };
  };

  let kills = 0;
  for (let round = 0; round < KILLS; round++) {
    trade(100 + round);
    const asked = binance.requests.length;
    const run = spawnRun('crypto-prices', env);
    while (binance.requests.length === asked && run.child.exitCode === null) await sleep(2);
    // Before the prices, while they are written, or while the history is thinned.
    await sleep((Math.random() * 300 * round) / KILLS);
    if (run.child.exitCode === null) kills += 1;
    run.child.kill('SIGKILL');
    await run.ended;
    expect([whole(0), whole(coins.length)]).toContainEqual(await state());
    await db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
  }
  expect(kills).toBeGreaterThan(0);
  trade(200);
  const last = spawnRun('crypto-prices', env);
  const [code] = await last.ended;
  expect(code, last.output()).toBe(0);

  expect(await state()).toEqual(whole(coins.length));
  const prices = await db.rows(sql`select distinct price_eur::text as price from cronhook.crypto_prices`);
  expect(prices).toEqual([{ price: '2.00000000' }]);
  expect(await db.rows(sql`select from cronhook.crypto_failures`)).toEqual([]);
  const crowded = await db.rows(sql`
    select symbol from cronhook.crypto_price_history group by symbol, date_trunc('hour', at) having count(*) > 1
  `);
  expect(crowded).toEqual([]);
});

/** Coins at the end of their week, and a history that takes a while to thin. */
async function addPast({ db }: Awaited<ReturnType<typeof startTestService>>): Promise<void> {
  await db.rows(sql`
    with gone as (
      insert into cronhook.crypto_assets (symbol, name)
      select symbol, symbol from json_array_elements_text(${JSON.stringify(GONE)}::json) as symbol returning symbol
    )
    insert into cronhook.crypto_failures (symbol, since, last_at)
    select symbol, now() - interval '169 hours', now() - interval '1 hour' from gone
  `);
  await db.rows(sql`
    insert into cronhook.crypto_price_history (symbol, at, price_eur)
    select symbol, at, 1 from cronhook.crypto_assets,
      generate_series(now() - interval '10 days', now() - interval '1 hour', interval '10 minutes') as at
  `);
}
