import { sql } from 'drizzle-orm';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { createBinance } from '../../src/clients/binance.js';
import { BinanceBusy } from '../../src/clients/binance-problem.js';
import { openDatabase } from '../../src/db/client.js';
import { freePort } from '../../src/db/embedded.js';
import { migrate } from '../../src/db/migrate.js';
import { AppError } from '../../src/errors.js';
import { en } from '../../src/locales/en.js';
import { fr } from '../../src/locales/fr.js';
import { Secret } from '../../src/secret.js';
import { banned, binanceError, limited, outOfRegion, RATES, startBinance } from '../support/binance.js';
import type { Fault } from '../support/http-api.js';
import { createDatabase } from '../support/postgres.js';
import { onSharedDatabase, read, startTestService } from '../support/service.js';

const PATH = '/crypto/refresh-prices';
const NOW = new Date('2026-11-21T14:30:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (offset: number): Date => new Date(NOW.getTime() + offset);

const startShared = onSharedDatabase();

interface Price {
  symbol: string;
  price_eur: string;
  pair: string;
  updated: string;
}

/** The service beside a Binance of its own, with these coins and no others, at a time that the test turns. */
async function start(coins: string[] = ['BTC', 'SHIB'], env: Record<string, string> = {}) {
  const clock = { now: NOW };
  const binance = await startBinance({ ...RATES, SHIBUSDT: '0.00000838' });
  const service = await startShared({
    now: () => clock.now,
    env: { BINANCE_API_URL: binance.apiUrl, ...env },
  });
  const { db } = service;
  await db.rows(sql`
    truncate cronhook.crypto_assets, cronhook.crypto_prices, cronhook.crypto_price_history,
      cronhook.crypto_failures, cronhook.api_usage, cronhook.notifications
  `);
  for (const symbol of coins)
    await db.rows(
      sql`insert into cronhook.crypto_assets (symbol, name) values (${symbol}, ${`Coin ${symbol}`})`,
    );
  return {
    ...service,
    binance,
    clock,
    /** These have been named for so long, the last time an hour ago. */
    failing: (symbols: string[], forMs: number) =>
      db.rows(sql`
        insert into cronhook.crypto_failures (symbol, since, last_at)
        select symbol, ${at(-forMs).toISOString()}::timestamptz, ${at(-HOUR).toISOString()}::timestamptz
        from json_array_elements_text(${JSON.stringify(symbols)}::json) as symbol
      `),
    enable: (symbol: string, enabled = true) =>
      db.rows(sql`update cronhook.crypto_assets set enabled = ${enabled} where symbol = ${symbol}`),
    run: (query = '') => read(service.call(`${PATH}?wait=60${query}`)),
    prices: () =>
      db.rows<Price>(sql`
        select symbol, price_eur::text, pair, to_char(updated_at at time zone 'UTC', 'DD HH24:MI') as updated
        from cronhook.crypto_prices order by symbol
      `),
    points: async (symbol = 'BTC') => {
      const rows = await db.rows<{ point: string }>(sql`
        select to_char(at at time zone 'UTC', 'MM-DD HH24:MI') || ' ' || price_eur as point
        from cronhook.crypto_price_history where symbol = ${symbol} order by at
      `);
      return rows.map(({ point }) => point);
    },
    enabled: async () => {
      const rows = await db.rows<{ symbol: string }>(
        sql`select symbol from cronhook.crypto_assets where enabled order by symbol`,
      );
      return rows.map(({ symbol }) => symbol);
    },
    notices: () =>
      db.rows<{ user_id: string | null; kind: string; title: string; body: string }>(
        sql`select * from cronhook.notifications where kind = 'crypto_disabled' order by created_at, dedupe_key`,
      ),
  };
}

describe('a run', () => {
  test('prices every enabled coin in EUR from one call, with its history', async () => {
    const service = await start(['BTC', 'SHIB', 'USDT', 'OFF']);
    await service.enable('OFF', false);
    service.binance.list({ OFFEUR: '1.00000000' });
    expect(await service.run()).toMatchObject({
      status: 'succeeded',
      message: 'Mise à jour des prix crypto terminée avec succès',
      stats: { coins: 3, updated: 3, disabled: 0, failed: 0 },
      errors: [],
    });
    expect(await service.prices()).toEqual([
      { symbol: 'BTC', price_eur: '81234.56000000', pair: 'BTCEUR', updated: '21 14:30' },
      { symbol: 'SHIB', price_eur: '0.00000729', pair: 'SHIBUSDT/EURUSDT', updated: '21 14:30' },
      { symbol: 'USDT', price_eur: '0.86956522', pair: '1/EURUSDT', updated: '21 14:30' },
    ]);
    expect(await service.points('SHIB')).toEqual(['11-21 14:30 0.00000729']);
    expect(service.binance.asked()).toEqual(['GET /api/v3/ticker/price']);
  });

  test('crosses no coin with a rate that it has just refused for its own coin', async () => {
    const service = await start(['BTC', 'XMR', 'SHIB']);
    service.binance.list({ XMRBTC: '0.00412300' });
    await service.run();
    const before = await service.prices();
    service.clock.now = at(HOUR);
    service.binance.list({ BTCEUR: '812345.60000001' });
    const { stats, errors } = await service.run();
    expect(stats).toMatchObject({ updated: 1, failed: 2 });
    expect(errors).toEqual([
      { item: 'BTC', message: expect.stringContaining('BTCEUR') },
      { item: 'XMR', message: expect.stringContaining('BTCEUR') },
    ]);
    const after = await service.prices();
    expect(after.filter(({ symbol }) => symbol !== 'SHIB')).toEqual(
      before.filter(({ symbol }) => symbol !== 'SHIB'),
    );
  });

  test('writes new prices over old ones, and one point an hour however often it is called', async () => {
    const service = await start(['BTC']);
    await service.run();
    service.clock.now = at(10 * 60_000);
    service.binance.list({ BTCEUR: '82000.00000000' });
    await service.run();
    service.clock.now = at(HOUR);
    service.binance.list({ BTCEUR: '83000.00000000' });
    await service.run();
    expect(await service.prices()).toMatchObject([{ price_eur: '83000.00000000', updated: '21 15:30' }]);
    expect(await service.points()).toEqual(['11-21 14:40 82000.00000000', '11-21 15:30 83000.00000000']);
    await service.run();
    expect(await service.points()).toHaveLength(2);
  });

  test('in a dry run says what it would write, and writes nothing', async () => {
    const service = await start(['BTC', 'GONE']);
    await service.failing(['GONE'], 7 * DAY);
    const dry = await service.run('&dryRun=true');
    expect(dry).toMatchObject({ status: 'partial', stats: { updated: 1, disabled: 1, failed: 1 } });
    const [run] = await service.db.rows<{ details: unknown[] }>(
      sql`select details from cronhook.task_runs where id = ${dry.runId}::uuid`,
    );
    expect(run?.details).toEqual([
      { item: 'BTC', pair: 'BTCEUR', priceEur: '81234.56000000' },
      { item: 'GONE', action: 'disable' },
    ]);
    expect(await service.prices()).toEqual([]);
    expect(await service.points()).toEqual([]);
    expect(await service.enabled()).toEqual(['BTC', 'GONE']);
  });

  test('writes all or nothing', async () => {
    const service = await start(['BTC', 'GONE']);
    await service.failing(['GONE'], 7 * DAY);
    await service.db.rows(sql`alter table cronhook.notifications rename column title to headline`);
    onTestFinished(async () => {
      await service.db.rows(sql`alter table cronhook.notifications rename column headline to title`);
    });
    expect((await service.run()).status).toBe('failed');
    expect(await service.prices()).toEqual([]);
    expect(await service.points()).toEqual([]);
    expect(await service.enabled()).toEqual(['BTC', 'GONE']);
  });
});

describe('a doubtful price', () => {
  test.each([
    ['a delisted coin', undefined, /n’échange|ne l’échange/],
    ['a zero', '0.00000000', /XEUR/],
    ['a negative', '-12.00000000', /-12\.00000000/],
    ['no number', 'n/a', /n\/a/],
    ['no text', 12, /XEUR/],
    ['more than ten times the one of this morning', '20.00000001', /20\.00000001.*2\.00000000/],
    ['less than a tenth of it', '0.19999999', /0\.19999999.*2\.00000000/],
  ])('keeps the old one and is named: %s', async (_name, given, words) => {
    const service = await start(['BTC', 'X']);
    service.binance.list({ XEUR: '2.00000000' });
    await service.run();
    service.clock.now = at(5 * HOUR);
    if (given === undefined) service.binance.delist('XEUR');
    else service.binance.list({ XEUR: given, XUSDT: '2.30000000' });
    const answer = await service.run();
    expect(answer).toMatchObject({ status: 'partial', stats: { updated: 1, failed: 1 } });
    expect(answer.errors).toEqual([{ item: 'X', message: expect.stringMatching(words) }]);
    expect(await service.prices()).toMatchObject([
      { symbol: 'BTC', updated: '21 19:30' },
      { symbol: 'X', price_eur: '2.00000000', updated: '21 14:30' },
    ]);
    expect(await service.points('X')).toEqual(['11-21 14:30 2.00000000']);
  });

  test('ten times off counts once the old price is six hours old', async () => {
    const service = await start(['X']);
    service.binance.list({ XEUR: '2.00000000' });
    await service.run();
    service.binance.list({ XEUR: '200.00000000' });
    service.clock.now = at(6 * HOUR - 1000);
    expect((await service.run()).status).toBe('partial');
    service.clock.now = at(6 * HOUR);
    expect((await service.run()).status).toBe('succeeded');
    expect(await service.prices()).toMatchObject([{ price_eur: '200.00000000' }]);
  });
});

describe('a coin named for a week by its own fault', () => {
  type Service = Awaited<ReturnType<typeof start>>;

  /** X had a price once, and has none from here on; times are hours since it was first named. */
  async function startFailing() {
    const service = await start(['BTC', 'X']);
    service.binance.list({ XEUR: '2.00000000' });
    await service.run();
    service.binance.delist('XEUR');
    return service;
  }

  const runAt = (service: Service, hours: number) => {
    service.clock.now = at((1 + hours) * HOUR);
    return service.run();
  };

  async function runEvery(service: Service, from: number, to: number, step: number) {
    for (let hours = from; hours <= to; hours += step)
      expect((await runAt(service, hours)).errors).toMatchObject([{ item: 'X' }]);
  }

  test('is disabled with a notice, once, by the first run after 168 hours, and keeps its last price', async () => {
    const service = await startFailing();
    await runEvery(service, 0, 167, 1);
    expect(await service.enabled()).toEqual(['BTC', 'X']);
    expect(await service.notices()).toEqual([]);
    expect(await runAt(service, 168)).toMatchObject({
      status: 'partial',
      stats: { disabled: 1, failed: 1 },
      errors: [{ item: 'X' }],
    });
    expect(await service.enabled()).toEqual(['BTC']);
    const [notice, ...others] = await service.notices();
    expect(others).toEqual([]);
    expect(notice).toMatchObject({ user_id: null, kind: 'crypto_disabled', severity: 'important' });
    expect(notice?.title).toBe('Coin X (X) n’est plus suivie');
    expect(notice?.body).toContain('crypto_assets');
    expect(await runAt(service, 169)).toMatchObject({ status: 'succeeded', stats: { coins: 1 } });
    expect(await service.notices()).toHaveLength(1);
    expect(await service.prices()).toMatchObject([
      { symbol: 'BTC' },
      { symbol: 'X', price_eur: '2.00000000', updated: '21 14:30' },
    ]);
  });

  test('is not one that fails after ten days in which nothing ran', async () => {
    const service = await startFailing();
    await runEvery(service, 0, 10, 1);
    await runEvery(service, 250, 250 + 167, 23);
    expect(await service.enabled()).toEqual(['BTC', 'X']);
    await runEvery(service, 250 + 168, 250 + 168, 1);
    expect(await service.enabled()).toEqual(['BTC']);
  });

  test('is not one whose week has a day in which Binance was away', async () => {
    const service = await startFailing();
    await runEvery(service, 0, 150, 15);
    service.binance.fail(/ticker/, outOfRegion, { times: 1 });
    expect((await runAt(service, 160)).status).toBe('failed');
    await runEvery(service, 174, 174, 1);
    expect(await service.enabled()).toEqual(['BTC', 'X']);
  });

  test('is one whose week has hours in which Binance was away or wanted no calls', async () => {
    const service = await startFailing();
    await runEvery(service, 0, 150, 15);
    service.binance.fail(/ticker/, outOfRegion, { times: 1 });
    expect((await runAt(service, 155)).status).toBe('failed');
    service.binance.fail(/ticker/, limited(30), { times: 1 });
    expect((await runAt(service, 165)).errors).toMatchObject([{ item: 'Binance' }]);
    await runEvery(service, 168, 168, 1);
    expect(await service.enabled()).toEqual(['BTC']);
  });

  test('has a new week after one price in between', async () => {
    const service = await startFailing();
    await runEvery(service, 0, 160, 20);
    service.binance.list({ XEUR: '2.00000000' });
    expect((await runAt(service, 161)).status).toBe('succeeded');
    service.binance.delist('XEUR');
    await runEvery(service, 162, 162 + 167, 15);
    expect(await service.enabled()).toEqual(['BTC', 'X']);
    await runEvery(service, 162 + 168, 162 + 168, 1);
    expect(await service.enabled()).toEqual(['BTC']);
  });

  test('has a new week when it is enabled again, and is told of again', async () => {
    const service = await startFailing();
    await runEvery(service, 0, 168, 14);
    await service.enable('X');
    await runEvery(service, 169, 169 + 167, 16);
    expect(await service.enabled()).toEqual(['BTC', 'X']);
    expect(await service.notices()).toHaveLength(1);
    await runEvery(service, 169 + 168, 169 + 168, 1);
    expect(await service.enabled()).toEqual(['BTC']);
    expect(await service.notices()).toHaveLength(2);
  });

  test('has a new week after somebody else had disabled it', async () => {
    const service = await startFailing();
    await runEvery(service, 0, 160, 20);
    await service.enable('X', false);
    expect((await runAt(service, 165)).status).toBe('succeeded');
    await service.enable('X');
    await runEvery(service, 168, 168, 1);
    expect(await service.enabled()).toEqual(['BTC', 'X']);
  });

  test('stays enabled when the rate of the euro is to blame, or nearly all coins fail at once', async () => {
    const coins = Array.from({ length: 12 }, (_, n) => `C${n}`);
    const service = await start(['SHIB', ...coins]);
    await service.failing(['SHIB', ...coins], 30 * DAY);
    const remembered = () => service.db.rows(sql`select * from cronhook.crypto_failures order by symbol`);
    const before = await remembered();
    service.binance.list({ EURUSDT: '0.00000000' });
    expect(await service.run()).toMatchObject({ stats: { failed: 13, disabled: 0 } });
    expect(await service.enabled()).toHaveLength(13);
    expect(await remembered()).toEqual(before);
    await service.db.rows(sql`delete from cronhook.crypto_assets where symbol like 'C%'`);
    expect(await service.run()).toMatchObject({
      stats: { failed: 1, disabled: 0 },
      errors: [{ item: 'SHIB' }],
    });
    service.binance.delist('EURUSDT');
    expect((await service.run()).errors[0]?.message).toContain('EURUSDT');
    expect(await service.enabled()).toEqual(['SHIB']);
    // Neither for it nor against it; those that are tracked no more are forgotten.
    expect(await remembered()).toEqual(before.slice(-1));
  });
});

describe('when Binance wants no calls', () => {
  test('a limit ends the run partial after one call; until Retry-After is over calls are skipped', async () => {
    const service = await start();
    service.binance.fail(/ticker/, limited(30), { times: 1 });
    const answer = await service.run();
    expect(answer).toMatchObject({ status: 'partial', success: true, stats: { updated: 0, failed: 1 } });
    expect(answer.errors).toMatchObject([{ item: 'Binance' }]);
    service.clock.now = at(29_000);
    for (const query of ['', '&force=true', '&dryRun=true'])
      expect((await service.run(query)).status).toBe('skipped');
    expect(service.binance.requests).toHaveLength(1);
    service.clock.now = at(30_000);
    expect((await service.run()).status).toBe('succeeded');
  });

  test('a ban is remembered for days, and the skipped run names its end', async () => {
    const service = await start();
    service.binance.fail(/ticker/, banned(at(2 * DAY), 120), { times: 1 });
    expect((await service.run()).status).toBe('partial');
    const usage = await service.db.rows(sql`
      select provider, usage_date::text, blocked_until = ${at(2 * DAY).toISOString()}::timestamptz as until
      from cronhook.api_usage
    `);
    expect(usage).toEqual([{ provider: 'binance', usage_date: '2026-11-21', until: true }]);
    service.clock.now = at(2 * DAY - 1000);
    expect(await service.run()).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('lundi 23 novembre 2026 à 15:30'),
    });
    expect(service.binance.requests).toHaveLength(1);
    service.clock.now = at(2 * DAY);
    expect((await service.run()).status).toBe('succeeded');
  });

  test.each([
    [
      'the ban of the documentation, long over, by Retry-After',
      banned(new Date(1_659_146_400_000), 600),
      600,
    ],
    ['a ban with neither', binanceError(418, -1003, 'Way too much request weight used.'), 120],
    ['a ban without words', { status: 418, body: '<html>', headers: { 'retry-after': '300' } }, 300],
    ['a limit without Retry-After', limited(), 60],
    ['a ban for ages, as long as Binance bans at most', banned(new Date('2200-01-01')), 4 * 86_400],
  ])('keeps away for as long as it must: %s', async (_name, fault, seconds) => {
    const service = await start();
    service.binance.fail(/ticker/, fault, { times: 1 });
    await service.run();
    const [row] = await service.db.rows<{ seconds: number }>(sql`
      select extract(epoch from blocked_until - ${NOW.toISOString()}::timestamptz)::int as seconds
      from cronhook.api_usage
    `);
    expect(row?.seconds).toBe(seconds);
  });

  test('a dry run remembers nothing', async () => {
    const service = await start();
    service.binance.fail(/ticker/, limited(30), { times: 1 });
    expect((await service.run('&dryRun=true')).status).toBe('partial');
    expect(await service.db.rows(sql`select from cronhook.api_usage`)).toEqual([]);
  });
});

describe('the client', () => {
  const going = new AbortController().signal;
  const ask = (apiUrl: string, requestMs = 10_000) =>
    createBinance({ apiUrl, timing: { requestMs, firstWaitMs: 5 } }).tickers(going);
  const failure = (attempt: Promise<unknown>): Promise<AppError> =>
    attempt.then(
      () => Promise.reject(new Error('it did not fail')),
      (error: unknown) => {
        expect(error).toBeInstanceOf(AppError);
        return error as AppError;
      },
    );

  test('asks for traded pairs only, since Binance goes on giving the last price of the others', async () => {
    const binance = await startBinance({ BTCEUR: '1.00000000', NAVBTC: '0.00001000' });
    binance.delist('NAVBTC');
    expect([...(await ask(binance.apiUrl))]).toEqual([['BTCEUR', '1.00000000']]);
    expect(binance.requests[0]?.query.toString()).toBe('symbolStatus=TRADING');
  });

  test('asks without the filter where that is not known', async () => {
    const binance = await startBinance({ BTCEUR: '1.00000000' });
    binance.fail(/ticker/, binanceError(400, -1104, 'Not all sent parameters were read.'), { times: 1 });
    expect([...(await ask(binance.apiUrl))]).toEqual([['BTCEUR', '1.00000000']]);
    expect(binance.requests.map(({ query }) => query.toString())).toEqual(['symbolStatus=TRADING', '']);
  });

  test.each<[string, Fault]>([
    ['a 503', { status: 503, body: 'Service Unavailable' }],
    ['a cut', 'cut'],
    ['a connection reset', 'reset'],
    ['silence', 'hang'],
  ])('tries again after %s', async (_name, fault) => {
    const binance = await startBinance();
    binance.fail(/ticker/, fault, { times: 1 });
    expect((await ask(binance.apiUrl, fault === 'hang' ? 1_500 : undefined)).get('BTCEUR')).toBe(
      '81234.56000000',
    );
    expect(binance.requests).toHaveLength(2);
  });

  test.each<[string, Fault, RegExp, number]>([
    ['a 503', { status: 503, body: '<html>' }, /HTTP 503/, 3],
    ['stalls', 'stall', /in time/, 3],
    ['the wrong region', outOfRegion, /451.*BINANCE_API_URL/, 1],
    ['a firewall', { status: 403, body: '<html>' }, /403/, 1],
    ['HTML', { status: 200, body: '<html>Welcome</html>' }, /BINANCE_API_URL/, 1],
    ['another JSON', { status: 200, body: { ok: true } }, /BINANCE_API_URL/, 1],
    ['another list', { status: 200, body: [1, 2] }, /BINANCE_API_URL/, 1],
    ['a redirect', { status: 302, body: '', headers: { location: 'https://example.com' } }, /302/, 1],
    ['an unknown address', { status: 404, body: '' }, /404.*BINANCE_API_URL/, 2],
    ['no pair at all', { status: 200, body: [] }, /maintenance/, 1],
    ['a refusal', binanceError(400, -1003, 'Nope.'), /-1003: Nope\./, 1],
  ])('gives up on %s, saying what to do', async (_name, fault, words, calls) => {
    const binance = await startBinance();
    binance.fail(/ticker/, fault);
    const problem = await failure(ask(binance.apiUrl, fault === 'stall' ? 300 : undefined));
    expect(problem.text(en)).toMatch(words);
    expect(problem.text(fr)).not.toBe(problem.text(en));
    expect(binance.requests).toHaveLength(calls);
  });

  test('names a host that is not there', async () => {
    const problem = await failure(ask(`http://127.0.0.1:${await freePort()}`));
    expect(problem.text(en)).toMatch(/cannot be reached \(ECONNREFUSED\).*BINANCE_API_URL/);
  });

  test('never tries a limit or a ban again', async () => {
    for (const fault of [limited(1), banned(NOW, 1)]) {
      const binance = await startBinance();
      binance.fail(/ticker/, fault);
      expect(await failure(ask(binance.apiUrl))).toBeInstanceOf(BinanceBusy);
      expect(binance.requests).toHaveLength(1);
    }
  });

  test('fails the run, with old prices kept, when Binance is out of region', async () => {
    const service = await start(['BTC']);
    await service.run();
    service.binance.fail(/ticker/, outOfRegion);
    service.clock.now = at(HOUR);
    const answer = await service.run();
    expect(answer).toMatchObject({ status: 'failed', error: 'task_failed' });
    expect(answer.message).toContain('BINANCE_API_URL');
    expect(await service.prices()).toMatchObject([{ updated: '21 14:30' }]);
  });
});

describe('the history', () => {
  const fill = (service: Awaited<ReturnType<typeof start>>, from: Date, to: Date, step: string) =>
    service.db.rows(sql`
      insert into cronhook.crypto_price_history (symbol, at, price_eur)
      select symbol, at, 1 from unnest(array['BTC', 'GONE']) as symbol,
        generate_series(${from.toISOString()}::timestamptz, ${to.toISOString()}::timestamptz, ${step}::interval) as at
    `);

  test('keeps the last point of each hour for 90 days, then the last of each day', async () => {
    const service = await start(['BTC']);
    await fill(service, at(-100 * DAY), at(-1000), '10 minutes');
    const { stats } = await service.run();
    expect(stats.pointsRemoved).toBeGreaterThan(20_000);
    const [row] = await service.db.rows(sql`
      with point as (select *, at < ${at(-90 * DAY).toISOString()}::timestamptz as old from cronhook.crypto_price_history)
      select count(*) filter (where not old)::int as hourly,
        count(distinct date_trunc('hour', at)) filter (where not old)::int as hours,
        count(*) filter (where old)::int as daily,
        count(distinct (at at time zone 'Europe/Paris')::date) filter (where old)::int as days,
        min(extract(minute from at)) filter (where not old and at < ${at(-HOUR).toISOString()}::timestamptz)::int as minute,
        string_agg(distinct to_char(at at time zone 'Europe/Paris', 'HH24:MI'), ',') filter (where old) as "lastOfDay"
      from point where symbol = 'GONE'
    `);
    // The day on which the 90 days begin is kept by its later, hourly points.
    expect(row).toEqual({ hourly: 2161, hours: 2161, daily: 10, days: 10, minute: 50, lastOfDay: '23:50' });
    expect((await service.run()).stats.pointsRemoved).toBe(0);
  });

  test.each([
    ['an outage of 40 days', 40, false],
    ['an outage of 200 days', 200, false],
    ['an outage of 40 days, and a run that died before it was thin', 40, true],
  ])('is as thin as ever after %s', async (_name, days, died) => {
    const service = await start(['BTC']);
    await fill(service, at(-100 * DAY), at(-1000), '1 hour');
    await service.run();
    service.clock.now = at(days * DAY);
    if (died) {
      await service.run();
      await fill(service, at(-60 * DAY - 1000), at(-50 * DAY), '1 hour');
      await service.db.rows(
        sql`update cronhook.task_runs set progress = null where started_at > ${NOW.toISOString()}::timestamptz`,
      );
      service.clock.now = at(days * DAY + HOUR);
    }
    expect((await service.run()).stats.pointsRemoved).toBeGreaterThan(0);
    const counts = await service.db.rows(sql`
      select (at at time zone 'Europe/Paris')::date as day, count(*)::int from cronhook.crypto_price_history
      where symbol = 'GONE' and at < ${at((days - 91) * DAY).toISOString()}::timestamptz
      group by 1 having count(*) > 1
    `);
    expect(counts).toEqual([]);
  });

  test('loses each hour the day on which it comes of age, but for its last point', async () => {
    const service = await start([]);
    await fill(service, at(-92 * DAY), at(-1000), '1 hour');
    for (let hour = 0; hour <= 72; hour += 6) {
      service.clock.now = at(hour * HOUR);
      await service.run();
    }
    const [row] = await service.db.rows(sql`
      select count(*)::int as points, count(distinct (at at time zone 'Europe/Paris')::date)::int as days
      from cronhook.crypto_price_history
      where symbol = 'GONE' and at < ${at(-88 * DAY).toISOString()}::timestamptz
    `);
    // The fifth is kept by its later points.
    expect(row).toEqual({ points: 4, days: 4 });
  });

  test('keeps both hours of the night in which 2:30 comes twice', async () => {
    const service = await start(['BTC']);
    await fill(service, new Date('2026-10-25T00:30:00Z'), new Date('2026-10-25T01:30:00Z'), '1 hour');
    await service.run();
    expect(await service.points('GONE')).toHaveLength(2);
  });
});

describe('the migration', () => {
  test('tracks 104 coins, no name twice, in a fresh database', async () => {
    const binance = await startBinance();
    const service = await startTestService({ env: { BINANCE_API_URL: binance.apiUrl } });
    const coins = await service.db.rows<{ symbol: string; name: string; enabled: boolean }>(
      sql`select * from cronhook.crypto_assets`,
    );
    expect(coins).toHaveLength(104);
    expect(new Set(coins.map(({ name }) => name)).size).toBe(104);
    for (const { symbol } of coins) if (symbol !== 'USDT') binance.list({ [`${symbol}USDT`]: '1.15000000' });
    const answer = await read(service.call(`${PATH}?wait=60`));
    expect(answer).toMatchObject({ status: 'succeeded', stats: { coins: 104, updated: 104, failed: 0 } });
    expect(binance.requests).toHaveLength(1);
  });

  test('adds none where the application has put a view in the place of the table', async () => {
    const { url, drop } = await createDatabase(inject('postgresUrl'));
    const db = openDatabase(new Secret(url), { max: 1 });
    onTestFinished(async () => {
      await db.close();
      await drop();
    });
    for (const statement of [
      sql`create schema cronhook`,
      sql`create table public.coins (code text primary key)`,
      sql`create view cronhook.crypto_assets as select code as symbol, code as name, true as enabled, now() as created_at from public.coins`,
    ])
      await db.rows(statement);
    await migrate(db);
    expect(await db.rows(sql`select from public.coins`)).toEqual([]);
  });
});
