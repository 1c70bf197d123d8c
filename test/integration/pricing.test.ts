import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { blockCalls, takeCall } from '../../src/db/api-usage.js';
import { ebayError, item, quotaSpent, shippedFor } from '../support/ebay.js';
import { MARKET, startPricing } from '../support/pricing.js';

const SEARCH = /^GET .*search/;

describe('the pricing batch', () => {
  test('gives each enabled card the median of price plus shipping, and keeps what it saw', async () => {
    const pricing = await startPricing();
    await pricing.card('A', { price_cents: 1_000 });
    await pricing.card('B', { enabled: false, price_cents: 700 });
    pricing.ebay.markets.set(
      'A',
      MARKET.map((cents) => item(cents - 300, { shippingOptions: [shippedFor(900), shippedFor(340)] })),
    );
    const answer = await pricing.run();
    expect(answer).toMatchObject({
      status: 'succeeded',
      message: 'Batch de prix terminé avec succès',
      stats: { priced: 1, changed: 1, tooFew: 0, apiCalls: 1, remaining: 0, failed: 0 },
    });
    expect(await pricing.price('A')).toBe(999);
    expect(await pricing.price('B')).toBe(700);
    expect(await pricing.observations()).toMatchObject([
      {
        sku: 'A',
        sample_size: 5,
        low_cents: 940,
        median_cents: 1040,
        high_cents: 1140,
        suggested_cents: 999,
        applied: true,
        guardrail: null,
      },
    ]);
    expect(await pricing.batches()).toMatchObject([
      { batch_date: '2026-11-21', status: 'completed', cards_priced: 1, api_calls: 1, finished: true },
    ]);
    const [search] = pricing.ebay.searches();
    expect(search?.headers['x-ebay-c-marketplace-id']).toBe('EBAY_FR');
    expect(search?.query.get('limit')).toBe('200');
  });

  test('leaves out offers of unknown shipping, of another currency, at auction and of another condition', async () => {
    const pricing = await startPricing();
    await pricing.card('A', { condition: '3000', category_id: '183454', price_cents: 1_234 });
    await pricing.card('B', { condition: 'occasion', price_cents: 1_234 });
    const offers = [
      item(100, { shippingOptions: [] }),
      item(100, { shippingOptions: [{ shippingCostType: 'CALCULATED' }] }),
      item(100, { price: { value: '1.00', currency: 'USD' } }),
      item(100, { shippingOptions: [shippedFor(0, 'GBP')] }),
      item(100, { buyingOptions: ['AUCTION'] }),
      item(100, { condition: 'Neuf', conditionId: '1000' }),
      ...MARKET.slice(1).map((cents) => item(cents)),
    ];
    for (const sku of ['A', 'B']) pricing.ebay.markets.set(sku, offers);
    expect((await pricing.run()).stats).toMatchObject({ priced: 2, changed: 0, tooFew: 2 });
    const kept = { sample_size: 4, suggested_cents: null, applied: false, guardrail: 'min_sample' };
    expect(await pricing.observations()).toMatchObject([kept, kept]);
    expect(await pricing.price('A')).toBe(1_234);
    const [first] = pricing.ebay.searches().filter(({ query }) => query.get('q') === 'A');
    expect(first?.query.get('category_ids')).toBe('183454');
    expect(first?.query.get('filter')).toContain('conditionIds:{3000}');
  });

  test('asks for a further page only when the first has too few offers to compare', async () => {
    const pricing = await startPricing();
    const unknown = Array.from({ length: 198 }, () => item(100, { shippingOptions: [] }));
    await pricing.card('A', {}, Array(250).fill(1_000));
    await pricing.card('B');
    pricing.ebay.markets.set('B', [...unknown, ...MARKET.map((cents) => item(cents))]);
    expect((await pricing.run()).stats).toMatchObject({ priced: 2, tooFew: 0, apiCalls: 3 });
    const pages = pricing.ebay.searches().map(({ query }) => `${query.get('q')} ${query.get('offset')}`);
    expect(pages.sort()).toEqual(['A 0', 'B 0', 'B 200']);
  });

  test('names the guardrail that held a price', async () => {
    const pricing = await startPricing();
    await pricing.set({ rounding: 'none' });
    await pricing.card('floor', { min_price_cents: 1_500 });
    await pricing.card('margin', { cost_cents: 1_000 });
    await pricing.card('ceiling', { max_price_cents: 800 });
    await pricing.card('change', { price_cents: 500 });
    await pricing.run();
    const seen = (await pricing.observations()).map((one) => [one.sku, one.suggested_cents, one.guardrail]);
    expect(seen.sort()).toEqual([
      ['ceiling', 800, 'ceiling'],
      ['change', 600, 'max_change'],
      ['floor', 1_500, 'floor'],
      ['margin', 1_100, 'floor'],
    ]);
  });

  test('with apply_prices off suggests, and changes no price', async () => {
    const pricing = await startPricing();
    await pricing.set({ apply_prices: false });
    await pricing.card('A', { price_cents: 1_200 });
    expect((await pricing.run()).stats).toMatchObject({ priced: 1, changed: 0 });
    expect(await pricing.price('A')).toBe(1_200);
    expect(await pricing.observations()).toMatchObject([{ suggested_cents: 999, applied: false }]);
  });

  test('as a dry run makes no call, changes nothing, and suggests by what was last seen', async () => {
    const pricing = await startPricing();
    await pricing.card('A');
    await pricing.run();
    await pricing.card('B');
    const before = [await pricing.calls(), await pricing.observations(), await pricing.batches()];
    const dry = await pricing.run('&dryRun=true&force=true');
    expect(dry).toMatchObject({ status: 'succeeded', stats: { cards: 2, quotaLeft: 4_999 } });
    expect(dry.details).toMatchObject([
      { item: 'B', action: 'ask eBay' },
      { item: 'A', action: 'ask eBay', priceCents: 999, suggestedCents: 999, medianCents: 1_000 },
    ]);
    expect([await pricing.calls(), await pricing.observations(), await pricing.batches()]).toEqual(before);
    expect(pricing.ebay.searches()).toHaveLength(1);
  });

  test('names a card that cannot be priced, and prices the others', async () => {
    const pricing = await startPricing();
    await pricing.card('A');
    await pricing.card('limits', { min_price_cents: 900, max_price_cents: 800, price_cents: 850 });
    await pricing.card('silent', { query: ' ' });
    await pricing.card('odd');
    await pricing.card('Z');
    pricing.ebay.markets.set('odd', [item(-5), { itemId: 'x' } as never, null as never]);
    const answer = await pricing.run();
    expect(answer).toMatchObject({
      status: 'partial',
      stats: { priced: 3, tooFew: 1, failed: 2, remaining: 0 },
    });
    const named = new Map(answer.errors.map(({ item: name, message }) => [name, message]));
    expect(named.get('limits')).toContain('max_price_cents');
    expect(named.get('silent')).toContain('query');
    expect(await pricing.price('limits')).toBe(850);
    expect((await pricing.batches())[0]?.status).toBe('completed');
  });

  test('takes the price and limits that stand when eBay has answered', async () => {
    const pricing = await startPricing();
    const id = await pricing.card('A', { price_cents: 1_000 });
    pricing.ebay.fail(SEARCH, 'hang', { times: 1 });
    const run = pricing.run();
    while (pricing.ebay.searches().length === 0) await sleep(5);
    await pricing.db.rows(sql`update cronhook.cards set min_price_cents = 1400 where id = ${id}::uuid`);
    await run;
    expect(await pricing.price('A')).toBe(1_499);
  });

  test('without keys for eBay names the variables', async () => {
    const pricing = await startPricing({ env: { EBAY_CLIENT_ID: '', EBAY_CLIENT_SECRET: '' } });
    const { error, message } = await pricing.run();
    expect(error).toBe('not_configured');
    expect(message).toMatch(/EBAY_CLIENT_ID.*EBAY_CLIENT_SECRET/);
  });
});

describe('the hour of the batch', () => {
  test('is batch_hour or later; a call says why it does nothing', async () => {
    const pricing = await startPricing({ at: '2026-11-21T01:59:00Z' });
    await pricing.card('A');
    expect(await pricing.run()).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('batch_hour'),
    });
    // Nobody called at three: an outage.
    pricing.turn('2026-11-21T09:30:00Z');
    expect((await pricing.run()).stats.priced).toBe(1);
    expect(await pricing.run()).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('terminé'),
    });
    pricing.turn('2026-11-22T03:00:00Z');
    await pricing.set({ batch_enabled: false });
    expect(await pricing.run()).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('batch_enabled'),
    });
    expect((await pricing.run('&force=true')).stats.priced).toBe(1);
    expect((await pricing.run('&force=true')).stats.priced).toBe(1);
    expect((await pricing.batches()).map(({ batch_date }) => batch_date.slice(8))).toEqual([
      '21',
      '22',
      '22',
    ]);
  });

  test.each([
    ['never comes', '2026-03-28T23:00:00Z'],
    ['comes twice', '2026-10-24T22:00:00Z'],
  ])('runs once in the night in which it %s', async (_what, midnight) => {
    const pricing = await startPricing({ at: midnight });
    await pricing.set({ batch_hour: 2 });
    await pricing.card('A');
    const ran: number[] = [];
    for (let call = 0; call < 12; call++) {
      pricing.turn(new Date(Date.parse(midnight) + call * 1_800_000).toISOString());
      if ((await pricing.run()).status === 'succeeded') ran.push(call / 2);
    }
    expect(ran).toEqual([2]);
  });
});

describe('the quota', () => {
  test('ends the batch cleanly; the next day of eBay goes on with the longest unpriced', async () => {
    const pricing = await startPricing();
    await pricing.set({ daily_api_limit: 7 });
    for (let n = 1; n <= 10; n++) await pricing.card(`card-${n}`);
    expect(await pricing.run()).toMatchObject({
      status: 'succeeded',
      stats: { priced: 7, apiCalls: 7, remaining: 3, quotaReached: true },
    });
    expect(pricing.ebay.searches()).toHaveLength(7);
    expect(await pricing.batches()).toMatchObject([
      { status: 'quota_reached', api_calls: 7, finished: true },
    ]);
    // 8:59 in Paris: still the evening before in California. Force is no quota.
    for (const [moment, query] of [
      ['2026-11-21T03:30:00Z', ''],
      ['2026-11-21T07:59:00Z', ''],
      ['2026-11-21T07:59:30Z', '&force=true'],
    ] as const) {
      pricing.turn(moment);
      expect(await pricing.run(query)).toMatchObject({
        status: 'skipped',
        message: expect.stringContaining('21 novembre 2026 à 09:00'),
      });
    }
    pricing.turn('2026-11-22T02:30:00Z');
    const waiting = await pricing.db.rows<{ sku: string }>(
      sql`select sku from cronhook.cards where last_priced_at is null`,
    );
    await pricing.set({ daily_api_limit: 3 });
    expect((await pricing.run()).stats).toMatchObject({ priced: 3, remaining: 7 });
    const asked = pricing.ebay.searches().map(({ query }) => query.get('q'));
    expect(asked.slice(7).sort()).toEqual(waiting.map(({ sku }) => sku).sort());
  });

  test('of a new day of eBay lets the same batch go on', async () => {
    const pricing = await startPricing();
    await pricing.set({ daily_api_limit: 2 });
    for (let n = 1; n <= 4; n++) await pricing.card(`card-${n}`);
    await pricing.run();
    pricing.turn('2026-11-21T08:00:01Z');
    expect((await pricing.run()).stats).toMatchObject({ priced: 2, remaining: 0 });
    expect(await pricing.batches()).toMatchObject([{ status: 'completed', cards_priced: 4, api_calls: 4 }]);
  });

  test('is taken by retries too', async () => {
    const pricing = await startPricing();
    await pricing.card('A');
    pricing.ebay.fail(SEARCH, { status: 503, body: '<html>' }, { times: 1 });
    pricing.ebay.fail(SEARCH, ebayError(429, 0, 'Slow down'), { times: 1 });
    expect((await pricing.run()).stats).toMatchObject({ priced: 1, apiCalls: 3 });
    expect(await pricing.calls()).toBe(3);
    expect(pricing.ebay.searches()).toHaveLength(3);
  });

  test('that eBay calls spent is remembered until midnight in California', async () => {
    const pricing = await startPricing();
    for (let n = 1; n <= 6; n++) await pricing.card(`card-${n}`);
    pricing.ebay.fail(SEARCH, quotaSpent, { times: 1 });
    expect(await pricing.run()).toMatchObject({
      status: 'succeeded',
      stats: { quotaReached: true, failed: 0 },
    });
    expect((await pricing.batches())[0]?.status).toBe('quota_reached');
    const calls = await pricing.calls();
    expect(calls).toBeLessThanOrEqual(4);
    pricing.turn('2026-11-21T04:30:00Z');
    expect(await pricing.run()).toMatchObject({ status: 'skipped' });
    expect(await pricing.calls()).toBe(calls);
    const [usage] = await pricing.db.rows<{ until: string }>(
      sql`select (blocked_until at time zone 'UTC')::text as until from cronhook.api_usage`,
    );
    expect(usage?.until).toBe('2026-11-21 08:00:00');
    pricing.turn('2026-11-22T02:30:00Z');
    pricing.ebay.requests.length = 0;
    expect((await pricing.run()).stats).toMatchObject({ priced: 6, remaining: 0 });
  });

  test('that eBay has paused stays so over midnight, for days if it must', async () => {
    const { db, calls } = await startPricing();
    const take = (day: string, now: string) =>
      takeCall(db.query, { provider: 'ebay', day }, { limit: 5_000, now: new Date(now) });
    await blockCalls(db.query, { provider: 'ebay', day: '2026-11-16' }, new Date('2026-11-20T12:00:00Z'));
    expect(await take('2026-11-17', '2026-11-17T08:00:00Z')).toBe(false);
    expect(await take('2026-11-20', '2026-11-20T11:59:59Z')).toBe(false);
    expect(await calls()).toBe(0);
    const other = { provider: 'another', day: '2026-11-17' };
    expect(await takeCall(db.query, other, { limit: 1, now: new Date('2026-11-17T08:00:00Z') })).toBe(true);
    expect(await take('2026-11-20', '2026-11-20T12:00:00Z')).toBe(true);
  });

  /** The price is found on the second page only. */
  const onSecondPage = [
    ...Array.from({ length: 198 }, () => item(100, { shippingOptions: [] })),
    ...MARKET.map((cents) => item(cents)),
  ];
  const nights = ['2026-11-21T02:30:00Z', '2026-11-22T02:30:00Z', '2026-11-23T02:30:00Z'];

  test.each([
    [1, 1],
    [2, 0],
    [5, 0],
  ])('of %i prices a card a day though each wants more pages', async (limit, tooFew) => {
    const pricing = await startPricing();
    await pricing.set({ daily_api_limit: limit });
    for (let n = 1; n <= 9; n++) {
      await pricing.card(`card-${n}`);
      pricing.ebay.markets.set(`card-${n}`, onSecondPage);
    }
    const priced: number[] = [];
    for (const night of nights) {
      pricing.turn(night);
      const { stats } = await pricing.run();
      priced.push(Number(stats.priced));
      expect(stats).toMatchObject({ apiCalls: limit, quotaReached: true });
      expect(Number(stats.tooFew) > 0).toBe(tooFew > 0);
    }
    expect(Math.min(...priced)).toBeGreaterThanOrEqual(1);
    const seen = (await pricing.observations()).map(({ sku }) => sku);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('of one call is not spent on the same card day after day when eBay does not answer it', async () => {
    const pricing = await startPricing();
    await pricing.set({ daily_api_limit: 1 });
    await pricing.card('broken', { last_priced_at: '2026-11-01' });
    await pricing.card('good', { last_priced_at: '2026-11-02' });
    pricing.ebay.failing.set('broken', { status: 500 });
    const runs = [];
    for (const night of nights) {
      pricing.turn(night);
      runs.push((await pricing.run()).stats);
    }
    expect(runs.map(({ priced }) => priced)).toEqual([0, 1, 0]);
    expect(pricing.ebay.searches().map(({ query }) => query.get('q'))).toEqual(['broken', 'good', 'broken']);
  });

  test('of 5,000 is 5,000 calls for three processes at once, never 5,001', { timeout: 240_000 }, async () => {
    const pricing = await startPricing();
    const script = new URL('../support/take-calls-process.ts', import.meta.url).pathname;
    const arguments_ = ['--import', 'tsx', script, pricing.databaseUrl, '5000', '2026-11-20'];
    const taken = await Promise.all(
      [1, 2, 3].map(async () => Number((await promisify(execFile)(process.execPath, arguments_)).stdout)),
    );
    expect(taken.reduce((sum, one) => sum + one, 0)).toBe(5_000);
    expect(await pricing.calls()).toBe(5_000);
  });
});

describe('eBay', () => {
  test('is asked with one token as long as it is good', async () => {
    const pricing = await startPricing();
    for (let n = 1; n <= 6; n++) await pricing.card(`card-${n}`);
    await pricing.run();
    await pricing.run('&force=true');
    expect(pricing.ebay.searches()).toHaveLength(12);
    expect(pricing.ebay.tokensIssued()).toBe(1);
  });

  test('refusing a token in the middle gets a new one, once, and nobody reads either', async () => {
    const pricing = await startPricing();
    for (let n = 1; n <= 6; n++) await pricing.card(`card-${n}`);
    await pricing.run();
    pricing.ebay.expireTokens();
    const answer = await pricing.run('&force=true');
    expect(answer).toMatchObject({ status: 'succeeded', stats: { priced: 6 } });
    expect(pricing.ebay.tokensIssued()).toBe(2);
    const seen =
      JSON.stringify(answer) +
      pricing.log() +
      JSON.stringify(await pricing.db.rows(sql`select * from cronhook.task_runs`));
    expect(seen).not.toMatch(/secret-token|PRD-0123456789ab/);
  });

  test('gives a new token before the old one expires', async () => {
    const pricing = await startPricing();
    pricing.ebay.liveFor(1);
    await pricing.card('A');
    await pricing.run();
    await sleep(950);
    await pricing.run('&force=true');
    expect(pricing.ebay.tokensIssued()).toBe(2);
    expect(pricing.ebay.searches()).toHaveLength(2);
  });

  test('refusing every token is the fault of the keys, and not asked for ever', async () => {
    const pricing = await startPricing();
    for (let n = 1; n <= 6; n++) await pricing.card(`card-${n}`);
    pricing.ebay.fail(SEARCH, ebayError(401, 1001, 'Invalid access token'));
    const answer = await pricing.run();
    expect(answer).toMatchObject({ status: 'failed', message: expect.stringContaining('EBAY_API_URL') });
    expect(pricing.ebay.searches().length).toBeLessThanOrEqual(16);
  });

  test('refusing the keys fails the run, and the next one goes on with the same batch', async () => {
    const pricing = await startPricing();
    await pricing.card('A');
    const refusal = {
      status: 401,
      body: { error: 'invalid_client', error_description: 'client authentication failed' },
    };
    pricing.ebay.fail(/token$/, refusal, { times: 1 });
    const answer = await pricing.run();
    expect(answer).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/EBAY_CLIENT_SECRET.*invalid_client/),
    });
    expect(await pricing.batches()).toMatchObject([{ status: 'failed', api_calls: 0 }]);
    expect(await pricing.run()).toMatchObject({ status: 'succeeded', stats: { priced: 1 } });
    expect(await pricing.batches()).toMatchObject([{ status: 'completed', finished: true }]);
  });

  test.each([
    ['an error of its own', { status: 500, body: { errors: [] } }, /HTTP 500/],
    ['a page of a proxy', { status: 200, body: '<html>' }, /EBAY_API_URL/],
    ['half an answer', 'cut', /pas répondu/],
    ['a closed connection', 'reset', /pas répondu/],
    ['too many requests', ebayError(429, 0, 'Slow down'), /limite les requêtes/],
  ] as const)(
    'answering every search with %s is left alone after a few cards',
    async (_what, fault, message) => {
      const pricing = await startPricing();
      for (let n = 1; n <= 12; n++) await pricing.card(`card-${n}`);
      pricing.ebay.fail(SEARCH, fault);
      const answer = await pricing.run();
      expect(answer.status).toBe('partial');
      expect(answer.errors[0]?.message).toMatch(message);
      expect(answer.stats).toMatchObject({ priced: 0, remaining: 12, quotaReached: false });
      expect(pricing.ebay.searches().length).toBeLessThanOrEqual(8 * 4);
      expect(await pricing.batches()).toMatchObject([{ status: 'running' }]);
      pricing.ebay.recover();
      await pricing.run();
      expect(await pricing.batches()).toMatchObject([{ status: 'completed', cards_priced: 12 }]);
    },
  );

  test('waits as long as it is told to', async () => {
    const pricing = await startPricing();
    await pricing.card('A');
    const busy = { ...ebayError(429, 2001, 'Too many requests.'), headers: { 'retry-after': '1' } };
    pricing.ebay.fail(SEARCH, busy, { times: 1 });
    const began = performance.now();
    expect((await pricing.run()).stats.priced).toBe(1);
    expect(performance.now() - began).toBeGreaterThanOrEqual(990);
  });

  test('refusing one search names that card, and the others are priced', async () => {
    const pricing = await startPricing();
    for (let n = 1; n <= 8; n++) await pricing.card(`card-${n}`);
    pricing.ebay.fail(SEARCH, ebayError(400, 12_002, 'The q value is too long'), { times: 6 });
    const answer = await pricing.run();
    expect(answer).toMatchObject({ status: 'partial', stats: { priced: 2, failed: 6, apiCalls: 8 } });
    expect(answer.errors[0]?.message).toContain('12002: The q value is too long');
  });
});
