import { expect, test } from 'vitest';
import { PAUSES_MS } from '../../src/tasks/monitoring/availability/passes.js';
import { startAvailability, startPage } from '../support/availability.js';
import { addMonitor, storedChecks } from '../support/monitors.js';
import { startTalker } from '../support/probe-servers.js';

test('down is bad at once, after 20, after 40 and after 65 seconds: for more than a minute', async () => {
  const { db, watch, incidents } = await startAvailability({ pauses: PAUSES_MS });
  const dead = await startPage(500);
  const shaky = await startPage(500, 500, 500, 200);
  const slow = await startTalker(() => {});
  const fine = await startPage();
  const add = (name: string, target: string, given = {}) => addMonitor(db, { name, target, ...given });
  const down = await add('Mort', dead.url);
  await add('Revenu', shaky.url);
  const hanging = await add('Lent', `http://127.0.0.1:${slow.port}/`, { timeout_ms: 3_000 });
  await add('Bon', fine.url);
  const answer = await watch();
  expect(answer).toMatchObject({ status: 'succeeded', stats: { monitors: 4, up: 2, down: 2, opened: 2 } });

  const checks = await storedChecks(db);
  const seconds = (name: string) => {
    const moments = checks.filter(({ monitor }) => monitor === name).map(({ at }) => Date.parse(at));
    return moments.map((moment) => (moment - (moments[0] as number)) / 1_000);
  };
  for (const name of ['Mort', 'Revenu', 'Lent']) {
    const [first, ...others] = seconds(name);
    expect([first, others.length]).toEqual([0, 3]);
    for (const [index, due] of [20, 40, 65].entries())
      expect(others[index]).toBeGreaterThanOrEqual(due - 0.5);
  }
  expect(seconds('Bon')).toEqual([0]);
  expect(checks.filter(({ monitor }) => monitor === 'Revenu').map(({ ok }) => ok)).toEqual([
    false,
    false,
    false,
    true,
  ]);
  const open = (await incidents()).map(({ source }) => source).sort();
  expect(open).toEqual([`monitor:${down}`, `monitor:${hanging}`].sort());
});
