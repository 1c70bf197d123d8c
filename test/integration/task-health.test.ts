import { createHmac } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import type { AnyTask } from '../../src/tasks/define.js';
import { onSharedDatabase, SECRET, startTestService, type TestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const startService = onSharedDatabase();

interface Health {
  success: boolean;
  message: string;
  error?: string;
  tasks: {
    task: string;
    state: string;
    since: string | null;
    expectedBy: string | null;
    lastRunAt: string | null;
    message: string | null;
  }[];
}

const taskAt = (schedule: string, name = 'probe', options: Partial<AnyTask> = {}): AnyTask => ({
  ...testTask({ name, run: async () => ({}) }),
  schedule,
  ...options,
});

/** A service whose clock the test turns. */
async function serviceAt(moment: string, ...tasks: AnyTask[]) {
  const clock = { now: new Date(moment) };
  const service = await startService({ tasks, now: () => clock.now });
  const at = (later: string) => {
    clock.now = new Date(later);
  };
  return { service, at };
}

async function health(service: TestService) {
  const response = await service.call('/tasks/health');
  return { status: response.status, body: (await response.json()) as Health };
}

const stateOf = async (service: TestService) => (await health(service)).body.tasks[0];

interface PastRun {
  task?: string;
  status?: string;
  started: string;
  /** Null for one that still runs. */
  finished?: string | null;
  message?: string;
  dryRun?: boolean;
}

async function ran(service: TestService, run: PastRun): Promise<void> {
  const { task = 'probe', status = 'succeeded', started, finished = started, message, dryRun = false } = run;
  await service.db.rows(sql`
    insert into cronhook.task_runs (id, task, status, trigger, host, dry_run, started_at, finished_at, message)
    values (${uuidv7()}, ${task}, ${status}, 'http', 'h', ${dryRun}, ${started}::timestamptz,
      ${finished}::timestamptz, ${message ?? `${status}!`})`);
}

const setting = (service: TestService, key: string, value: string, changed: string) =>
  service.db.rows(sql`
    insert into cronhook.settings (key, value, updated_at) values (${key}, ${value}, ${changed}::timestamptz)
    on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`);

describe('whether tasks run on time', () => {
  test('answers 200 while every task has run on time', async () => {
    const { service, at } = await serviceAt('2026-11-21T14:30:03Z', taskAt('*/5 * * * *'));
    await service.call('/test/probe');
    at('2026-11-21T14:35:30Z');
    const { status, body } = await health(service);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: 'Toutes les tâches tournent à l’heure et sans erreur',
      timestamp: '2026-11-21T14:35:30.000Z',
      tasks: [
        {
          task: 'probe',
          state: 'ok',
          since: null,
          expectedBy: '2026-11-21T14:37:00.000Z',
          lastRunAt: '2026-11-21T14:30:03.000Z',
          message: null,
        },
      ],
    });
  });

  test('a task that is not called any more is late a minute after its time limit, and makes it 503 with its name', async () => {
    const { service, at } = await serviceAt(
      '2026-11-21T14:30:03Z',
      taskAt('*/5 * * * *'),
      taskAt('0 8 * * *', 'other'),
    );
    await service.call('/test/probe');
    at('2026-11-21T14:37:00Z');
    expect((await health(service)).status).toBe(200);
    at('2026-11-21T14:37:01Z');
    const { status, body } = await health(service);
    expect(status).toBe(503);
    expect(body).toMatchObject({ success: false, error: 'task_failed', message: 'En retard : probe' });
    expect(body.tasks[0]).toMatchObject({ state: 'late', since: '2026-11-21T14:37:00.000Z' });
    expect(body.tasks[1]).toMatchObject({ state: 'never', expectedBy: null });
    at('2026-11-21T15:01:00Z');
    await service.call('/test/probe');
    expect((await health(service)).status).toBe(200);
  });

  test('a task that never ran does not count until its first run, and a dry run is none', async () => {
    const { service, at } = await serviceAt('2026-11-21T14:30:00Z', taskAt('*/5 * * * *'));
    await service.call('/test/probe?dryRun=true');
    at('2026-11-23T14:30:00Z');
    const { status, body } = await health(service);
    expect([status, body.tasks[0]?.state]).toEqual([200, 'never']);
  });

  test('a dry run keeps no task on time', async () => {
    const { service, at } = await serviceAt('2026-11-21T14:30:00Z', taskAt('*/5 * * * *'));
    await service.call('/test/probe');
    at('2026-11-21T14:50:00Z');
    await service.call('/test/probe?dryRun=true');
    expect((await stateOf(service))?.state).toBe('late');
  });

  test('a disabled task never counts, answers skipped when called, and counts from when it is turned on', async () => {
    const { service, at } = await serviceAt('2026-11-21T14:30:00Z', taskAt('*/5 * * * *'));
    await ran(service, { started: '2026-11-01T00:00:00Z', status: 'failed' });
    await setting(service, 'task.probe.enabled', 'FALSE', '2026-11-01T00:00:00Z');
    expect(await health(service)).toMatchObject({
      status: 200,
      body: { tasks: [{ state: 'disabled', since: null }] },
    });
    expect(await (await service.call('/test/probe')).json()).toMatchObject({
      success: true,
      status: 'skipped',
    });
    await service.db.rows(sql`delete from cronhook.task_runs where status = 'skipped'`);
    await setting(service, 'task.probe.enabled', 'true', '2026-11-21T14:29:00Z');
    await ran(service, { started: '2026-11-01T01:00:00Z' });
    expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: '2026-11-21T14:32:00.000Z' });
    at('2026-11-21T14:32:01Z');
    expect((await stateOf(service))?.state).toBe('late');
  });

  test('a task that lacks configuration does not count', async () => {
    const { service } = await serviceAt(
      '2026-11-21T14:30:00Z',
      testTask({ needs: ['db', 'vault'], run: async () => ({}) }),
    );
    service.config.ENCRYPTION_KEY = undefined;
    await ran(service, { started: '2026-11-01T00:00:00Z', status: 'failed' });
    expect(await health(service)).toMatchObject({
      status: 200,
      body: { tasks: [{ state: 'not_configured', expectedBy: null }] },
    });
  });

  test('the schedule of the settings holds, from when it was set', async () => {
    const { service, at } = await serviceAt('2026-11-21T14:30:00Z', taskAt('0 3 * * *'));
    await ran(service, { started: '2026-11-21T02:00:01Z' });
    expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: '2026-11-22T02:02:00.000Z' });
    await setting(service, 'task.probe.schedule', '*/10 * * * *', '2026-11-21T14:25:00Z');
    expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: '2026-11-21T14:32:00.000Z' });
    at('2026-11-21T14:33:00Z');
    expect((await stateOf(service))?.state).toBe('late');
  });

  test('a task that goes back to its own schedule is expected by it from then on, not from before', async () => {
    const { service, at } = await serviceAt('2026-11-21T14:31:00Z', taskAt('*/5 * * * *'));
    const put = (schedule: string | null) =>
      service.call('/settings', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ 'task.probe.schedule': schedule }),
      });
    expect((await put('0 3 * * *')).status).toBe(200);
    await ran(service, { started: '2026-11-21T02:00:01Z' });
    at('2026-11-21T20:01:00Z');
    expect((await put(null)).status).toBe(200);
    expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: '2026-11-21T20:07:00.000Z' });
    // Said again, it puts nothing off.
    at('2026-11-21T20:06:30Z');
    await put(null);
    at('2026-11-21T20:07:01Z');
    expect((await stateOf(service))?.state).toBe('late');
  });

  test('a run of now is on time within its limit, and late a minute after it', async () => {
    const { service, at } = await serviceAt(
      '2026-11-21T14:31:30Z',
      taskAt('* * * * *', 'probe', { timeoutMs: 600_000 }),
    );
    await ran(service, { status: 'running', started: '2026-11-21T14:30:00Z', finished: null });
    for (const moment of ['2026-11-21T14:31:30Z', '2026-11-21T14:41:00Z']) {
      at(moment);
      expect((await stateOf(service))?.state).toBe('ok');
    }
    at('2026-11-21T14:41:01Z');
    expect(await stateOf(service)).toMatchObject({ state: 'late', since: '2026-11-21T14:41:00.000Z' });
  });

  test('calls that a long run turned away are not missed', async () => {
    const { service } = await serviceAt('2026-11-21T15:05:00Z', taskAt('0,2 * * * *'));
    await ran(service, { started: '2026-11-21T14:00:01Z', finished: '2026-11-21T14:02:30Z' });
    expect(await stateOf(service)).toMatchObject({ expectedBy: '2026-11-21T15:02:00.000Z' });
  });

  test.each([
    ['*/5 * * * *', '14:29:50', '14:37:00'],
    ['*/5 * * * *', '14:28:00', '14:37:00'],
    ['*/5 * * * *', '14:27:59', '14:32:00'],
    ['30 * * * *', '14:28:05', '15:32:00'],
    ['* * * * *', '14:29:31', '14:33:00'],
    ['* * * * *', '14:29:29', '14:32:00'],
    ['28,30 * * * *', '14:28:50', '14:32:00'],
  ])(
    'a run of %s that began at %s is followed by one until %s: schedulers may be two minutes early, and not half their interval',
    async (schedule, started, expected) => {
      const { service } = await serviceAt('2026-11-21T14:30:30Z', taskAt(schedule));
      await ran(service, { started: `2026-11-21T${started}Z` });
      expect((await stateOf(service))?.expectedBy).toBe(`2026-11-21T${expected}.000Z`);
    },
  );

  test('a run that was interrupted is not the one that was expected, unless it is called again', async () => {
    const { service, at } = await serviceAt('2026-11-21T02:02:00Z', taskAt('0 3 * * *'));
    await ran(service, { started: '2026-11-20T02:00:01Z' });
    await ran(service, { status: 'interrupted', started: '2026-11-21T02:00:01Z' });
    expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: '2026-11-21T02:02:00.000Z' });
    at('2026-11-21T02:02:01Z');
    expect(await stateOf(service)).toMatchObject({ state: 'late', since: '2026-11-21T02:02:00.000Z' });
    await service.call('/test/probe');
    expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: '2026-11-22T02:02:00.000Z' });
  });

  test('a very first run that was interrupted has not been made up for by a second that was', async () => {
    const { service } = await serviceAt('2026-11-21T14:32:01Z', taskAt('*/5 * * * *'));
    await ran(service, { status: 'interrupted', started: '2026-11-21T14:30:00Z' });
    expect(await stateOf(service)).toMatchObject({ state: 'late', since: '2026-11-21T14:32:00.000Z' });
    await ran(service, { status: 'interrupted', started: '2026-11-21T14:32:00Z' });
    expect((await stateOf(service))?.state).toBe('late');
  });

  test('what was interrupted is not late when the next call goes on with it in time, and is when that is interrupted too', async () => {
    const tasks = [taskAt('*/5 * * * *', 'probe', { timeoutMs: 240_000 })];
    const { service, at } = await serviceAt('2026-11-21T14:36:00Z', ...tasks);
    await ran(service, { started: '2026-11-21T14:25:00Z' });
    await ran(service, { status: 'interrupted', started: '2026-11-21T14:30:00Z' });
    expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: '2026-11-21T14:40:00.000Z' });
    await ran(service, { status: 'interrupted', started: '2026-11-21T14:35:00Z' });
    at('2026-11-21T14:37:00Z');
    expect(await stateOf(service)).toMatchObject({
      state: 'late',
      since: '2026-11-21T14:35:00.000Z',
      lastRunAt: '2026-11-21T14:35:00.000Z',
    });
  });

  test('a run by hand that was interrupted makes no task late', async () => {
    const { service } = await serviceAt('2026-11-21T18:00:00Z', taskAt('0 3 * * *'));
    await ran(service, { started: '2026-11-21T02:00:01Z' });
    await ran(service, { status: 'interrupted', started: '2026-11-21T15:00:00Z' });
    expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: '2026-11-22T02:02:00.000Z' });
  });

  test.each([
    // Clocks go from 02:00 to 03:00: some schedulers leave 02:30 out.
    ['2026-03-28T01:30:02Z', '2026-03-30T00:32:00.000Z'],
    ['2026-03-29T01:00:02Z', '2026-03-30T00:32:00.000Z'],
    // They go back from 03:00 to 02:00: some schedulers call the first 02:30, some the second.
    ['2026-10-24T00:30:02Z', '2026-10-25T01:32:00.000Z'],
    ['2026-10-25T00:30:02Z', '2026-10-26T01:32:00.000Z'],
    ['2026-10-25T01:30:02Z', '2026-10-26T01:32:00.000Z'],
  ])(
    'a daily run at 02:30 in Paris that last came at %s is late from %s on, the clocks’ changes considered',
    async (last, late) => {
      const { service, at } = await serviceAt(late, taskAt('30 2 * * *'));
      await ran(service, { started: last });
      expect(await stateOf(service)).toMatchObject({ state: 'ok', expectedBy: late });
      at(new Date(Date.parse(late) + 1).toISOString());
      expect(await stateOf(service)).toMatchObject({ state: 'late', since: late });
    },
  );
});

describe('whether tasks run well', () => {
  const NOW = '2026-11-21T14:31:00Z';
  const minute = (minutes: number) => `2026-11-21T14:${String(minutes).padStart(2, '0')}:00Z`;

  test.each([
    [['succeeded'], 'ok'],
    [['failed'], 'failing'],
    [['lost'], 'failing'],
    [['failed', 'succeeded'], 'ok'],
    [['succeeded', 'partial'], 'ok'],
    [['partial'], 'ok'],
    [['partial', 'partial'], 'failing'],
    [['failed', 'partial'], 'ok'],
    [['partial', 'skipped', 'interrupted', 'partial'], 'failing'],
    [['failed', 'skipped', 'skipped', 'skipped'], 'failing'],
    [['failed', 'interrupted'], 'failing'],
    [['interrupted'], 'ok'],
    [['skipped', 'skipped'], 'ok'],
  ])('after runs that were %j a task is %s', async (statuses, state) => {
    const { service } = await serviceAt(NOW, taskAt('*/5 * * * *'));
    for (const [index, status] of statuses.entries())
      await ran(service, { status, started: minute(30 - statuses.length + index + 1) });
    expect((await stateOf(service))?.state).toBe(state);
  });

  test('says since when a task fails and what its last run said', async () => {
    const { service } = await serviceAt(NOW, taskAt('*/5 * * * *'));
    await ran(service, { status: 'failed', started: minute(1), message: 'an older one' });
    await ran(service, { started: minute(5) });
    await ran(service, { status: 'failed', started: minute(10), message: 'the disk is full' });
    await ran(service, { status: 'partial', started: minute(15) });
    await ran(service, { status: 'failed', started: minute(20), message: 'no space left' });
    await ran(service, { status: 'failed', started: minute(25), dryRun: true, message: 'dry' });
    await ran(service, { status: 'skipped', started: minute(30), message: 'not now' });
    const { status, body } = await health(service);
    expect(status).toBe(503);
    expect(body.message).toBe('En échec : probe');
    expect(body.tasks[0]).toMatchObject({
      state: 'failing',
      since: '2026-11-21T14:10:00.000Z',
      lastRunAt: '2026-11-21T14:30:00.000Z',
      message: 'no space left',
    });
  });

  test('a task that failed and then was not called is late, with what it said', async () => {
    const { service } = await serviceAt(NOW, taskAt('*/5 * * * *'), taskAt('*/5 * * * *', 'other'));
    await ran(service, { status: 'failed', started: minute(1), message: 'the disk is full' });
    await ran(service, { status: 'failed', started: minute(30), task: 'other' });
    const { body } = await health(service);
    expect(body.message).toBe('En retard : probe. En échec : other');
    expect(body.tasks[0]).toMatchObject({ state: 'late', message: 'the disk is full' });
  });

  test('a run of now keeps a task failing until it has ended well', async () => {
    const { service } = await serviceAt(NOW, taskAt('*/5 * * * *'));
    await ran(service, { status: 'failed', started: minute(25) });
    await ran(service, { status: 'running', started: minute(30), finished: null });
    expect((await stateOf(service))?.state).toBe('failing');
  });
});

describe('the answer', () => {
  test('opens with the read key, to GET and to HEAD, and with nothing less', async () => {
    const { service, at } = await serviceAt('2026-11-21T14:30:00Z', taskAt('*/5 * * * *'));
    await service.call('/test/probe');
    const key = (name: string) => createHmac('sha256', SECRET).update(name).digest('hex');
    const status = async (method: string, secret: string) =>
      (await service.fetch('/tasks/health', { method, headers: { 'x-cron-secret': secret } })).status;
    expect(await status('GET', key('read'))).toBe(200);
    expect(await status('HEAD', key('read'))).toBe(200);
    expect(await status('GET', key('probe'))).toBe(403);
    expect(await status('HEAD', 'wrong')).toBe(403);
    expect((await service.fetch('/tasks/health')).status).toBe(403);
    expect(await status('POST', key('read'))).toBe(405);
    at('2026-11-21T15:30:00Z');
    expect(await status('HEAD', key('read'))).toBe(503);
  });

  test('stays below 8 KB and names every troubled task, however much they have to say', async () => {
    const tasks = Array.from({ length: 40 }, (_, index) =>
      taskAt('*/5 * * * *', `a-task-of-a-long-name-${index}`),
    );
    const { service } = await serviceAt('2026-11-21T14:31:00Z', ...tasks);
    for (const [index, { name }] of tasks.entries())
      await ran(service, {
        task: name,
        status: index < 30 ? 'failed' : 'succeeded',
        started: '2026-11-21T14:30:00Z',
        message: '« échec » \n"'.repeat(50),
      });
    const response = await service.call('/tasks/health');
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8 * 1024);
    const body = JSON.parse(text) as Health;
    for (const { name } of tasks.slice(0, 30)) {
      expect(body.message).toContain(name);
      expect(body.tasks.find(({ task }) => task === name)?.state).toBe('failing');
    }
  });

  test('is 503 database_unavailable while the database is away', async () => {
    const service = await startTestService({ databaseUrl: 'postgres://u:p@127.0.0.1:1/db', migrated: false });
    const { status, body } = await health(service);
    expect([status, body.error]).toEqual([503, 'database_unavailable']);
  });

  test('the catalogue shows how each task fares', async () => {
    const { service } = await serviceAt('2026-11-21T14:50:00Z', taskAt('*/5 * * * *'));
    await ran(service, { started: '2026-11-21T14:30:01Z' });
    const entry = await (await service.call('/tasks/probe')).json();
    expect(entry).toMatchObject({
      health: { state: 'late', since: '2026-11-21T14:37:00.000Z', expectedBy: '2026-11-21T14:37:00.000Z' },
      lastRun: { unusual: null },
    });
  });
});
