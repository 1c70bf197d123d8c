import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { ebayError } from '../support/ebay.js';
import { MARKET, startPricing } from '../support/pricing.js';
import { spawnRun } from '../support/run-process.js';

const SIDE_BY_SIDE = 4;
const DEARER = MARKET.map((cents) => cents * 3);

type Pricing = Awaited<ReturnType<typeof startPricing>>;

/** A batch that may run in a process of its own, at any hour. */
async function startBatch(cards: number) {
  const pricing = await startPricing({ at: new Date().toISOString() });
  await pricing.set({ batch_hour: 0 });
  const skus = Array.from({ length: cards }, (_, n) => `card-${n}`);
  for (const sku of skus) await pricing.card(sku, { price_cents: 1_000 }, DEARER);
  const env = { DATABASE_URL: pricing.databaseUrl, ...pricing.ebay.env };
  return { pricing, skus, spawn: () => spawnRun('pricing', env) };
}

async function kill({ child, ended }: ReturnType<typeof spawnRun>, pricing: Pricing): Promise<void> {
  child.kill('SIGKILL');
  await ended;
  // What waiting for a minute does.
  await pricing.db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
}

/** What is refused again and again is given up after three of them. */
const LATER_CALLS = 4;

/** One batch, in which each of these was priced once: twenty percent more, not forty-four. */
async function expectOnce(pricing: Pricing, skus: string[], kills: number): Promise<void> {
  const [batch, ...others] = await pricing.batches();
  expect(others).toEqual([]);
  expect(batch).toMatchObject({ status: 'completed', cards_priced: skus.length });
  expect(batch?.api_calls).toBe(await pricing.calls());
  const searches = pricing.ebay.searches().map(({ query }) => query.get('q') ?? '');
  expect(searches.length).toBeLessThanOrEqual(batch?.api_calls ?? 0);
  // Those that were on their way when the process died, and one that asks whether eBay is there, for each later call.
  const good = searches.filter((sku) => skus.includes(sku));
  expect(good.length).toBeLessThanOrEqual(skus.length + SIDE_BY_SIDE * kills + LATER_CALLS);
  const seen = (await pricing.observations()).map(({ sku }) => sku);
  expect(seen.sort()).toEqual(skus.toSorted());
  for (const sku of skus) expect(await pricing.price(sku)).toBe(1_199);
}

test('a batch killed again and again goes on: one batch, each card once, those that fail behind', {
  timeout: 240_000,
}, async () => {
  const { pricing, skus, spawn } = await startBatch(80);
  const refused = ['refused-1', 'refused-2', 'refused-3', 'refused-4', 'refused-5', 'refused-6'];
  for (const sku of refused) {
    await pricing.card(sku);
    pricing.ebay.failing.set(sku, ebayError(400, 12_002, 'The q value is too long'));
  }
  const priced = async () => (await pricing.observations()).length;
  let kills = 0;
  while (kills < 3) {
    const run = spawn();
    const wanted = (await priced()) + 1 + Math.floor(Math.random() * 20);
    const until = Date.now() + 30_000;
    while ((await priced()) < wanted && run.child.exitCode === null && Date.now() < until) await sleep(3);
    if (run.child.exitCode !== null) break;
    await kill(run, pricing);
    kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  for (let calls = 0; calls < LATER_CALLS; calls++) {
    pricing.turn(new Date().toISOString());
    if ((await pricing.batches())[0]?.status !== 'completed') await pricing.run();
  }
  await expectOnce(pricing, skus, kills);
  expect(await pricing.failed()).toEqual(refused);
});

test('killed between eBay’s answers and what is made of them, a batch repeats those searches and nothing else', {
  timeout: 240_000,
}, async () => {
  const { pricing, skus, spawn } = await startBatch(12);
  const release = await holdWrites(pricing);
  const run = spawn();
  await untilWaiting(pricing, SIDE_BY_SIDE);
  expect(pricing.ebay.searches()).toHaveLength(SIDE_BY_SIDE);
  run.child.kill('SIGKILL');
  await run.ended;
  await release();
  await kill(run, pricing);
  expect(await pricing.observations()).toEqual([]);

  pricing.turn(new Date().toISOString());
  expect((await pricing.run()).status).toBe('succeeded');
  await expectOnce(pricing, skus, 1);
  expect(pricing.ebay.searches()).toHaveLength(skus.length + SIDE_BY_SIDE);
});

/** No observation is written until it is released. */
async function holdWrites({ db }: Pricing): Promise<() => Promise<void>> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let held: Promise<void> | undefined;
  await new Promise<void>((resolve) => {
    held = db.transaction(async (tx) => {
      await tx.execute(sql`lock table cronhook.price_observations in share mode`);
      resolve();
      await released;
    });
  });
  return async () => {
    release();
    await held;
  };
}

/** Until so many prices wait to be written. */
async function untilWaiting({ db }: Pricing, count: number): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(10)) {
    const waiting = await db.rows(sql`
      select from pg_locks where relation = 'cronhook.price_observations'::regclass and not granted
    `);
    if (waiting.length === count) return;
  }
  throw new Error('nothing waits');
}
