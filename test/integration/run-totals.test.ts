import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { claim, finish } from '../../src/db/leases.js';
import { DURATION_BOUNDS, readRunTotals } from '../../src/db/run-totals.js';
import { AppError } from '../../src/errors.js';
import { onSharedDatabase, type TestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const startShared = onSharedDatabase();

async function startService(options: Parameters<typeof startShared>[0] = {}) {
  const service = await startShared(options);
  await service.db.rows(sql`truncate cronhook.task_run_totals`);
  return service;
}

const claimed = async ({ db }: TestService, task: string, startedAt = new Date(), dryRun = false) => {
  const id = uuidv7();
  await claim(db, { id, task, trigger: 'http', host: 'h', dryRun, startedAt }, 'lost');
  return id;
};

const finished = (
  { db }: TestService,
  task: string,
  id: string,
  durationMs: number,
  { status = 'succeeded', aside = false } = {},
) =>
  finish(db, {
    ...{ id, task, status, durationMs, finishedAt: new Date(), message: 'done' },
    ...{ aside, progress: undefined, stats: {}, errors: [], details: undefined, log: [] },
  });

const expireLease = ({ db }: TestService, task: string) =>
  db.rows(sql`update cronhook.task_leases set expires_at = '-infinity' where task = ${task}`);

describe('the totals of runs', () => {
  test('count every run that ends, by task and status, and no dry run', async () => {
    let fails = false;
    const run = async () => {
      if (fails) throw new AppError('task_failed', () => 'no');
      return {};
    };
    const tasks = [testTask({ run }), testTask({ name: 'other', run })];
    const service = await startService({ tasks });
    await service.call('/test/probe');
    await service.call('/test/probe');
    await service.call('/test/probe?dryRun=true');
    await service.call('/test/other');
    fails = true;
    await service.call('/test/probe');
    const totals = await readRunTotals(service.db, ['probe', 'other']);
    const count = (task: string, status: string) =>
      totals
        .filter((row) => row.task === task && row.status === status)
        .reduce((sum, { runs }) => sum + runs, 0);
    expect([count('probe', 'succeeded'), count('probe', 'failed'), count('other', 'succeeded')]).toEqual([
      2, 1, 1,
    ]);
    expect(await readRunTotals(service.db, ['other'])).toHaveLength(1);
    expect(await readRunTotals(service.db, [])).toEqual([]);
  });

  test('count a run under the least bound that its duration keeps to', async () => {
    const service = await startService();
    const durations = [0, 100, 101, 500, 3_599_999, 3_600_000, 3_600_001, Number.MAX_SAFE_INTEGER];
    for (const durationMs of durations)
      await finished(service, 'probe', await claimed(service, 'probe'), durationMs);
    const totals = await readRunTotals(service.db, ['probe']);
    expect(totals.map(({ le, runs, durationMs }) => [le, runs, durationMs])).toEqual([
      [0.1, 2, 100],
      [0.5, 2, 601],
      [3600, 2, 7_199_999],
      [Number.POSITIVE_INFINITY, 2, 3_600_001 + 2_147_483_647],
    ]);
    expect(totals.every(({ le }) => (DURATION_BOUNDS as readonly number[]).includes(le))).toBe(true);
  });

  test('count a run that was taken over as lost, once, whatever it says afterwards', async () => {
    const service = await startService();
    const first = await claimed(service, 'probe', new Date(Date.now() - 90_000));
    await expireLease(service, 'probe');
    const second = await claimed(service, 'probe');
    await finished(service, 'probe', first, 90_000);
    await finished(service, 'probe', second, 50);
    await finished(service, 'probe', second, 50);
    const totals = await readRunTotals(service.db, ['probe']);
    expect(totals.map(({ status, le, runs }) => [status, le, runs])).toEqual([
      ['lost', 120, 1],
      ['succeeded', 0.1, 1],
    ]);
    expect(totals[0]?.durationMs).toBeGreaterThanOrEqual(90_000);
  });

  test('leave out a dry run that was lost', async () => {
    const service = await startService();
    await claimed(service, 'probe', new Date(), true);
    await expireLease(service, 'probe');
    await claimed(service, 'probe');
    expect(await readRunTotals(service.db, ['probe'])).toEqual([]);
  });

  test('leave out a run that says nothing of its task', async () => {
    const service = await startService();
    await finished(service, 'probe', await claimed(service, 'probe'), 10, { status: 'failed', aside: true });
    expect(await readRunTotals(service.db, ['probe'])).toEqual([]);
    const lost = await claimed(service, 'probe');
    await service.db.rows(sql`update cronhook.task_runs set aside = true where id = ${lost}::uuid`);
    await expireLease(service, 'probe');
    await finished(service, 'probe', await claimed(service, 'probe'), 10);
    expect((await readRunTotals(service.db, ['probe'])).map(({ status }) => status)).toEqual(['succeeded']);
  });

  test('stay when the runs themselves are removed', async () => {
    const service = await startService();
    await finished(service, 'probe', await claimed(service, 'probe'), 10);
    const before = await readRunTotals(service.db, ['probe']);
    await service.db.rows(sql`delete from cronhook.task_runs`);
    expect(await readRunTotals(service.db, ['probe'])).toEqual(before);
    expect(before).toEqual([{ task: 'probe', status: 'succeeded', le: 0.1, runs: 1, durationMs: 10 }]);
  });
});
