import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { spawnRun } from '../support/run-process.js';
import { DAY, insertRows, simulate } from '../support/simulated-year.js';
import { startStatistics } from '../support/statistics.js';

const KILLS = 4;

test('two years that are caught up by runs killed again and again are as if one run had done it', {
  timeout: 240_000,
}, async () => {
  const now = Date.now();
  const service = await startStatistics(now);
  await insertRows(service.db, simulate(5, now - 730 * DAY, now, 60));
  const days = async () => {
    const [found] = await service.db.rows<{ days: number }>(
      sql`select count(*)::int as days from cronhook.statistics_buckets where period = 'day'`,
    );
    return found?.days ?? 0;
  };
  let kills = 0;
  while (kills < KILLS) {
    const run = spawnRun('statistics', { DATABASE_URL: service.databaseUrl });
    const wanted = (await days()) + Math.floor(Math.random() * 150);
    const until = Date.now() + 60_000;
    while ((await days()) <= wanted && run.child.exitCode === null && Date.now() < until) await sleep(3);
    await sleep(Math.random() * 100);
    if (run.child.exitCode !== null) break;
    run.child.kill('SIGKILL');
    await run.ended;
    kills += 1;
    // What waiting for a minute does.
    await service.db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
  }
  expect(kills).toBeGreaterThan(1);
  const last = spawnRun('statistics', { DATABASE_URL: service.databaseUrl });
  const [code] = await last.ended;
  expect(code, last.output()).toBe(0);
  await service.run();
  // An hour may have begun meanwhile.
  const values = () => service.values(sql`bucket <= ${new Date(now).toISOString()}::timestamptz`);
  const pieced = await values();
  await service.forget();
  expect((await service.run()).status).toBe('succeeded');
  expect(await values()).toEqual(pieced);
});
