import { createHmac } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, inject, test } from 'vitest';
import { createApp } from '../../src/app.js';
import { migrate } from '../../src/db/migrate.js';
import type { AnyTask } from '../../src/tasks/define.js';
import { createDatabase } from '../support/postgres.js';
import { spawnService } from '../support/process.js';
import { onSharedDatabase, SECRET, startTestService, type TestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const startService = onSharedDatabase();

const idle = (name: string, schedule = '*/5 * * * *'): AnyTask => ({
  ...testTask({ name, run: async () => ({}) }),
  schedule,
});

async function json<Body>(service: TestService, path: string): Promise<Body> {
  const response = await service.call(path);
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
}

interface Entry {
  name: string;
  schedule: string;
  enabled: boolean;
  configured: boolean;
  missing: string[];
  lastRun: { id: string; status: string; dryRun: boolean } | null;
  nextRunAt: string | null;
}

const entry = (service: TestService, name: string) => json<Entry>(service, `/tasks/${name}`);

const setting = (service: TestService, key: string, value: string) =>
  service.db.rows(sql`
    insert into cronhook.settings (key, value) values (${key}, ${value})
    on conflict (key) do update set value = excluded.value`);

describe('the catalogue', () => {
  test('lists every task with its path, schedule, last run and next expected run', async () => {
    const service = await startService({ now: () => new Date('2026-11-21T14:31:00Z') });
    const { tasks } = await json<{ tasks: Entry[] }>(service, '/tasks');
    expect(tasks[0]).toEqual({
      name: 'inbox-sync',
      product: 'lokario',
      path: '/inbox/integrations/sync-all',
      methods: ['GET', 'POST'],
      summary: expect.any(String),
      schedule: '*/5 * * * *',
      timezone: 'Europe/Paris',
      timeoutSeconds: 600,
      enabled: true,
      configured: true,
      missing: [],
      health: { state: 'never', since: null, expectedBy: null },
      lastRun: null,
      nextRunAt: '2026-11-21T14:35:00.000Z',
    });
    expect(await entry(service, 'inbox-sync')).toEqual(tasks[0]);
  });

  test('shows how the last real run went, dry runs left out', async () => {
    const service = await startService({ tasks: [idle('probe'), idle('other')] });
    const { runId } = (await (await service.call('/test/probe')).json()) as { runId: string };
    await service.call('/test/probe?dryRun=true');
    expect((await entry(service, 'probe')).lastRun).toMatchObject({
      id: runId,
      status: 'succeeded',
      dryRun: false,
    });
    expect((await entry(service, 'other')).lastRun).toBeNull();
  });

  test('answers 404 for a task that is not served', async () => {
    const service = await startService({ tasks: [idle('probe')] });
    for (const name of ['inbox-sync', 'nothing', '%00', '__proto__', '%zz'])
      expect((await service.call(`/tasks/${name}`)).status).toBe(404);
  });

  test('names what a task lacks, and expects no run of it', async () => {
    const service = await startService({
      tasks: [testTask({ needs: ['db', 'vault'], run: async () => ({}) })],
    });
    service.config.ENCRYPTION_KEY = undefined;
    expect(await entry(service, 'probe')).toMatchObject({
      configured: false,
      missing: ['ENCRYPTION_KEY'],
      nextRunAt: null,
    });
  });

  test('a setting replaces a task’s schedule wherever it is shown', async () => {
    const service = await startService({
      tasks: [idle('probe'), idle('other')],
      now: () => new Date('2026-11-21T14:31:00Z'),
    });
    await setting(service, 'task.probe.schedule', '0 3 * * 1');
    expect(await entry(service, 'probe')).toMatchObject({
      schedule: '0 3 * * 1',
      nextRunAt: '2026-11-23T02:00:00.000Z',
    });
    expect((await entry(service, 'other')).schedule).toBe('*/5 * * * *');
  });

  test('a setting that is no schedule hides neither the task nor its recommended one', async () => {
    const service = await startService({ tasks: [idle('probe')] });
    for (const wrong of ['every day', '99 * * * *', '* * *', '', "'; drop table x"]) {
      await setting(service, 'task.probe.schedule', wrong);
      expect((await entry(service, 'probe')).schedule).toBe('*/5 * * * *');
    }
  });

  test('settings that cannot be read are logged once, however often the catalogue is asked for', async () => {
    const service = await startService({ tasks: [idle('probe'), idle('other')] });
    await setting(service, 'task.probe.schedule', 'every day');
    await setting(service, 'task.probe.enabled', 'maybe');
    await setting(service, 'task.other.enabled', 'True');
    await setting(service, 'task.other.schedule', '');
    for (let count = 0; count < 3; count++) await entry(service, 'probe');
    const warnings = service.log().match(/setting task\.[^:]*: [^;]*/g);
    expect(warnings?.sort()).toEqual([
      'setting task.probe.enabled: \\"maybe\\" is neither true nor false',
      'setting task.probe.schedule: \\"every day\\" is no cron expression',
    ]);
  });

  test('a start warns of settings that cannot be read', async () => {
    const service = await startService({ tasks: [] });
    await setting(service, 'task.outbox.enabled', '0');
    const { output } = await spawnService({ DATABASE_URL: service.databaseUrl, CRON_SECRET: SECRET });
    expect(output()).toContain('setting task.outbox.enabled');
  });

  test('a task turned off by its setting is shown so, expects no run, and skips when it is called', async () => {
    const service = await startService({ tasks: [idle('probe'), idle('other')] });
    await setting(service, 'task.probe.enabled', 'false');
    expect(await entry(service, 'probe')).toMatchObject({ enabled: false, nextRunAt: null });
    expect((await entry(service, 'other')).enabled).toBe(true);
    const response = await service.call('/test/probe');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      success: true,
      status: 'skipped',
      message: 'Tâche désactivée par le réglage task.probe.enabled',
    });
    expect((await entry(service, 'probe')).lastRun?.status).toBe('skipped');
    await setting(service, 'task.probe.enabled', 'true');
    expect(await entry(service, 'probe')).toMatchObject({ enabled: true, nextRunAt: expect.any(String) });
  });

  test.each([
    // Clocks go from 02:00 to 03:00 on 29 March 2026.
    ['0 8 * * *', '2026-03-28T06:00:00Z', '2026-03-28T07:00:00.000Z'],
    ['0 8 * * *', '2026-03-28T08:00:00Z', '2026-03-29T06:00:00.000Z'],
    ['0 * * * *', '2026-03-29T00:30:00Z', '2026-03-29T01:00:00.000Z'],
    ['30 1 * * *', '2026-03-28T12:00:00Z', '2026-03-29T00:30:00.000Z'],
    ['30 3 * * *', '2026-03-28T12:00:00Z', '2026-03-29T01:30:00.000Z'],
    // They go back from 03:00 to 02:00 on 25 October 2026.
    ['0 8 * * *', '2026-10-24T08:00:00Z', '2026-10-25T07:00:00.000Z'],
    ['0 * * * *', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00.000Z'],
    ['0 * * * *', '2026-10-25T01:00:00Z', '2026-10-25T02:00:00.000Z'],
    ['*/5 * * * *', '2026-10-25T00:58:00Z', '2026-10-25T01:00:00.000Z'],
    ['0 4 * * 0', '2026-10-24T12:00:00Z', '2026-10-25T03:00:00.000Z'],
  ])('%s in Paris after %s is next at %s, the clocks’ changes considered', async (schedule, now, next) => {
    const service = await startService({ tasks: [idle('probe', schedule)], now: () => new Date(now) });
    expect((await entry(service, 'probe')).nextRunAt).toBe(next);
  });

  test('a daily run in the hour that the clocks skip is not lost', async () => {
    const service = await startService({
      tasks: [idle('probe', '30 2 * * *')],
      now: () => new Date('2026-03-28T12:00:00Z'),
    });
    const { nextRunAt } = await entry(service, 'probe');
    expect(nextRunAt?.slice(0, 10)).toBe('2026-03-29');
  });

  test('schedules are read in TIMEZONE', async () => {
    const service = await startService({
      tasks: [idle('probe', '0 0 * * *')],
      env: { TIMEZONE: 'America/Los_Angeles' },
      now: () => new Date('2026-07-01T12:00:00Z'),
    });
    expect((await entry(service, 'probe')).nextRunAt).toBe('2026-07-02T07:00:00.000Z');
  });

  test.each([
    '/tasks',
    '/tasks/probe',
    '/tasks/health',
    '/runs',
    '/runs/01970000-0000-7000-8000-000000000000',
  ])('%s is closed without a secret', async (path) => {
    const service = await startService({ tasks: [idle('probe')] });
    expect((await service.fetch(path)).status).toBe(403);
    expect((await service.fetch(`${path}?secret=wrong`)).status).toBe(403);
    const post = await service.call(path, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the history', () => {
  const id = (number: number) => `01970000-0000-7000-8000-${String(number).padStart(12, '0')}`;

  interface Page {
    runs: { id: string; task: string; status: string; startedAt: string }[];
    nextBefore: string | null;
  }

  /** Runs 1 to `count`, three at each second. */
  async function withRuns(count: number) {
    const service = await startService({ tasks: [idle('probe'), idle('other')] });
    for (let number = 1; number <= count; number++) {
      await service.db.rows(sql`
        insert into cronhook.task_runs (id, task, status, trigger, host, started_at)
        values (${id(number)}, ${number % 2 ? 'probe' : 'other'}, ${number % 5 ? 'succeeded' : 'failed'}, 'http', 'h',
          ${new Date(Date.UTC(2026, 0, 1) + Math.floor(number / 3) * 1000).toISOString()}::timestamptz)`);
    }
    return service;
  }

  const ids = (page: Page) => page.runs.map((run) => run.id);
  const descending = (count: number) => Array.from({ length: count }, (_, index) => id(count - index));

  test('comes newest first, 20 at a time', async () => {
    const service = await withRuns(25);
    const page = await json<Page>(service, '/runs');
    expect(ids(page)).toEqual(descending(25).slice(0, 20));
    expect(page.nextBefore).toBe(id(6));
    expect(page.runs[0]?.startedAt).toBe('2026-01-01T00:00:08.000Z');
  });

  test.each([1, 2, 4, 7, 200])(
    'pages of %i show every run once, those of the same instant too',
    async (limit) => {
      const service = await withRuns(20);
      const seen: string[] = [];
      let before = '';
      for (let pages = 0; pages < 25; pages++) {
        const page = await json<Page>(service, `/runs?limit=${limit}${before}`);
        seen.push(...ids(page));
        if (page.nextBefore === null) break;
        before = `&before=${page.nextBefore}`;
      }
      expect(seen).toEqual(descending(20));
    },
  );

  test('new runs do not shift the pages', async () => {
    const service = await withRuns(10);
    const { nextBefore } = await json<Page>(service, '/runs?limit=5');
    await service.call('/test/probe');
    expect(ids(await json<Page>(service, `/runs?limit=5&before=${nextBefore}`))).toEqual(
      descending(10).slice(5),
    );
  });

  test('is filtered by task and by status', async () => {
    const service = await withRuns(20);
    const page = await json<Page>(service, '/runs?task=probe&status=failed');
    expect(ids(page)).toEqual([id(15), id(5)]);
    expect(ids(await json<Page>(service, '/runs?task=other&limit=2'))).toEqual([id(20), id(18)]);
    expect(ids(await json<Page>(service, '/runs?status=lost'))).toEqual([]);
  });

  test.each([
    'task=nothing',
    'status=done',
    'limit=0',
    'limit=201',
    'limit=x',
    'before=1',
    'page=2',
    'limit=1&limit=2',
  ])('refuses %s', async (query) => {
    const service = await withRuns(0);
    const response = await service.call(`/runs?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ success: false, error: 'invalid_parameters' });
  });

  test('tells all of one run: figures, failed items, log', async () => {
    const service = await startService({
      tasks: [
        testTask({
          run: async ({ log, fail }) => {
            log.info({ page: 2 }, 'halfway');
            fail('a@example.com', new Error('no'));
            return { things: 3 };
          },
        }),
      ],
    });
    const { runId } = (await (await service.call('/test/probe')).json()) as { runId: string };
    expect(await json(service, `/runs/${runId}`)).toMatchObject({
      id: runId,
      task: 'probe',
      status: 'partial',
      trigger: 'http',
      dryRun: false,
      durationMs: expect.any(Number),
      stats: { things: 3, failed: 1 },
      errors: [{ item: 'a@example.com', message: expect.any(String) }],
      log: expect.arrayContaining([{ at: expect.any(String), level: 'info', message: 'halfway', page: 2 }]),
    });
  });

  test('answers 404 for a run that is not there', async () => {
    const service = await withRuns(0);
    for (const path of [id(1), '1', '%00', "'; select 1"]) {
      const response = await service.call(`/runs/${encodeURI(path)}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: 'not_found' });
    }
  });

  test('opens one run to its task’s key, not to another task’s', async () => {
    const service = await withRuns(2);
    const status = async (task: string, run: string) => {
      const secret = createHmac('sha256', SECRET).update(task).digest('hex');
      return (await service.fetch(`/runs/${run}?secret=${secret}`)).status;
    };
    expect(await status('probe', id(1))).toBe(200);
    expect(await status('other', id(2))).toBe(200);
    expect(await status('probe', id(2))).toBe(403);
    expect(await status('other', id(1))).toBe(403);
    expect(await status('probe', id(3))).toBe(403);
  });
});

describe('the service’s health', () => {
  test('/healthz answers 200 while the process runs, /readyz when the database is ready, both openly', async () => {
    const service = await startService();
    for (const path of ['/healthz', '/readyz']) {
      expect((await service.fetch(path)).status).toBe(200);
      expect((await service.fetch(path, { method: 'HEAD' })).status).toBe(200);
      expect((await service.fetch(path, { method: 'POST' })).status).toBe(405);
    }
  });

  test('/readyz is 503 until the migrations are applied', async () => {
    const empty = await createDatabase(inject('postgresUrl'));
    const service = await startTestService({ databaseUrl: empty.url, migrated: false });
    expect((await service.fetch('/readyz')).status).toBe(503);
    expect((await service.fetch('/healthz')).status).toBe(200);
    await migrate(service.db);
    expect((await service.fetch('/readyz')).status).toBe(200);
    await service.db.rows(
      sql`delete from cronhook.migrations where id = (select max(id) from cronhook.migrations)`,
    );
    expect((await service.fetch('/readyz')).status).toBe(503);
    await service.stop();
    await empty.drop();
  });

  test('/readyz is 503 with Retry-After while the database is away; /healthz stays 200', async () => {
    const databaseUrl = 'postgresql://app:password@127.0.0.1:1/none';
    const service = await startTestService({ databaseUrl, migrated: false });
    const response = await service.fetch('/readyz');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await response.text()).not.toMatch(/password|ECONN|127\.0\.0\.1/);
    expect((await service.fetch('/healthz')).status).toBe(200);
    for (const path of ['/tasks', '/runs', '/inbox/integrations/sync-all']) {
      const answer = await service.call(path);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
      expect(await answer.json()).toMatchObject({ error: 'database_unavailable' });
    }
  });
});

describe('the description of the API', () => {
  type Operation = {
    responses: Record<string, unknown>;
    security?: unknown;
    parameters?: { name: string; in: string; required?: boolean }[];
  };
  interface Document {
    openapi: string;
    info: { title: string; version: string };
    servers: { url: string }[];
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
  }

  const DESCRIBES_ITSELF = /^\/(openapi\.json|docs)/;

  test('is open, and OpenAPI 3.1', async () => {
    const service = await startService();
    const response = await service.fetch('/openapi.json');
    expect(response.headers.get('content-type')).toContain('application/json');
    const document = (await response.json()) as Document;
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info).toMatchObject({ title: 'Cronhook', version: expect.any(String) });
    // Relative, so that /docs calls the host it was loaded from.
    expect(document.servers).toEqual([{ url: '/' }]);
  });

  test('knows every route of the service, and the service every route of it', async () => {
    const service = await startService();
    const document = await json<Document>(service, '/openapi.json');
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const tasks = service.context.tasks.flatMap(({ path }) => [`GET ${path}`, `POST ${path}`]);
    const served = createApp(service.context)
      .routes.filter(({ method, path }) => method !== 'ALL' && !DESCRIBES_ITSELF.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    expect(described.sort()).toEqual([...new Set([...served, ...tasks])].sort());
  });

  test('describes each operation soundly: answers, parameters, references', async () => {
    const service = await startService({ tasks: [idle('probe'), ...(await startService()).context.tasks] });
    const document = await json<Document>(service, '/openapi.json');
    const operationIds = [...JSON.stringify(document).matchAll(/"operationId":"([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(new Set(operationIds).size).toBe(operationIds.length);
    for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name ?? '');
    for (const [path, item] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(item)) {
        expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
        const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
        expect(declared.map(({ name }) => name)).toEqual(inPath);
        for (const parameter of declared) expect(parameter.required).toBe(true);
        for (const response of Object.values(operation.responses))
          expect(response).toHaveProperty('description', expect.stringMatching(/./));
        for (const requirement of (operation.security ?? []) as Record<string, string[]>[])
          for (const scheme of Object.keys(requirement))
            expect(document.components.securitySchemes).toHaveProperty(scheme);
      }
    }
  });

  test('lists the parameters of every task', async () => {
    const service = await startService();
    const { paths } = await json<Document>(service, '/openapi.json');
    const operation = paths['/inbox/integrations/sync-all']?.post;
    expect(operation?.parameters?.map(({ name }) => name)).toEqual(['wait', 'dryRun', 'force']);
    expect(Object.keys(operation?.responses ?? {})).toEqual(
      expect.arrayContaining(['200', '202', '400', '403', '500', '503']),
    );
  });

  test('says that the catalogue needs the database', async () => {
    const service = await startService();
    const { paths } = await json<Document>(service, '/openapi.json');
    for (const path of ['/tasks', '/tasks/{name}'])
      expect(Object.keys(paths[path]?.get?.responses ?? {}), path).toContain('503');
  });

  test('is rendered at /docs from our own files, with a policy that allows no other', async () => {
    const service = await startService();
    const response = await service.fetch('/docs');
    expect(response.headers.get('content-type')).toContain('text/html');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const page = await response.text();
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(assets.length).toBeGreaterThanOrEqual(3);
    for (const path of assets) {
      const asset = await service.fetch(path);
      expect(asset.status, path).toBe(200);
      expect(asset.headers.get('x-content-type-options')).toBe('nosniff');
      const type = asset.headers.get('content-type') ?? '';
      const expected = path.endsWith('.js')
        ? 'text/javascript'
        : path.endsWith('.css')
          ? 'text/css'
          : 'image/png';
      expect(type).toContain(expected);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
  });

  test('hands out nothing else from the folder of its page', async () => {
    const service = await startService();
    for (const name of [
      'package.json',
      'index.html',
      '..%2fpackage.json',
      '%2e%2e/package.json',
      'swagger-uixcss',
    ])
      expect((await service.fetch(`/docs/${name}`)).status).toBe(404);
  });
});
