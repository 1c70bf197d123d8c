import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { measurePage } from '../../src/clients/page-load.js';
import { fontsOf, piecesOf } from '../../src/clients/page-pieces.js';
import { p95 } from '../../src/tasks/monitoring/performance/application.js';
import { type ApiAnswer, startApi } from '../support/http-api.js';
import { startPerformance } from '../support/performance.js';

const going = new AbortController().signal;

const PAGE = `<!doctype html><html><head>
  <link rel="stylesheet" href="/style.css"><link rel="canonical" href="/canonical">
  <link rel=icon href="favicon.ico"><script src="/app.js#start"></script>
</head><body>
  <img src="/logo.png"><img src="/logo.png"><img src="/below.png" loading="lazy">
  <img src="data:image/png;base64,AAAA"><noscript><img src="/pixel.gif"></noscript><a href="/other">x</a>
</body></html>`;
const STYLE = `@font-face { font-family: a; src: local("a"), url("fonts/a.woff2") format("woff2"), url(fonts/a.woff); }
  @font-face { src: url(data:font/woff2;base64,AAAA) } body { background: url(/picture.png) }`;

const FILES: Record<string, ApiAnswer> = {
  '/': { status: 200, body: PAGE, headers: { 'content-type': 'text/html' } },
  '/style.css': { status: 200, body: STYLE, headers: { 'content-type': 'text/css' } },
  '/app.js': { status: 200, body: 'a'.repeat(1_000) },
  '/logo.png': { status: 200, body: 'b'.repeat(2_000) },
  '/favicon.ico': { status: 404, body: '' },
  '/fonts/a.woff2': { status: 200, body: 'c'.repeat(3_000) },
};

const startShop = () => startApi(({ path }) => FILES[path] ?? { status: 404, body: '' });

describe('the load of a page', () => {
  test('is the page with its styles, scripts, pictures and fonts, each once', async () => {
    const shop = await startShop();
    const { ms, bytes } = await measurePage(`${shop.apiUrl}/`, going);
    expect(shop.asked().sort()).toEqual([
      'GET /',
      'GET /app.js',
      'GET /favicon.ico',
      'GET /fonts/a.woff2',
      'GET /logo.png',
      'GET /style.css',
    ]);
    expect(bytes).toBe(PAGE.length + STYLE.length + 6_000);
    expect(ms).toBeGreaterThan(0);
  });

  test('does not wait longer than five seconds for a piece', async () => {
    const shop = await startShop();
    shop.fail(/logo/, 'hang');
    const { bytes } = await measurePage(shop.apiUrl, going);
    expect(bytes).toBe(PAGE.length + STYLE.length + 4_000);
  });

  test('asks for a hundred pieces at most', async () => {
    const body = Array.from({ length: 300 }, (_, n) => `<script src="/${n}.js"></script>`).join('');
    const shop = await startApi(() => ({ status: 200, body }));
    await measurePage(shop.apiUrl, going);
    expect(shop.requests).toHaveLength(101);
  });

  test('gives the password of the address to its own host only', async () => {
    const other = await startShop();
    const shop = await startApi(({ path }) => ({
      status: 200,
      body:
        path === '/' ? `<script src="/own.js"></script><script src="${other.apiUrl}/app.js"></script>` : '',
    }));
    await measurePage(shop.apiUrl.replace('//', '//user:pa%25ss@'), going);
    const login = `Basic ${Buffer.from('user:pa%ss').toString('base64')}`;
    expect(shop.requests.map(({ headers }) => headers.authorization)).toEqual([login, login]);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});

test('the pieces of a page are those of its base, however odd its HTML is', () => {
  const hrefs = (html: string) => piecesOf(html, 'https://shop.example/a/').map(({ href }) => href);
  expect(hrefs('<base href="/b/"><script src=x.js></script><img src="//cdn.example/y.png"')).toEqual([
    'https://shop.example/b/x.js',
  ]);
  expect(hrefs('<img src="http://["><img src="javascript:1"><img src="https://u:p@x.example/">')).toEqual([]);
  expect(fontsOf('@font-face{src:url( "x.woff2?v=1#a" )}', 'https://a.example/css/')[0]?.href).toBe(
    'https://a.example/css/x.woff2?v=1',
  );
});

test('the 95th percentile needs more than one slow answer', () => {
  expect(p95([])).toBeUndefined();
  expect(p95([7])).toBe(7);
  expect(p95([1, 9_000, 1])).toBe(1);
  expect(p95([1, 9_000, 8_000])).toBe(8_000);
  expect(p95(Array.from({ length: 100 }, (_, n) => n + 1))).toBe(95);
});

describe('the application', () => {
  test('is measured by three answers and its page', async () => {
    const shop = await startShop();
    const { run, samples, db } = await startPerformance({ env: { APP_URL: shop.apiUrl } });
    expect((await run()).status).toBe('succeeded');
    expect(await samples('app')).toEqual({
      response_ms: expect.any(Number),
      response_p95_ms: expect.any(Number),
      page_load_ms: expect.any(Number),
      page_bytes: PAGE.length + STYLE.length + 6_000,
    });
    const counted = sql`select count(*)::int as n from cronhook.metric_samples where metric = 'response_ms'`;
    expect(await db.rows(counted)).toEqual([{ n: 3 }]);
  });

  test('that has answered slowly for an hour is told until it no longer has', async () => {
    const shop = await startShop();
    const { run, pass, db, now, incidents } = await startPerformance({ env: { APP_URL: shop.apiUrl } });
    await db.rows(sql`
      insert into cronhook.metric_samples (source, metric, at, value)
      select 'app', 'response_ms', ${now().toISOString()}::timestamptz - n * interval '5 minutes', 2500
      from generate_series(1, 30) as n
    `);
    await run();
    expect(await incidents()).toMatchObject([
      { source: 'performance:app:response_p95_ms', severity: 'important', open: true },
    ]);
    pass(61);
    await run();
    expect(await incidents()).toMatchObject([{ open: false }]);
  });

  test.each([
    ['an error of its own', { status: 503, body: '' }, 'HTTP 503'],
    ['a refusal', { status: 403, body: 'no' }, 'HTTP 403'],
    ['a page that is not there', { status: 404, body: '' }, 'HTTP 404'],
    ['a redirect to itself', { status: 302, headers: { location: '/' } }, 'redirige sans fin'],
    ['nothing', 'reset', 'injoignable'],
  ] as const)(
    'that answers with %s is an error of the run, without an incident',
    async (_what, fault, words) => {
      const shop = await startShop();
      shop.fail(/./, fault);
      const { run, incidents, samples } = await startPerformance({ env: { APP_URL: shop.apiUrl } });
      const answer = await run();
      expect(answer).toMatchObject({ status: 'partial', errors: [{ item: 'APP_URL' }] });
      expect(answer.errors[0]?.message).toContain(words);
      expect([await incidents(), await samples('app')]).toEqual([[], {}]);
    },
  );

  test('that takes longer than ten seconds counts with them, and is asked again', async () => {
    const shop = await startShop();
    shop.fail(/GET \/$/, 'hang', { times: 1 });
    const { run, samples, db } = await startPerformance({ env: { APP_URL: shop.apiUrl } });
    expect(await run()).toMatchObject({ status: 'succeeded', errors: [] });
    const stored = sql`select value from cronhook.metric_samples where metric = 'response_ms' order by value desc`;
    const [slowest, ...others] = await db.rows<{ value: number }>(stored);
    expect([slowest?.value, others.length]).toEqual([10_000, 2]);
    expect(await samples('app')).toHaveProperty('page_load_ms');
  });

  test('that fails once is named once, and measured by its other answers', async () => {
    const shop = await startShop();
    shop.fail(/GET \/$/, { status: 500 }, { times: 1 });
    const { run, db } = await startPerformance({ env: { APP_URL: shop.apiUrl } });
    expect(await run()).toMatchObject({ status: 'partial', errors: [{ item: 'APP_URL' }] });
    const counted = sql`select count(*)::int as n from cronhook.metric_samples where metric = 'response_ms'`;
    expect(await db.rows(counted)).toEqual([{ n: 2 }]);
  });

  test('that is not set apart from the service is not measured', async () => {
    const { run, samples } = await startPerformance();
    await run();
    expect(await samples('app')).toEqual({});
  });
});
