import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/tasks/define.js';
import { PING_KEY, startHealthchecks } from '../support/healthchecks.js';
import { runProgram } from '../support/run-process.js';
import { read, startTestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const WAIT = { timeout: 60_000, interval: 50 };

describe('Healthchecks', () => {
  test('hears of a run its start, then its success with what it counted', async () => {
    const healthchecks = await startHealthchecks();
    const task = testTask({ run: async () => ({ mails: 17, mailbox: 'a@example.com' }) });
    const service = await startTestService({ tasks: [task], env: healthchecks.env });
    const { runId } = await read(service.call('/test/probe'));
    await expect.poll(healthchecks.signals, WAIT).toEqual(['start', 'success']);
    const [start, success] = healthchecks.heard;
    expect(start).toEqual({ slug: 'probe', signal: 'start', runId, body: '' });
    expect(success).toEqual({
      slug: 'probe',
      signal: 'success',
      runId,
      body: 'probe done\nmails: 17\nmailbox: a@example.com\nfailed: 0',
    });
    expect(healthchecks.requests.map(({ method, query }) => [method, query.get('create')])).toEqual([
      ['POST', '1'],
      ['POST', '1'],
    ]);
  });

  test('hears of a failure with its reason, and of a partial success with its errors', async () => {
    const healthchecks = await startHealthchecks();
    const broken = testTask({
      name: 'broken',
      run: async () => {
        throw new Error('broken');
      },
    });
    const partial = testTask({
      name: 'partial',
      run: async ({ fail }) => {
        for (let index = 0; index < 40; index++) fail(`box-${index}`, new Error('no'));
        return {};
      },
    });
    const service = await startTestService({ tasks: [broken, partial], env: healthchecks.env });
    const answer = await read(service.call('/test/broken'));
    await read(service.call('/test/partial'));
    await expect.poll(healthchecks.signals, WAIT).toHaveLength(4);
    const told = (slug: string) => healthchecks.heard.filter((ping) => ping.slug === slug)[1];
    expect(told('broken')).toMatchObject({ signal: 'fail', body: `${answer.message}\nfailed: 0` });
    expect(told('partial')).toMatchObject({ signal: 'success' });
    expect(told('partial')?.body).toContain('! box-9: ');
    expect(told('partial')?.body).not.toContain('! box-10: ');
  });

  test('hears the reason of a run that its own rule skipped as a success', async () => {
    const healthchecks = await startHealthchecks();
    const task = testTask({ run: async ({ skip }) => skip(() => 'nothing to do at this hour') });
    const service = await startTestService({ tasks: [task], env: healthchecks.env });
    await service.call('/test/probe');
    await expect.poll(healthchecks.signals, WAIT).toEqual(['start', 'success']);
    expect(healthchecks.heard[1]?.body).toContain('nothing to do at this hour');
  });

  test('hears nothing of dry runs, disabled tasks, parts of a task and calls turned away', async () => {
    const healthchecks = await startHealthchecks();
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const held = testTask({ name: 'held', run: () => opened.then(() => ({})) });
    const part = defineTask({
      ...testTask({ name: 'part', run: async () => ({}) }),
      input: z.object({ key: z.string().optional() }),
      needs: ['db'],
      isPart: ({ key }) => key !== undefined,
      run: async () => ({}),
    });
    const disabled = testTask({ name: 'disabled', run: async () => ({}) });
    const service = await startTestService({ tasks: [held, part, disabled], env: healthchecks.env });
    await service.db.rows(
      sql`insert into cronhook.settings (key, value) values ('task.disabled.enabled', 'false')`,
    );
    const first = service.call('/test/held');
    await expect.poll(healthchecks.signals, WAIT).toEqual(['start']);
    expect(await read(service.call('/test/held'))).toMatchObject({ status: 'skipped' });
    expect(await read(service.call('/test/disabled'))).toMatchObject({ status: 'skipped' });
    expect(await read(service.call('/test/part?key=one'))).toMatchObject({ status: 'succeeded' });
    expect(await read(service.call('/test/part?dryRun=true'))).toMatchObject({ status: 'succeeded' });
    open();
    await first;
    await service.call('/test/part');
    await expect.poll(healthchecks.signals, WAIT).toHaveLength(4);
    expect(healthchecks.heard.map(({ slug }) => slug).sort()).toEqual(['held', 'held', 'part', 'part']);
  });

  test('hears of an interrupted run without being told that it failed, before the service is gone', async () => {
    const healthchecks = await startHealthchecks();
    const task = testTask({
      run: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const service = await startTestService({ tasks: [task], env: healthchecks.env });
    const { runId } = await read(service.call('/test/probe?wait=0'));
    await service.stop();
    expect(healthchecks.signals()).toEqual(['start', 'log']);
    expect(healthchecks.heard[1]).toMatchObject({ runId });
  });

  test('of which a run has lost its lease hears no failure: another run does the work', async () => {
    const healthchecks = await startHealthchecks();
    const task = testTask({
      run: async ({ db }) => {
        await service.db.rows(sql`update cronhook.task_leases set run_id = gen_random_uuid()`);
        await db.write(async () => {});
        return {};
      },
    });
    const service = await startTestService({ tasks: [task], env: healthchecks.env });
    expect(await read(service.call('/test/probe'))).toMatchObject({ status: 'failed' });
    await expect.poll(healthchecks.signals, WAIT).toEqual(['start', 'log']);
  });

  test('that misbehaves fails no run', async () => {
    const healthchecks = await startHealthchecks();
    const service = await startTestService({
      tasks: [testTask({ run: async () => ({ done: 1 }) })],
      env: healthchecks.env,
    });
    const faults = ['reset', 'cut', { status: 500, body: '<html>' }, { status: 200, body: '\0{"' }] as const;
    for (const fault of faults) {
      healthchecks.recover();
      healthchecks.fail(/./, fault);
      expect(await read(service.call('/test/probe'))).toMatchObject({ status: 'succeeded', errors: [] });
    }
    healthchecks.recover();
  });

  test('that never answers delays no run: the run has answered before its ping is given up', async () => {
    let asked = 0;
    let givenUp = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.on('close', () => {
        givenUp += 1;
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const service = await startTestService({
      tasks: [testTask({ run: () => waitFor(() => asked > 0).then(() => ({})) })],
      env: {
        HEALTHCHECKS_PING_KEY: PING_KEY,
        HEALTHCHECKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      },
    });
    expect(await read(service.call('/test/probe'))).toMatchObject({ status: 'succeeded' });
    expect([asked, givenUp]).toEqual([1, 0]);
    await service.stop();
    expect(service.log()).toMatch(/given up at the end of the process|could not be told/);
  });

  test('never has its key in a log line, whatever it answers', async () => {
    const healthchecks = await startHealthchecks();
    healthchecks.fail(/./, { status: 404, body: `no project ${PING_KEY}` });
    const service = await startTestService({
      tasks: [testTask({ run: async () => ({}) })],
      env: { ...healthchecks.env, LOG_LEVEL: 'trace' },
    });
    await service.call('/test/probe');
    await expect.poll(service.log, WAIT).toMatch(/"signal":"success".*HTTP 404/);
    expect(service.log()).not.toContain(PING_KEY);
  });

  test('hears of a run from the command line before the command ends', async () => {
    const healthchecks = await startHealthchecks();
    const service = await startTestService();
    const [code, output] = await runProgram(['run', 'overdue-reminders', '--json'], {
      ...healthchecks.env,
      DATABASE_URL: service.databaseUrl,
    });
    expect([code, output]).toEqual([0, expect.stringContaining('"status": "succeeded"')]);
    expect(healthchecks.heard.map(({ slug, signal }) => `${slug} ${signal}`)).toEqual([
      'overdue-reminders start',
      'overdue-reminders success',
    ]);
  });
});

const waitFor = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), WAIT);
