import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { read, startTestService, type TestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

/** A task that waits until the test lets it go, or until it is told to stop. */
function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let starts = 0;
  const task = testTask({
    run: async ({ signal }) => {
      starts += 1;
      await Promise.race([
        opened,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ]);
      return { waited: true };
    },
  });
  return { task, open, starts: () => starts };
}

const rowsOfRuns = (service: TestService) =>
  service.db.rows<{
    id: string;
    status: string;
    message: string | null;
    finished_at: string | null;
    dry_run: boolean;
  }>(sql`select id, status, message, finished_at, dry_run from cronhook.task_runs order by started_at, id`);

/** Somebody has a transaction open and has said nothing for ten seconds. */
async function silence(service: TestService): Promise<void> {
  const silent = async () => {
    const [row] = await service.db.rows<{ silent: boolean }>(sql`
      select state_change < clock_timestamp() - interval '10 seconds' as silent from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'
    `);
    return row?.silent;
  };
  await expect.poll(silent, { timeout: 60_000, interval: 500 }).toBe(true);
}

const expireLease = (service: TestService) =>
  service.db.rows(sql`update cronhook.task_leases set expires_at = clock_timestamp() - interval '1 second'`);

describe('a run', () => {
  test('is the only one of its task when twenty schedulers call at once', async () => {
    const { task, open, starts } = gate();
    const one = await startTestService({ tasks: [task] });
    const two = await startTestService({ tasks: [task], databaseUrl: one.databaseUrl });
    let answered = 0;
    const calls = Array.from({ length: 20 }, async (_, index) => {
      const answer = await read((index % 2 ? one : two).call('/test/probe'));
      answered += 1;
      return answer;
    });
    const settled = Promise.all(calls);
    // Nineteen answer at once; then the twentieth may end.
    await vi.waitFor(() => expect(answered).toBe(19), { timeout: 20_000 });
    open();
    const answers = await settled;
    expect(starts()).toBe(1);
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 'succeeded')).toHaveLength(1);
    expect(statuses.filter((status) => status === 'skipped')).toHaveLength(19);
    const [run] = await rowsOfRuns(one);
    for (const answer of answers) expect(answer.runId).toBe(run?.id);
    expect(await rowsOfRuns(one)).toHaveLength(1);
  });

  test('turned away by an overlap says whose run is on and for how long', async () => {
    const { task, open } = gate();
    const service = await startTestService({ tasks: [task] });
    const first = await read(service.call('/test/probe?wait=0'));
    expect(first.status).toBe('running');
    await sleep(50);
    const second = await read(service.call('/test/probe'));
    expect(second).toMatchObject({ success: true, status: 'skipped', runId: first.runId });
    expect(second.stats.runningForMs).toBeGreaterThanOrEqual(50);
    open();
  });

  test('leaves a row with its outcome, statistics, errors and log', async () => {
    const task = testTask({
      run: async ({ log, fail, progress }) => {
        log.info({ step: 1 }, 'first step');
        progress({ done: 1 });
        fail('one@example.com', new Error('internal detail'));
        return { done: 1 };
      },
    });
    const service = await startTestService({ tasks: [task] });
    const answer = await read(service.call('/test/probe'));
    expect(answer).toMatchObject({ status: 'partial', success: true, stats: { done: 1, failed: 1 } });
    expect(JSON.stringify(answer)).not.toContain('internal detail');
    const run = await read(service.call(`/runs/${answer.runId}`));
    expect(run).toMatchObject({ status: 'partial', stats: { done: 1, failed: 1 }, progress: { done: 1 } });
    expect(run.errors).toEqual([{ item: 'one@example.com', message: expect.any(String) }]);
    expect(run.log[0]).toMatchObject({ level: 'info', message: 'first step', step: 1 });
  });

  test('costs two statements beyond its own work', async () => {
    const service = await startTestService({ tasks: [testTask({ run: async () => ({}) })] });
    const statements: string[] = [];
    const driver = (
      service.db.query as unknown as { $client: { unsafe(text: string, ...rest: unknown[]): unknown } }
    ).$client;
    const send = driver.unsafe.bind(driver);
    driver.unsafe = (text, ...rest) => {
      statements.push(text);
      return send(text, ...rest);
    };
    await service.call('/test/probe');
    expect(statements).toHaveLength(2);
  });

  test('that its holder no longer renews is taken over and recorded as lost', async () => {
    const { task } = gate();
    const dead = await startTestService({ tasks: [task] });
    const first = await read(dead.call('/test/probe?wait=0'));
    await expireLease(dead);
    const replica = await startTestService({
      tasks: [testTask({ run: async () => ({ over: true }) })],
      databaseUrl: dead.databaseUrl,
    });
    const second = await read(replica.call('/test/probe'));
    expect(second).toMatchObject({ status: 'succeeded', stats: { over: true } });
    const runs = await rowsOfRuns(replica);
    expect(runs.map(({ id, status }) => ({ id, status }))).toEqual([
      { id: first.runId, status: 'lost' },
      { id: second.runId, status: 'succeeded' },
    ]);
    expect(runs[0]?.finished_at).not.toBeNull();
  });

  test('whose lease has not run out is not taken over', async () => {
    const { task, open, starts } = gate();
    const service = await startTestService({ tasks: [task] });
    await service.call('/test/probe?wait=0');
    await service.db.rows(
      sql`update cronhook.task_leases set expires_at = clock_timestamp() + interval '1 second'`,
    );
    expect((await read(service.call('/test/probe'))).status).toBe('skipped');
    expect(starts()).toBe(1);
    open();
  });

  test('renews its lease while it works', async () => {
    const { task, open } = gate();
    const service = await startTestService({ tasks: [task] });
    await service.call('/test/probe?wait=0');
    await service.db.rows(
      sql`update cronhook.task_leases set expires_at = clock_timestamp() + interval '20 seconds'`,
    );
    await sleep(6_000);
    const [lease] = await service.db.rows<{ left: number }>(
      sql`select extract(epoch from expires_at - clock_timestamp())::float as left from cronhook.task_leases`,
    );
    expect(lease?.left).toBeGreaterThan(55);
    open();
  });

  test('that has lost its lease stops before its next write', async () => {
    let written = 0;
    const steps: string[] = [];
    const task = testTask({
      run: async ({ db }) => {
        await db.write(async (tx) => {
          written += 1;
          await tx.execute(sql`insert into cronhook.settings (key, value) values ('step.1', 'done')`);
        });
        await service.db.rows(sql`update cronhook.task_leases set run_id = gen_random_uuid()`);
        steps.push('lost');
        await db.write(async (tx) => {
          written += 1;
          await tx.execute(sql`insert into cronhook.settings (key, value) values ('step.2', 'done')`);
        });
        return {};
      },
    });
    const service = await startTestService({ tasks: [task] });
    const response = await service.call('/test/probe');
    expect(response.status).toBe(500);
    expect((await read(response)).message).toContain('bail');
    expect({ written, steps }).toEqual({ written: 1, steps: ['lost'] });
    const settings = await service.db.rows(sql`select key from cronhook.settings where key like 'step.%'`);
    expect(settings).toEqual([{ key: 'step.1' }]);
  });

  test('cannot be taken over while one of its writes is committing', async () => {
    const order: string[] = [];
    const task = testTask({
      run: async ({ db }) => {
        await db.write(async (tx) => {
          // It waits for the lease that this write holds.
          expireLease(service).catch(() => {});
          await tx.execute(sql`select pg_sleep(0.5)`);
          order.push('written');
        });
        return {};
      },
    });
    const service = await startTestService({ tasks: [task] });
    const replica = await startTestService({
      tasks: [
        testTask({
          run: async () => {
            order.push('taken over');
            return {};
          },
        }),
      ],
      databaseUrl: service.databaseUrl,
    });
    const first = service.call('/test/probe');
    await sleep(200);
    await replica.call('/test/probe');
    await first;
    expect(order[0]).toBe('written');
  });

  test('is taken over though its process froze in the middle of a write, whose session alone is cut off', async () => {
    const service = await startTestService({ tasks: [testTask({ run: async () => ({ ok: true }) })] });
    const { runId } = await read(service.call('/test/probe'));
    await service.db.rows(
      sql`update cronhook.task_leases set expires_at = clock_timestamp() + interval '1 minute'`,
    );
    const client = postgres(service.databaseUrl, { max: 1, onnotice: () => {} });
    onTestFinished(() => client.end({ timeout: 1 }));
    const frozen = await client.reserve();
    await frozen`begin`;
    // As `holdLease` opens a write.
    const opened = await frozen`
      select set_config('application_name', 'cronhook write ' || task, true) from cronhook.task_leases
      where run_id = ${runId}::uuid for key share
    `;
    expect(opened).toHaveLength(1);
    await service.db.rows(
      sql`update cronhook.task_leases set expires_at = clock_timestamp() - interval '1 second'`,
    );
    await silence(service);
    expect((await read(service.call('/test/probe'))).status).toBe('succeeded');
    expect(service.log()).toContain('cut off a frozen process');
  }, 240_000);

  test('waits for sessions of other programs, and cuts off none of them', async () => {
    const service = await startTestService({ tasks: [testTask({ run: async () => ({ ok: true }) })] });
    await read(service.call('/test/probe'));
    const psql = postgres(service.databaseUrl, { max: 1, onnotice: () => {} });
    onTestFinished(() => psql.end({ timeout: 1 }));
    const session = await psql.reserve();
    await session`begin`;
    await session`lock table cronhook.task_leases, cronhook.task_runs, cronhook.incidents`;
    await silence(service);
    expect((await service.call('/test/probe')).status).toBe(503);
    await session`commit`;
    session.release();
    expect(service.log()).not.toContain('cut off');
  }, 240_000);

  test('answers overlapping calls at once and keeps its lease while it writes for a long time', async () => {
    const task = testTask({
      run: async ({ db }) => {
        await db.write((tx) => tx.execute(sql`select pg_sleep(7)`));
        return {};
      },
    });
    const service = await startTestService({ tasks: [task] });
    const first = service.call('/test/probe');
    await sleep(300);
    await service.db.rows(sql`select 1`);
    const asked = performance.now();
    expect((await read(service.call('/test/probe'))).status).toBe('skipped');
    expect(performance.now() - asked).toBeLessThan(1_000);
    await sleep(5_700);
    const [lease] = await service.db.rows<{ left: number }>(
      sql`select extract(epoch from expires_at - clock_timestamp())::float as left from cronhook.task_leases`,
    );
    expect(lease?.left).toBeGreaterThan(62);
    expect((await read(first)).status).toBe('succeeded');
  });

  test('that lost its lease without noticing does not claim to have succeeded', async () => {
    const task = testTask({
      run: async ({ signal }) => {
        await service.db.rows(sql`update cronhook.task_leases set run_id = gen_random_uuid()`);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return {};
      },
    });
    const service = await startTestService({ tasks: [task] });
    const response = await service.call('/test/probe');
    expect(response.status).toBe(500);
    expect((await read(response)).message).toContain('bail');
  });

  test('past its time limit ends as failed, even when the task does not listen', async () => {
    const deaf = testTask({ name: 'deaf', timeoutMs: 200, run: () => new Promise(() => {}) });
    const service = await startTestService({ tasks: [deaf] });
    const response = await service.call('/test/deaf');
    expect(response.status).toBe(500);
    expect(await read(response)).toMatchObject({ success: false, status: 'failed', error: 'task_failed' });
    expect((await rowsOfRuns(service))[0]?.status).toBe('failed');
    const [lease] = await service.db.rows<{ free: boolean }>(
      sql`select expires_at < clock_timestamp() as free from cronhook.task_leases`,
    );
    expect(lease?.free).toBe(true);
  });

  test('goes on when its caller hangs up', async () => {
    const { task, open } = gate();
    const service = await startTestService({ tasks: [task] });
    const caller = new AbortController();
    const call = service.call('/test/probe', { signal: caller.signal }).catch(() => 'gone');
    await sleep(300);
    caller.abort();
    expect(await call).toBe('gone');
    open();
    await expect.poll(async () => (await rowsOfRuns(service))[0]?.status).toBe('succeeded');
  });

  test('is interrupted at the end of the shutdown grace, and new ones are refused meanwhile', async () => {
    const { task } = gate();
    const service = await startTestService({ tasks: [task] });
    const first = service.call('/test/probe');
    await sleep(200);
    const drained = service.context.runner.drain(600);
    const refused = await service.call('/test/probe');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBeTruthy();
    expect((await read(refused)).error).toBe('shutting_down');
    const interrupted = await first;
    expect(interrupted.status).toBe(503);
    expect(interrupted.headers.get('retry-after')).toBeTruthy();
    expect(await read(interrupted)).toMatchObject({ success: false, status: 'interrupted' });
    await drained;
    expect((await rowsOfRuns(service))[0]?.status).toBe('interrupted');
  });

  test('finishes within the shutdown grace when it can', async () => {
    const { task, open } = gate();
    const service = await startTestService({ tasks: [task] });
    const call = service.call('/test/probe');
    await sleep(200);
    const drained = service.context.runner.drain(5_000);
    open();
    expect((await read(call)).status).toBe('succeeded');
    await drained;
  });

  test('of a disabled task is skipped, forced or not, and leaves a row', async () => {
    const { task, starts } = gate();
    const service = await startTestService({ tasks: [task] });
    await service.db.rows(
      sql`insert into cronhook.settings (key, value) values ('task.probe.enabled', 'false')`,
    );
    for (const path of ['/test/probe', '/test/probe?force=true']) {
      const answer = await read(service.call(path));
      expect(answer).toMatchObject({ success: true, status: 'skipped' });
      expect(answer.message).toContain('task.probe.enabled');
    }
    expect(starts()).toBe(0);
    expect((await rowsOfRuns(service)).map(({ status }) => status)).toEqual(['skipped', 'skipped']);
  });

  test('that is dry cannot write', async () => {
    const task = testTask({
      run: async ({ db, dryRun, would }) => {
        would('thing', { action: 'change' });
        if (!dryRun) await db.write((tx) => tx.execute(sql`select 1`));
        else await db.write(async () => 'unreachable');
        return {};
      },
    });
    const service = await startTestService({ tasks: [task] });
    expect((await service.call('/test/probe')).status).toBe(200);
    const dry = await service.call('/test/probe?dryRun=true');
    expect(dry.status).toBe(500);
    expect((await read(dry)).details).toEqual([{ item: 'thing', action: 'change' }]);
    expect((await rowsOfRuns(service)).map((run) => run.dry_run)).toEqual([false, true]);
  });

  test('with a NUL or half a character in a message is recorded all the same', async () => {
    const task = testTask({
      run: async ({ log, fail }) => {
        log.warn({ odd: 'a\0b\ud800' }, 'odd \0 text');
        fail('item \0 \udfff', new Error('x'));
        return { text: 'back\\u0000slash' };
      },
    });
    const service = await startTestService({ tasks: [task] });
    const answer = await read(service.call('/test/probe'));
    expect(answer.status).toBe('partial');
    const run = await read(service.call(`/runs/${answer.runId}`));
    expect(run.stats.text).toBe('back\\u0000slash');
  });
});
