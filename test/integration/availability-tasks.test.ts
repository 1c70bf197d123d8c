import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.js';
import { startAvailability } from '../support/availability.js';
import { testTask } from '../support/tasks.js';

/** Tasks called every five minutes, each doing what the test says, beside the one that watches. */
async function start(...names: string[]) {
  const behaviour: Record<string, 'well' | 'partly' | 'badly'> = {};
  const tasks = names.map((name) =>
    testTask({
      name,
      async run({ fail }) {
        if (behaviour[name] === 'badly') throw new AppError('task_failed', () => `${name}: the disk is full`);
        if (behaviour[name] === 'partly') fail('one', new AppError('unprocessable', () => 'broken'));
        return {};
      },
    }),
  );
  const service = await startAvailability({ tasks });
  return {
    ...service,
    call1: (name: string, how: 'well' | 'partly' | 'badly' = 'well') => {
      behaviour[name] = how;
      return service.run(`/test/${name}`);
    },
    set: (key: string, value: string) =>
      service.db.rows(sql`
        insert into cronhook.settings (key, value, updated_at)
        values (${key}, ${value}, ${service.now().toISOString()}::timestamptz)
      `),
    states: async () =>
      Object.fromEntries((await service.incidents()).map(({ source, open }) => [source, open])),
  };
}

describe('a task that is late', () => {
  test('is told with the others that are, as one mail, and ends with its next run', async () => {
    const { call1, later, watch, smtp, states, incidents } = await start('alpha', 'beta', 'gamma');
    await call1('alpha');
    await call1('beta');
    await watch();
    expect(await incidents()).toEqual([]);
    later(60);
    // `gamma` was never scheduled.
    expect((await watch()).stats).toMatchObject({ lateTasks: 2, opened: 2, sent: 1 });
    expect(await incidents()).toMatchObject([
      { source: 'task:alpha', severity: 'important', open: true },
      { source: 'task:beta', severity: 'important', open: true },
    ]);
    const text = (await smtp.mails[0]?.text) ?? '';
    for (const word of ['alpha', 'beta', '*/5 * * * *', 'secret', 'task.alpha.enabled'])
      expect(text).toContain(word);
    later(5);
    expect((await watch()).stats).toMatchObject({ lateTasks: 2, opened: 0, sent: 0 });
    await call1('alpha');
    await call1('beta');
    later(1);
    expect((await watch()).stats).toMatchObject({ lateTasks: 0, recovered: 0 });
    expect(await states()).toEqual({ 'task:alpha': false, 'task:beta': false });
    expect(smtp.mails).toHaveLength(2);
  });

  test('is on time again also after a run of which one item failed', async () => {
    const { call1, later, watch, states, smtp } = await start('alpha');
    await call1('alpha');
    later(60);
    await watch();
    await call1('alpha', 'partly');
    later(1);
    await watch();
    const before = await states();
    expect([before, smtp.mails.length]).toEqual([{ 'task:alpha': false }, 2]);
  });

  test('by its old schedule and is not by its new one is told of no more, without a recovery', async () => {
    const { call1, later, watch, set, states, smtp } = await start('alpha');
    await call1('alpha');
    later(60);
    await watch();
    await set('task.alpha.schedule', '0 4 * * *');
    later(5);
    expect((await watch()).stats).toMatchObject({ lateTasks: 0, recovered: 0 });
    expect([await states(), smtp.mails.length]).toEqual([{ 'task:alpha': false }, 1]);
  });

  test('and has failed before is told of once, as one that fails', async () => {
    const { call1, later, watch, db, smtp } = await start('alpha');
    await call1('alpha', 'badly');
    later(60);
    expect((await watch()).stats).toMatchObject({ lateTasks: 1, opened: 0 });
    later(5);
    await watch();
    const [row, ...others] = await db.rows<{ title: string }>(sql`select title from cronhook.incidents`);
    expect([row?.title, others]).toEqual([expect.stringContaining('échoue'), []]);
    expect(smtp.mails.filter(({ subject }) => subject.includes('alpha'))).toHaveLength(2);
  });

  test('and switched off is told of no more', async () => {
    const { call1, later, watch, set, states, smtp } = await start('alpha');
    await call1('alpha');
    later(60);
    await watch();
    await set('task.alpha.enabled', 'false');
    later(5);
    await watch();
    expect([await states(), smtp.mails.length]).toEqual([{ 'task:alpha': false }, 1]);
  });
});

describe('a task that fails', () => {
  test('is told of once: by its own run, or here where that could not', async () => {
    const { call1, later, watch, db, states, smtp } = await start('alpha');
    await call1('alpha', 'badly');
    later(1);
    expect((await watch()).stats).toMatchObject({ failingTasks: 1, opened: 0 });
    expect(smtp.mails).toHaveLength(1);
    // As if the run had died before it could tell.
    await db.rows(sql`delete from cronhook.incidents`);
    later(1);
    expect((await watch()).stats).toMatchObject({ failingTasks: 1, opened: 1 });
    expect(smtp.mails).toHaveLength(2);
    // Neither this look nor the next ends what a run must end.
    later(1);
    await watch();
    expect(await states()).toEqual({ 'task:alpha': true });
    await call1('alpha');
    expect(await states()).toEqual({ 'task:alpha': false });
  });
});

test('the task that watches is not late while it looks, however long ago it last ran', async () => {
  const { later, watch, incidents } = await start();
  await watch();
  later(24 * 60);
  expect((await watch()).stats).toMatchObject({ lateTasks: 0, opened: 0 });
  expect(await incidents()).toEqual([]);
});
