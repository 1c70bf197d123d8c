import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/errors.js';
import type { Stats } from '../../src/tasks/define.js';
import { onSharedDatabase, SECRET, startTestService, type TestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const startService = onSharedDatabase();

const PREVIOUS = 'previous-secret-0123456789-0123456789';
const key = (name: string, secret = SECRET) => createHmac('sha256', secret).update(name).digest('hex');

/** A task that counts its runs and keeps what it was given. */
function countingTask(name = 'probe') {
  const runs: { dryRun: boolean; force: boolean; input: unknown }[] = [];
  const task = testTask({
    name,
    input: z.object({ profile: z.string().max(20).optional() }),
    run: async ({ dryRun, force, input }) => {
      runs.push({ dryRun, force, input });
      return { things: 3 };
    },
  });
  return { task, runs };
}

/** A task that works until it is let go or told to stop. */
function slowTask(name = 'slow') {
  const free = new AbortController();
  const task = testTask({
    name,
    run: async ({ signal }) => {
      const end = AbortSignal.any([free.signal, signal]);
      await new Promise((done) => end.addEventListener('abort', done));
      signal.throwIfAborted();
      return {};
    },
  });
  return { task, release: () => free.abort() };
}

async function probe(env: Record<string, string> = {}) {
  const { task, runs } = countingTask();
  const service = await startService({ tasks: [task, countingTask('other').task], env });
  return { service, runs };
}

interface Answer {
  success: boolean;
  message: string;
  error?: string;
  status?: string;
  runId: string;
  stats: Stats;
}

const read = async (response: Response) => (await response.json()) as Answer;

async function outcome(response: Response): Promise<string> {
  const body = await read(response);
  return `${response.status} ${body.error ?? body.status}`;
}

/** Bytes as they go over the wire, for what no client library would send. */
function raw(service: TestService, request: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = '';
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', fail);
    socket.on('close', () => done(answer));
    socket.write(request);
  });
}

describe('a task’s URL', () => {
  test('runs the task on GET and on POST alike and answers with its status', async () => {
    const { service, runs } = await probe();
    for (const method of ['GET', 'POST']) {
      const response = await service.call('/test/probe', { method });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toEqual({
        success: true,
        message: 'probe done',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        task: 'probe',
        runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        status: 'succeeded',
        durationMs: expect.any(Number),
        stats: { things: 3, failed: 0 },
        errors: [],
      });
    }
    expect(runs).toHaveLength(2);
  });

  test.each(['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    '%s is 405 with Allow: GET, POST and never runs the task',
    async (method) => {
      const { service, runs } = await probe();
      const response = await service.call('/test/probe', { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, POST');
      if (method !== 'HEAD') expect((await read(response)).error).toBe('method_not_allowed');
      expect(runs).toHaveLength(0);
      expect(await service.db.rows(sql`select 1 from cronhook.task_runs`)).toHaveLength(0);
    },
  );

  test('refuses a method even to a caller with a body that holds the secret', async () => {
    const { service, runs } = await probe();
    const response = await service.fetch('/test/probe', {
      method: 'DELETE',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ secret: SECRET }),
    });
    expect(response.status).toBe(405);
    expect(runs).toHaveLength(0);
  });

  test.each([
    '/test/probe/',
    '/test//probe',
    '/TEST/probe',
    '/test',
    '/test/probe/x',
    '/',
    '/test/%70robe%2f',
  ])('%s is nobody’s', async (path) => {
    const { service, runs } = await probe();
    expect(await outcome(await service.call(path))).toBe('404 not_found');
    expect(runs).toHaveLength(0);
  });

  test('checks path, method, secret, parameters, configuration, in this order', async () => {
    const { task } = countingTask();
    const service = await startService({ tasks: [{ ...task, needs: ['db', 'vault'] }] });
    service.config.ENCRYPTION_KEY = undefined;
    const at = async (path: string, method: string, secret: string) =>
      outcome(await service.fetch(path, { method, headers: { 'x-cron-secret': secret } }));
    expect(await at('/test/nothing?bad=1', 'PUT', 'wrong')).toBe('404 not_found');
    expect(await at('/test/probe?bad=1', 'PUT', 'wrong')).toBe('405 method_not_allowed');
    expect(await at('/test/probe?bad=1', 'GET', 'wrong')).toBe('403 forbidden');
    expect(await at('/test/probe?bad=1', 'GET', SECRET)).toBe('400 invalid_parameters');
    expect(await at('/test/probe', 'GET', SECRET)).toBe('503 not_configured');
  });

  test('an unreachable database comes last: wrong callers learn nothing of it', async () => {
    const databaseUrl = 'postgresql://app:password@127.0.0.1:1/none';
    const service = await startTestService({ tasks: [countingTask().task], databaseUrl, migrated: false });
    expect((await service.fetch('/test/probe')).status).toBe(403);
    expect((await service.call('/test/probe?bad=1')).status).toBe(400);
    const response = await service.call('/test/probe');
    expect(response.headers.get('retry-after')).toBe('30');
    expect(await outcome(response)).toBe('503 database_unavailable');
  });
});

describe('the secret', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = { 'content-type': 'application/json' };

  function multipart(fields: Record<string, string>): FormData {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return data;
  }

  const ways: [string, (secret: string) => [string, RequestInit]][] = [
    ['a bearer token', (secret) => ['', { headers: { authorization: `Bearer ${secret}` } }]],
    ['a bearer token in lower case', (secret) => ['', { headers: { authorization: `bearer ${secret}` } }]],
    ['X-Cron-Secret', (secret) => ['', { headers: { 'x-cron-secret': secret } }]],
    ['the query of a GET', (secret) => [`?secret=${encodeURIComponent(secret)}`, {}]],
    ['the query of a POST', (secret) => [`?secret=${encodeURIComponent(secret)}`, { method: 'POST' }]],
    ['a JSON body', (secret) => ['', { method: 'POST', headers: json, body: JSON.stringify({ secret }) }]],
    ['a form', (secret) => ['', { method: 'POST', headers: form, body: new URLSearchParams({ secret }) }]],
    ['a multipart form', (secret) => ['', { method: 'POST', body: multipart({ secret }) }]],
  ];

  test.each(ways)('is accepted in %s', async (_way, present) => {
    const { service, runs } = await probe();
    const [query, init] = present(SECRET);
    expect(await outcome(await service.fetch(`/test/probe${query}`, init))).toBe('200 succeeded');
    expect(runs).toHaveLength(1);
  });

  test.each(ways)('is refused in %s when it is wrong, and nothing runs', async (_way, present) => {
    const { service, runs } = await probe();
    for (const wrong of [
      'guess',
      `${SECRET}x`,
      SECRET.slice(1),
      key('other'),
      key('read'),
      key('probe', 'x'),
    ]) {
      const [query, init] = present(wrong);
      expect(await outcome(await service.fetch(`/test/probe${query}`, init))).toBe('403 forbidden');
    }
    expect(runs).toHaveLength(0);
    expect(await service.db.rows(sql`select 1 from cronhook.task_runs`)).toHaveLength(0);
  });

  test.each([
    ['no secret at all', '', {}],
    ['an empty one', '?secret=', { headers: { 'x-cron-secret': '', authorization: 'Bearer ' } }],
    ['another scheme', '', { headers: { authorization: `Basic ${SECRET}` } }],
    ['a cookie', '', { headers: { cookie: `secret=${SECRET}` } }],
    ['a body of GET’s own', '?Secret=1', {}],
  ] as [string, string, RequestInit][])('is missing with %s: 403', async (_what, query, init) => {
    const { service } = await probe();
    expect(await outcome(await service.fetch(`/test/probe${query}`, init))).toBe('403 forbidden');
  });

  test('that is not a text is no secret', async () => {
    const { service, runs } = await probe();
    for (const secret of [true, null, 0, [SECRET], { [SECRET]: SECRET }, { length: 3 }]) {
      const init = { method: 'POST', headers: json, body: JSON.stringify({ secret }) };
      expect(await outcome(await service.fetch('/test/probe', init))).toBe('403 forbidden');
    }
    expect(runs).toHaveLength(0);
  });

  test('is taken from the bearer token first, then X-Cron-Secret, then the query, then the body', async () => {
    const { service } = await probe();
    const call = async (bearer?: string, header?: string, query?: string, body?: string) => {
      const headers: Record<string, string> = { ...json };
      if (bearer) headers.authorization = `Bearer ${bearer}`;
      if (header) headers['x-cron-secret'] = header;
      const path = query ? `/test/probe?secret=${query}` : '/test/probe';
      const init = { method: 'POST', headers, ...(body && { body: JSON.stringify({ secret: body }) }) };
      return (await service.fetch(path, init)).status;
    };
    expect(await call(SECRET, 'wrong', 'wrong', 'wrong')).toBe(200);
    expect(await call('wrong', SECRET, SECRET, SECRET)).toBe(403);
    expect(await call(undefined, SECRET, 'wrong', 'wrong')).toBe(200);
    expect(await call(undefined, 'wrong', SECRET, SECRET)).toBe(403);
    expect(await call(undefined, undefined, SECRET, 'wrong')).toBe(200);
    expect(await call(undefined, undefined, 'wrong', SECRET)).toBe(403);
  });

  test('may be the previous one while it is being rotated', async () => {
    const { service, runs } = await probe({ CRON_SECRET_PREVIOUS: PREVIOUS });
    for (const secret of [SECRET, PREVIOUS]) {
      const response = await service.fetch('/test/probe', { headers: { authorization: `Bearer ${secret}` } });
      expect(response.status).toBe(200);
    }
    expect(runs).toHaveLength(2);
    const afterwards = await probe();
    expect((await afterwards.service.fetch(`/test/probe?secret=${PREVIOUS}`)).status).toBe(403);
  });

  test('is not needed in development without CRON_SECRET', async () => {
    const { service } = await probe({ CRON_SECRET: '' });
    expect((await service.fetch('/test/probe')).status).toBe(200);
  });

  test.each([SECRET, PREVIOUS])(
    'a task’s own key opens that task and its runs, nothing else (%#)',
    async (secret) => {
      const { service } = await probe({ CRON_SECRET_PREVIOUS: PREVIOUS });
      const { runId } = await read(await service.call('/test/probe'));
      const { runId: foreign } = await read(await service.call('/test/other'));
      const status = async (path: string, method = 'GET') =>
        (await service.fetch(path, { method, headers: { 'x-cron-secret': key('probe', secret) } })).status;
      expect(await status('/test/probe')).toBe(200);
      expect(await status('/test/probe', 'POST')).toBe(200);
      expect(await status(`/runs/${runId}`)).toBe(200);
      expect(await status('/test/other')).toBe(403);
      expect(await status(`/runs/${foreign}`)).toBe(403);
      expect(await status('/runs/01970000-0000-7000-8000-000000000000')).toBe(403);
      expect(await status('/runs')).toBe(403);
      expect(await status('/runs?task=probe')).toBe(403);
      expect(await status('/tasks')).toBe(403);
      expect(await status('/tasks/probe')).toBe(403);
    },
  );

  test.each([SECRET, PREVIOUS])(
    'the read key reads tasks and runs and starts nothing (%#)',
    async (secret) => {
      const { service, runs } = await probe({ CRON_SECRET_PREVIOUS: PREVIOUS });
      const { runId } = await read(await service.call('/test/probe'));
      const status = async (path: string, method = 'GET') =>
        (await service.fetch(path, { method, headers: { 'x-cron-secret': key('read', secret) } })).status;
      for (const path of ['/tasks', '/tasks/probe', '/runs', `/runs/${runId}`])
        expect(await status(path)).toBe(200);
      expect(await status('/test/probe')).toBe(403);
      expect(await status('/test/probe', 'POST')).toBe(403);
      expect(runs).toHaveLength(1);
    },
  );

  test('neither the read key nor a task’s key touches mailboxes', async () => {
    const service = await startService();
    for (const secret of [key('read'), key('inbox-sync')]) {
      const headers = { 'x-cron-secret': secret };
      for (const [method, path] of [
        ['GET', '/inbox/integrations'],
        ['POST', '/inbox/integrations'],
        ['DELETE', '/inbox/integrations/01970000-0000-7000-8000-000000000000'],
        ['POST', '/inbox/integrations/01970000-0000-7000-8000-000000000000/credentials'],
      ] as const) {
        expect((await service.fetch(path, { method, headers })).status).toBe(403);
      }
    }
  });
});

describe('the allow-list of addresses', () => {
  const status = async (service: TestService, forwarded?: string, path = '/test/probe') =>
    (await service.call(path, forwarded === undefined ? {} : { headers: { 'x-forwarded-for': forwarded } }))
      .status;

  test('lets in who is on it and refuses others, the secret notwithstanding', async () => {
    const inside = await probe({ CRON_ALLOWED_IPS: '192.0.2.1, 127.0.0.0/8' });
    expect(await status(inside.service)).toBe(200);
    const outside = await probe({ CRON_ALLOWED_IPS: '192.0.2.1' });
    const response = await outside.service.call('/test/probe');
    expect(response.status).toBe(403);
    expect(await read(response)).toMatchObject({
      error: 'forbidden',
      message: 'L’adresse 127.0.0.1 ne figure pas dans CRON_ALLOWED_IPS',
    });
    expect(outside.runs).toHaveLength(0);
  });

  test('guards the task endpoints and nothing else', async () => {
    const { service } = await probe({ CRON_ALLOWED_IPS: '192.0.2.1' });
    for (const path of ['/tasks', '/runs', '/healthz', '/readyz', '/openapi.json'])
      expect((await service.call(path)).status).toBe(200);
  });

  test('believes no X-Forwarded-For without a trusted proxy', async () => {
    const { service } = await probe({ CRON_ALLOWED_IPS: '192.0.2.1' });
    expect(await status(service, '192.0.2.1')).toBe(403);
  });

  test('believes the entry of one trusted proxy, not what the caller wrote before it', async () => {
    const { service } = await probe({ CRON_ALLOWED_IPS: '192.0.2.0/24', TRUST_PROXY: '1' });
    expect(await status(service, '192.0.2.1')).toBe(200);
    expect(await status(service, '203.0.113.9, 192.0.2.1')).toBe(200);
    expect(await status(service, '192.0.2.1, 203.0.113.9')).toBe(403);
    expect(await status(service)).toBe(403);
  });

  test('counts two trusted proxies from the right', async () => {
    const { service } = await probe({ CRON_ALLOWED_IPS: '192.0.2.0/24', TRUST_PROXY: '2' });
    expect(await status(service, '192.0.2.1, 10.0.0.1')).toBe(200);
    expect(await status(service, '203.0.113.9, 192.0.2.1, 10.0.0.1')).toBe(200);
    expect(await status(service, '192.0.2.1, 203.0.113.9, 10.0.0.1')).toBe(403);
    expect(await status(service, '192.0.2.1')).toBe(403);
  });

  test('reads IPv6, with brackets and ports, and IPv4 written as IPv6', async () => {
    const { service } = await probe({ CRON_ALLOWED_IPS: '2001:db8::/32, 192.0.2.1', TRUST_PROXY: '1' });
    expect(await status(service, '2001:db8:1::5')).toBe(200);
    expect(await status(service, '[2001:db8:1::5]:4711')).toBe(200);
    expect(await status(service, '::ffff:192.0.2.1')).toBe(200);
    expect(await status(service, '192.0.2.1:4711')).toBe(200);
    expect(await status(service, '2001:db9::5')).toBe(403);
    expect(await status(service, 'nonsense')).toBe(403);
  });

  test('knows a caller of IPv4 on a dual-stack socket', async () => {
    const { service } = await probe({ CRON_ALLOWED_IPS: '127.0.0.1', HOST: '::' });
    expect(await status(service)).toBe(200);
  });
});

describe('TASKS', () => {
  test('serves the tasks that it names, by task or product', async () => {
    for (const TASKS of ['inbox-sync', 'lokario', 'talos,inbox-sync']) {
      const service = await startService({ env: { TASKS } });
      expect((await service.fetch('/inbox/integrations/sync-all')).status).toBe(403);
      expect((await read(await service.call('/tasks/inbox-sync'))) as unknown).toMatchObject({
        name: 'inbox-sync',
      });
    }
  });

  test('the others answer 404 and appear nowhere', async () => {
    const service = await startService({ env: { TASKS: 'atlas' } });
    await service.db.rows(sql`
      insert into cronhook.task_runs (id, task, status, trigger, host, started_at)
      values ('01970000-0000-7000-8000-000000000000', 'inbox-sync', 'succeeded', 'http', 'x', now())`);
    for (const path of [
      '/inbox/integrations/sync-all',
      '/inbox/integrations',
      '/tasks/inbox-sync',
      '/runs/01970000-0000-7000-8000-000000000000',
    ]) {
      expect(await outcome(await service.call(path))).toBe('404 not_found');
    }
    for (const path of ['/tasks', '/runs', '/openapi.json']) {
      const response = await service.call(path);
      expect(response.status).toBe(200);
      expect(await response.text()).not.toContain('inbox');
    }
    expect((await service.call('/runs?task=inbox-sync')).status).toBe(400);
    const taskKey = { headers: { 'x-cron-secret': key('inbox-sync') } };
    expect((await service.fetch('/tasks', taskKey)).status).toBe(403);
  });
});

describe('waiting for the end', () => {
  test('answers 202 with the run’s Location once `wait` is over; the run goes on', async () => {
    const { task, release } = slowTask();
    const service = await startService({ tasks: [task] });
    const response = await service.call('/test/slow?wait=0');
    const body = await read(response);
    expect(response.status).toBe(202);
    expect(body).toMatchObject({ success: true, task: 'slow', status: 'running' });
    const location = response.headers.get('location') ?? '';
    expect(location).toBe(`/runs/${body.runId}`);
    expect(await (await service.call(location)).json()).toMatchObject({ status: 'running' });
    release();
    await expect
      .poll(async () => ((await (await service.call(location)).json()) as Answer).status)
      .toBe('succeeded');
  });

  test('waits as long as it is told, no longer', async () => {
    const { task } = slowTask();
    const service = await startService({ tasks: [task] });
    const began = performance.now();
    expect((await service.call('/test/slow?wait=1')).status).toBe(202);
    expect(performance.now() - began).toBeGreaterThan(950);
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('answers 200 as soon as the task has ended, well before `wait` is over', async () => {
    const { service } = await probe();
    const began = performance.now();
    expect((await service.call('/test/probe?wait=3600')).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('lasts RESPONSE_WAIT_SECONDS when the call does not say', async () => {
    const { task } = slowTask();
    const service = await startService({ tasks: [task], env: { RESPONSE_WAIT_SECONDS: '0' } });
    expect((await service.call('/test/slow')).status).toBe(202);
  });

  test.each([
    ['respond-async', 202, 'respond-async'],
    ['Respond-Async', 202, 'respond-async'],
    ['wait=0', 202, 'wait=0'],
    ['wait="0"', 202, 'wait=0'],
    ['respond-async, wait=0', 202, 'wait=0'],
    ['return=minimal; foo="bar", respond-async', 202, 'respond-async'],
    ['wait=99999', 200, 'wait=3600'],
    ['respond-async, wait=20', 200, 'wait=20'],
    ['wait=soon', 200, null],
    ['wait=-1', 200, null],
    ['handling=lenient', 200, null],
    [',,;=', 200, null],
  ])('Prefer: %s answers %i and applies %s', async (prefer, expected, applied) => {
    const service = await startService({
      tasks: [
        testTask({
          run: async () => {
            await new Promise((done) => setTimeout(done, 150));
            return {};
          },
        }),
      ],
    });
    const response = await service.call('/test/probe', { headers: { prefer } });
    expect(response.status).toBe(expected);
    expect(response.headers.get('preference-applied')).toBe(applied);
    if (expected === 202) expect(response.headers.get('location')).toMatch(/^\/runs\//);
  });

  test('the parameter weighs more than the header', async () => {
    const { service } = await probe();
    const response = await service.call('/test/probe?wait=20', { headers: { prefer: 'respond-async' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('preference-applied')).toBeNull();
  });

  test('a second call is told that the first still runs, and for how long', async () => {
    const { task, release } = slowTask();
    const service = await startService({ tasks: [task] });
    const { runId } = await read(await service.call('/test/slow?wait=0'));
    const response = await service.call('/test/slow');
    const body = await read(response);
    expect(response.status).toBe(200);
    expect(body).toMatchObject({ success: true, status: 'skipped', runId });
    expect(body.stats.runningForMs).toBeGreaterThanOrEqual(0);
    expect(body.message).toContain('déjà en cours');
    release();
  });
});

describe('parameters', () => {
  const json = (body: string): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

  test('dryRun and force are off unless they are said to be on', async () => {
    const { service, runs } = await probe();
    await service.call('/test/probe');
    await service.call('/test/probe?dryRun=true&force=true');
    await service.call('/test/probe?dryRun=false&force=0');
    expect(runs.map(({ dryRun, force }) => [dryRun, force])).toEqual([
      [false, false],
      [true, true],
      [false, false],
    ]);
  });

  test('a dry run says so and is recorded as such', async () => {
    const { service } = await probe();
    const body = await read(await service.call('/test/probe?dryRun=true'));
    expect(body).toMatchObject({ dryRun: true, details: [] });
    expect(await (await service.call(`/runs/${body.runId}`)).json()).toMatchObject({ dryRun: true });
  });

  const multipart = new FormData();
  multipart.append('dryRun', 'true');
  multipart.append('profile', 'Zoé & Ça');

  test.each([
    ['a query', '?dryRun=true&profile=Zo%C3%A9+%26+%C3%87a', { method: 'POST' }],
    ['JSON', '', json('{"dryRun":true,"profile":"Zoé & Ça"}')],
    ['JSON with texts', '', json('{"dryRun":"true","profile":"Zoé & Ça"}')],
    ['a form', '', { method: 'POST', body: new URLSearchParams({ dryRun: 'true', profile: 'Zoé & Ça' }) }],
    ['a multipart form', '', { method: 'POST', body: multipart }],
    ['query and JSON together', '?dryRun=true', json('{"profile":"Zoé & Ça"}')],
  ] as [string, string, RequestInit][])('are read from %s', async (_where, query, init) => {
    const { service, runs } = await probe();
    expect(await outcome(await service.call(`/test/probe${query}`, init))).toBe('200 succeeded');
    expect(runs).toEqual([{ dryRun: true, force: false, input: { profile: 'Zoé & Ça' } }]);
  });

  test.each([
    ['without a body', { method: 'POST' }],
    ['with an empty body', { method: 'POST', body: '' }],
    ['with a content type and no body', { method: 'POST', headers: { 'content-type': 'application/json' } }],
    ['with an empty JSON body', json('')],
    ['with an empty JSON object', json('{}')],
    ['with an empty form', { method: 'POST', body: new URLSearchParams() }],
  ] as [string, RequestInit][])('a POST %s runs the task', async (_how, init) => {
    const { service, runs } = await probe();
    expect(await outcome(await service.call('/test/probe', init))).toBe('200 succeeded');
    expect(runs).toHaveLength(1);
  });

  test.each([
    ['?wait=-1', 'wait'],
    ['?wait=3601', 'wait'],
    ['?wait=soon', 'wait'],
    ['?wait=1.5', 'wait'],
    ['?wait=', 'wait'],
    ['?wait=1e2', 'wait'],
    ['?dryRun=yes', 'dryRun'],
    ['?dryRun=', 'dryRun'],
    ['?force=maybe', 'force'],
    ['?profile=aaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'profile'],
    ['?dryrun=true', 'dryrun'],
    ['?unknown', 'unknown'],
    ['?wait=1&wait=2', 'wait'],
    ['?wait=1&wait=1', 'wait'],
  ])('%s is refused, naming %s, and nothing runs', async (query, name) => {
    const { service, runs } = await probe();
    const response = await service.call(`/test/probe${query}`);
    expect(response.status).toBe(400);
    const body = await read(response);
    expect(body.error).toBe('invalid_parameters');
    expect(body.message).toContain(name);
    expect(runs).toHaveLength(0);
  });

  test('all that is wrong is said at once', async () => {
    const { service } = await probe();
    const { message } = await read(await service.call('/test/probe?wait=x&dryRun=y&force=z'));
    for (const name of ['wait', 'dryRun', 'force']) expect(message).toContain(name);
  });

  test('a parameter both in the query and in the body is refused', async () => {
    const { service, runs } = await probe();
    const { message } = await read(await service.call('/test/probe?wait=1', json('{"wait":1}')));
    expect(message).toBe('Le paramètre wait est donné plusieurs fois');
    expect(runs).toHaveLength(0);
  });

  test.each([
    ['truncated JSON', json('{"dryRun": tru')],
    ['a JSON array', json('[]')],
    ['a JSON text', json('"dryRun"')],
    ['a JSON null', json('null')],
    ['a JSON number', json('1')],
    ['JSON with a number too many', json('{"wait":1e999}')],
    ['JSON with an object for a value', json('{"wait":{"a":1}}')],
    ['JSON with an unknown name', json('{"nope":1}')],
    ['a value of null', json('{"dryRun":null}')],
    ['plain text', { method: 'POST', body: 'dryRun=true', headers: { 'content-type': 'text/plain' } }],
    [
      'a multipart form without boundary',
      { method: 'POST', body: 'x', headers: { 'content-type': 'multipart/form-data' } },
    ],
    ['a form with a name twice', { method: 'POST', body: new URLSearchParams('wait=1&wait=2') }],
    ['XML', { method: 'POST', body: '<a/>', headers: { 'content-type': 'application/xml' } }],
  ] as [string, RequestInit][])('%s is refused with 400 and nothing runs', async (_what, init) => {
    const { service, runs } = await probe();
    expect(await outcome(await service.call('/test/probe', init))).toBe('400 invalid_parameters');
    expect(runs).toHaveLength(0);
  });

  test('a malformed body from a caller without a secret is 403, not 400', async () => {
    const { service } = await probe();
    expect((await service.fetch('/test/probe', json('{"secret'))).status).toBe(403);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'])(
    'the name %s is unknown like any other and changes nothing',
    async (name) => {
      const { service, runs } = await probe();
      const pollution = `{"${name}":{"dryRun":true,"polluted":true}}`;
      for (const [query, init] of [
        [`?${name}=true`, {}],
        ['', json(pollution)],
        ['', { method: 'POST', body: new URLSearchParams({ [name]: 'true' }) }],
      ] as [string, RequestInit][]) {
        const response = await service.call(`/test/probe${query}`, init);
        const body = await read(response);
        expect(response.status).toBe(400);
        expect(body.message).toContain(`Paramètre inconnu : ${name}`);
      }
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      expect(runs).toHaveLength(0);
    },
  );

  test('a name of any length is shown short', async () => {
    const { service } = await probe();
    const long = 'n'.repeat(20_000);
    for (const body of [`${long}=1`, `${long}=1&${long}=2`]) {
      const response = await service.call('/test/probe', { method: 'POST', body: new URLSearchParams(body) });
      expect(response.status).toBe(400);
      expect((await response.text()).length).toBeLessThan(1000);
    }
  });
});

describe('requests out of proportion', () => {
  test.each([
    ['declared', (size: number) => 'x'.repeat(size)],
    [
      'streamed',
      (size: number) =>
        new ReadableStream({
          start(controller) {
            for (let sent = 0; sent < size; sent += 1024) controller.enqueue(Buffer.alloc(1024, 'x'));
            controller.close();
          },
        }),
    ],
  ])('a body over 64 KB (%s) is 413 and nothing runs', async (_how, body) => {
    const { service, runs } = await probe();
    const call = (size: number, secret: string) =>
      service.fetch('/test/probe', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-cron-secret': secret },
        body: body(size),
        duplex: 'half',
      } as RequestInit);
    expect(await outcome(await call(66 * 1024, SECRET))).toBe('413 payload_too_large');
    expect(await outcome(await call(20 * 1024 * 1024, SECRET))).toBe('413 payload_too_large');
    expect(await outcome(await call(66 * 1024, 'wrong'))).toBe('403 forbidden');
    expect(runs).toHaveLength(0);
  });

  test('a body of 64 KB is read', async () => {
    const { service } = await probe();
    const padding = ' '.repeat(64 * 1024 - 2);
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{${padding}}` };
    expect(await outcome(await service.call('/test/probe', init))).toBe('200 succeeded');
  });

  test('a query of 8 MB is answered with 431 in JSON, even to a client that reads only when it has sent all', async () => {
    const { service } = await probe();
    const head = `X-Cron-Secret: ${SECRET}\r\nHost: example.com\r\n\r\n`;
    const answer = await raw(service, `GET /test/probe?x=${'a'.repeat(8_000_000)} HTTP/1.1\r\n${head}`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('Cache-Control: no-store');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      success: false,
      error: 'payload_too_large',
    });
    expect((await service.call('/test/probe')).status).toBe(200);
  });

  test('curl receives the answer to a query too long', async () => {
    const { service } = await probe();
    const directory = await mkdtemp(join(tmpdir(), 'cronhook-curl-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    // The longest that curl itself will send.
    await writeFile(join(directory, 'query'), `x=${'a'.repeat(900_000)}`);
    const args = ['-sS', '-i', '-G', '--data', `@${directory}/query`, `${service.url}/test/probe`];
    const { stdout } = await promisify(execFile)('curl', args).catch((error) => {
      if (error.code === 'ENOENT') return { stdout: '431 payload_too_large' };
      throw error;
    });
    expect(stdout).toContain('431');
    expect(stdout).toContain('payload_too_large');
  });

  test.each([
    ['a malformed request line', 'NONSENSE\r\n\r\n'],
    ['a malformed header', 'GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n'],
    ['a host that is no host', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['an address that is no address', 'GET http://[ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ])('%s is answered with 400 in JSON', async (_what, request) => {
    const { service } = await probe();
    const answer = await raw(service, request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.toLowerCase()).toContain('cache-control: no-store');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      success: false,
      message: 'La requête HTTP est mal formée',
      timestamp: expect.any(String),
      error: 'invalid_parameters',
    });
  });

  test('a health check that speaks HTTP/1.0 and names no host is served', async () => {
    const { service } = await probe();
    expect(await raw(service, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('every answer', () => {
  test('forbids caches to keep it', async () => {
    const { service } = await probe();
    const { runId } = await read(await service.call('/test/probe'));
    for (const [path, init] of [
      ['/test/probe', {}],
      ['/test/probe?wait=0', {}],
      ['/test/probe?bad=1', {}],
      ['/test/probe', { method: 'PUT' }],
      ['/test/probe', { method: 'HEAD' }],
      ['/test/probe', { headers: { 'x-cron-secret': 'wrong' } }],
      ['/nothing', {}],
      ['/tasks', {}],
      ['/tasks/probe', {}],
      ['/runs', {}],
      [`/runs/${runId}`, {}],
      ['/healthz', {}],
      ['/readyz', {}],
      ['/openapi.json', {}],
      ['/docs', {}],
      ['/docs/swagger-ui.css', {}],
    ] as [string, RequestInit][]) {
      const response = await service.call(path, init);
      expect(response.headers.get('cache-control'), `${init.method ?? 'GET'} ${path}`).toBe('no-store');
      await response.text();
    }
  });

  test('is French by default and English with LOCALE=en', async () => {
    const messages = async (env: Record<string, string>) => {
      const { service } = await probe(env);
      const of = async (response: Response) => (await read(response)).message;
      return [
        await of(await service.fetch('/test/probe')),
        await of(await service.call('/nothing')),
        await of(await service.call('/test/probe', { method: 'PUT' })),
        await of(await service.call('/test/probe?wait=x')),
      ];
    };
    expect(await messages({})).toEqual([
      'Secret manquant ou incorrect',
      'Cette adresse n’existe pas',
      'La méthode PUT n’est pas acceptée ici ; utilisez GET ou POST',
      'Requête invalide : wait : attendu un nombre entier de 0 à 3600',
    ]);
    expect(await messages({ LOCALE: 'en' })).toEqual([
      'Missing or wrong secret',
      'There is nothing at this address',
      'PUT is not accepted here; use GET or POST',
      'Invalid request: wait: expected a whole number from 0 to 3600',
    ]);
  });

  test.each([
    ['fr', 'Synchronisation inbox terminée avec succès'],
    ['en', 'Inbox synchronised successfully'],
  ])('of inbox-sync (%s) says: %s', async (LOCALE, message) => {
    const service = await startService({ env: { LOCALE } });
    expect(await read(await service.call('/inbox/integrations/sync-all'))).toMatchObject({
      message,
      status: 'succeeded',
      task: 'inbox-sync',
    });
  });

  test('of a task that lacks configuration names the variables, and leaves no run', async () => {
    const service = await startService({
      tasks: [testTask({ needs: ['db', 'vault'], run: async () => ({}) })],
    });
    service.config.ENCRYPTION_KEY = undefined;
    const response = await service.call('/test/probe');
    expect(response.status).toBe(503);
    expect(await read(response)).toMatchObject({
      error: 'not_configured',
      message: 'Tâche non configurée : définissez ENCRYPTION_KEY',
    });
    expect(await service.db.rows(sql`select 1 from cronhook.task_runs`)).toHaveLength(0);
  });
});

describe('what leaves the process', () => {
  const ENCRYPTION_KEY = Buffer.alloc(32, 0xab).toString('base64');

  test('never holds a secret, though the errors, logs, items and figures of a run do', async () => {
    const forbidden: string[] = [SECRET, PREVIOUS, ENCRYPTION_KEY];
    for (const secret of [SECRET, PREVIOUS])
      forbidden.push(...['probe', 'read'].map((name) => key(name, secret)));
    const leak = () => forbidden.join(' & ');
    const GUESS = 'guessed-secret-of-somebody';
    const leaky = testTask({
      run: async ({ log, fail, progress, would, dryRun }) => {
        log.info({ leak: leak(), nested: { list: [leak()] } }, `connecting with ${leak()}`);
        log.warn({ err: new Error(leak(), { cause: new Error(leak()) }) }, 'failed');
        progress({ at: leak() });
        fail(leak(), new AppError('unprocessable', () => `refused ${leak()}`, { cause: new Error(leak()) }));
        fail('plain', new Error(leak()));
        would(leak(), { with: leak() });
        if (dryRun) return { leak: leak() };
        throw new AppError(
          'task_failed',
          () => `the host refused ${encodeURIComponent(leak())} and ${leak()}`,
        );
      },
    });
    const crashing = testTask({
      name: 'crash',
      run: async () => {
        throw new Error(leak());
      },
    });
    const service = await startService({
      tasks: [leaky, crashing],
      env: { CRON_SECRET_PREVIOUS: PREVIOUS, ENCRYPTION_KEY, LOG_LEVEL: 'trace' },
    });
    forbidden.push(new URL(service.databaseUrl).password);

    const answers: string[] = [];
    const call = async (path: string, init: RequestInit = {}) => {
      const response = await service.call(path, init);
      const text = await response.text();
      answers.push(JSON.stringify([...response.headers]), text);
      return [response.status, JSON.parse(text) as Answer] as const;
    };
    const [status, failed] = await call('/test/probe');
    expect([status, failed.status, failed.stats.failed]).toEqual([500, 'failed', 2]);
    const [, dry] = await call('/test/probe?dryRun=true');
    const [, crashed] = await call('/test/crash');
    for (const { runId } of [failed, dry, crashed]) await call(`/runs/${runId}`);
    await call('/runs');
    await call('/tasks');
    await call(`/${SECRET}/${key('probe')}`);
    await call(`/test/probe?${SECRET}=1`);
    await call(`/test/probe?wait=${SECRET}`);
    await call(`/runs?task=${SECRET}`);
    await call(`/test/probe?secret=${GUESS}`, { headers: { authorization: `Bearer ${GUESS}` } });
    await call('/test/probe', { headers: { 'x-cron-secret': GUESS } });
    const rows = await service.db.rows<{ row: string }>(
      sql`select to_json(r)::text as row from cronhook.task_runs r`,
    );
    expect(rows).toHaveLength(3);

    const seen = [...answers, service.log(), ...rows.map(({ row }) => row)];
    for (const secret of [...forbidden, GUESS]) {
      for (const text of seen) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(encodeURIComponent(secret));
        expect(text).not.toContain(Buffer.from(secret).toString('base64'));
      }
    }
    expect(service.log()).toContain('connecting with [secret]');
    expect(rows.map(({ row }) => row).join()).toContain('[secret]');
  });

  test('never holds SQL, parameters or a stack trace when a statement of a task fails', async () => {
    const service = await startService({
      tasks: [
        testTask({
          run: async ({ db, each }) => {
            await each(['item'], { concurrency: 1, name: String }, async () => {
              await db.write((tx) => tx.execute(sql`insert into absent_table values (${'Zoé Private'})`));
            });
            await db.rows(sql`select ${'Zoé Private'}::text, missing_column from cronhook.task_runs`);
            return {};
          },
        }),
      ],
    });
    const response = await service.call('/test/probe');
    const body = await read(response);
    expect([response.status, body.error]).toEqual([500, 'task_failed']);
    expect(body.message).toContain(body.runId);
    expect(body.stats.failed).toBe(1);
    const history = await (await service.call(`/runs/${body.runId}`)).text();
    for (const text of [JSON.stringify(body), history]) {
      expect(text).not.toMatch(
        /select|insert|absent_table|missing_column|Private|\bat .*:\d+:\d+|node_modules/,
      );
    }
    expect(service.log()).not.toMatch(/Private|insert into/);
    expect(service.log()).toContain('missing_column');
  });
});
