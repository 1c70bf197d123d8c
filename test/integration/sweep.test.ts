import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { type Sweep, sweep } from '../../src/tasks/maintenance/sweep.js';
import { read, startTestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const EXPIRED: Sweep = {
  table: 'sessions',
  keys: ['expires_at', 'id'],
  range: sql`line.expires_at < now()`,
};

/** A task that sweeps sessions, and tells how many each of its statements took. */
async function startSweep({ sessions = 3_000, outOfTime = false, what = EXPIRED } = {}) {
  const batches: number[] = [];
  const task = testTask({
    async run(context) {
      const swept = outOfTime ? { ...context, outOfTime: () => true } : context;
      const remaining = await sweep(swept, what, ({ gone }) => void batches.push(gone['']?.rows ?? 0));
      return { remaining };
    },
  });
  const service = await startTestService({ tasks: [task] });
  await service.db.rows(sql`
    insert into cronhook.sessions (user_id, expires_at)
    select gen_random_uuid(), now() - n % 7 * interval '1 day' - interval '1 hour' from generate_series(1, ${sessions}::int) n
  `);
  const left = async () =>
    (await service.db.rows<{ count: number }>(sql`select count(*)::int as count from cronhook.sessions`))[0]
      ?.count;
  return { ...service, batches, left, run: () => read(service.call('/test/probe?wait=60')) };
}

describe('a sweep', () => {
  it('stops by itself when its time is over, says what remains, and the next one goes on', async () => {
    const { run, batches, left } = await startSweep({ outOfTime: true });
    const first = await run();
    expect(first).toMatchObject({ status: 'succeeded', stats: { remaining: 2_000 } });
    expect(batches).toEqual([1_000]);
    expect(await left()).toBe(2_000);
    expect((await run()).stats.remaining).toBe(1_000);
  });

  it('takes fewer rows at a time where a statement would hold its locks for long', async () => {
    const { db, run, batches, left } = await startSweep({ sessions: 1_000 });
    await db.rows(sql`
      create function public.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.0015); return old; end $$
    `);
    await db.rows(
      sql`create trigger slow before delete on cronhook.sessions for each row execute function public.slow()`,
    );
    expect(await run()).toMatchObject({ status: 'succeeded', stats: { remaining: 0 } });
    expect(Math.max(...batches)).toBeLessThan(1_000);
    expect(await left()).toBe(0);
  }, 90_000);

  it('locks no row that stays', async () => {
    const { db, run } = await startSweep({
      what: { ...EXPIRED, range: sql`true`, due: sql`line.expires_at < now() - interval '3 days'` },
    });
    expect((await run()).stats.remaining).toBe(0);
    const [row] = await db.rows(sql`
      select count(*)::int as rows, count(*) filter (where xmax::text <> '0')::int as locked from cronhook.sessions
    `);
    expect(row).toMatchObject({ locked: 0 });
    expect(row).not.toMatchObject({ rows: 0 });
  });

  it('rows of one and the same moment are not passed over', async () => {
    const { db, run, left } = await startSweep({ sessions: 0 });
    await db.rows(sql`
      insert into cronhook.sessions (user_id, expires_at)
      select gen_random_uuid(), '2026-01-01' from generate_series(1, 2500)
    `);
    expect((await run()).stats.remaining).toBe(0);
    expect(await left()).toBe(0);
  });
});
