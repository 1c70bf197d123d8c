import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Database } from '../../src/db/client.js';
import { rollUpDays, uptimeBetween, uptimesIn } from '../../src/db/uptime.js';
import { addChecks, addMonitor, type CheckRow } from '../support/monitors.js';
import { startTestService } from '../support/service.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-11-10T00:00:00Z');

const span = (from: number, to: number) => ({ from: new Date(from), to: new Date(to) });
const rollUp = (db: Database, now: number) => db.transaction((tx) => rollUpDays(tx, new Date(now)));
const lines = (db: Database) =>
  db.rows(sql`
    select day::text, up_ms::float8 as up, down_ms::float8 as down from cronhook.monitor_days order by day, monitor_id
  `);

/** Second by second: what the last check of the ten minutes before had seen. */
function watched(checks: CheckRow[], from: number, to: number) {
  const sorted = checks.toSorted((a, b) => a.at - b.at);
  let [up, down, next] = [0, 0, 0];
  for (let moment = from; moment < to; moment += SECOND) {
    while (next < sorted.length && (sorted[next] as CheckRow).at <= moment) next += 1;
    const last = sorted[next - 1];
    if (!last || moment >= last.at + 10 * MINUTE) continue;
    if (last.ok) up += SECOND;
    else down += SECOND;
  }
  return { uptime: up + down > 0 ? up / (up + down) : null, downMs: down };
}

/** A monitor checked about every five minutes for some days, with outages, rechecks and gaps. */
function history(monitorId: string, days: number, seed: number): CheckRow[] {
  let state = seed;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const checks = new Map<number, CheckRow>();
  let moment = START + Math.round(random() * 300) * SECOND;
  while (moment < START + days * DAY) {
    const ok = random() > 0.1;
    checks.set(moment, { monitor_id: monitorId, at: moment, ok });
    if (!ok)
      for (const pause of [20, 40, 65]) {
        const at = moment + pause * SECOND;
        checks.set(at, { monitor_id: monitorId, at, ok: random() > 0.5 });
      }
    // Now and then nobody has looked for hours.
    moment += random() > 0.99 ? Math.round(random() * 30) * HOUR : (290 + Math.round(random() * 20)) * SECOND;
  }
  return [...checks.values()];
}

test('a check counts until the next one, for ten minutes at most; what lies beyond nobody knows', async () => {
  const { db } = await startTestService();
  const id = await addMonitor(db, {});
  const at = (minutes: number, ok: boolean) => ({ monitor_id: id, at: START + minutes * MINUTE, ok });
  await addChecks(db, [at(-5, false), at(5, true), at(10, false), at(11, true), at(60, true)]);
  const measure = async (from: number, to: number) =>
    (await uptimeBetween(db, span(START + from * MINUTE, START + to * MINUTE), [id]))[0];
  // Five minutes of the one before, then 5 up, 1 down, 10 up, and 30 of the last one's ten.
  expect(await measure(0, 90)).toEqual({ monitorId: id, uptime: 25 / 31, downMs: 6 * MINUTE });
  expect(await measure(21, 60)).toEqual({ monitorId: id, uptime: null, downMs: 0 });
  expect(await measure(2, 3)).toEqual({ monitorId: id, uptime: 0, downMs: MINUTE });
  expect(await measure(7, 7)).toMatchObject({ uptime: null });
});

test('is the same with days rolled up, without, and with half of them; span by span as second by second', async () => {
  const { db } = await startTestService();
  const ids = [randomUUID(), randomUUID(), randomUUID()].sort();
  const days = 12;
  const checks = new Map<string, CheckRow[]>();
  for (const [index, id] of ids.entries()) {
    await addMonitor(db, { id, name: `Site ${index}` });
    checks.set(id, index === 2 ? [] : history(id, days, 7 + index));
    await addChecks(db, checks.get(id) ?? []);
  }
  const spans = [
    [0, days * DAY],
    [5 * HOUR, 9 * DAY + 7 * HOUR + 13 * SECOND],
    [DAY, 2 * DAY],
    [3 * DAY - 1_000, 3 * DAY + 1_000],
    [4 * DAY + 3 * HOUR, 4 * DAY + 5 * HOUR],
    [days * DAY - HOUR, (days + 1) * DAY],
  ].map(([from = 0, to = 0]) => [START + from, START + to] as const);
  const expected = spans.map(([from, to]) =>
    ids.map((monitorId) => ({ monitorId, ...watched(checks.get(monitorId) ?? [], from, to) })),
  );
  const measured = () =>
    uptimesIn(
      db,
      spans.map(([from, to]) => span(from, to)),
      ids,
    );
  const rounds: number[] = [];
  for (const _ of [0, 1, 2]) {
    for (const [index, uptimes] of (await measured()).entries())
      for (const [place, uptime] of uptimes.entries()) {
        const wanted = expected[index]?.[place];
        expect(uptime.monitorId).toBe(wanted?.monitorId);
        expect(uptime.downMs).toBe(wanted?.downMs);
        if (wanted?.uptime === null) expect(uptime.uptime).toBeNull();
        else expect(uptime.uptime).toBeCloseTo(wanted?.uptime ?? -1, 12);
      }
    rounds.push(await rollUp(db, START + days * DAY + 2 * HOUR));
  }
  // A week at a time, and nothing once there is nothing left.
  expect(rounds[0]).toBeGreaterThan(0);
  expect(rounds[1]).toBeGreaterThan(0);
  expect(rounds[2]).toBe(0);
});

test('a day is written down once it has been over for an hour, and stays when its checks go', async () => {
  const { db } = await startTestService();
  const id = await addMonitor(db, {});
  const every = (from: number, to: number, ok: boolean) =>
    Array.from({ length: (to - from) / (5 * MINUTE) }, (_, n) => ({
      ...{ monitor_id: id, at: START + from + n * 5 * MINUTE, ok },
    }));
  await addChecks(db, [...every(0, DAY, true), ...every(DAY, DAY + HOUR, false)]);
  expect(await rollUp(db, START + DAY + HOUR - 1)).toBe(0);
  expect(await rollUp(db, START + DAY + HOUR)).toBe(1);
  expect(await rollUp(db, START + DAY + 2 * HOUR)).toBe(0);
  expect(await lines(db)).toEqual([{ day: '2026-11-10', up: DAY, down: 0 }]);
  await db.rows(sql`delete from cronhook.monitor_checks where at < '2026-11-11'`);
  const [uptime] = await uptimeBetween(db, span(START, START + DAY + HOUR));
  expect(uptime).toEqual({ monitorId: id, uptime: 24 / 25, downMs: HOUR });
});

test('days without a check are passed over, however long the service had stood still', async () => {
  const { db } = await startTestService();
  const id = await addMonitor(db, {});
  await addChecks(db, [
    { monitor_id: id, at: START - 200 * DAY, ok: true },
    { monitor_id: id, at: START - 40 * DAY, ok: true },
    { monitor_id: id, at: START - DAY + HOUR, ok: false },
  ]);
  const written: number[] = [];
  for (let n = 0; n < 3; n++) written.push(await rollUp(db, START + 2 * HOUR));
  expect(written).toEqual([1, 1, 0]);
  // Of what lies so far back that checks are being cleaned away, no day is made.
  expect(await lines(db)).toEqual([
    { day: '2026-10-01', up: 10 * MINUTE, down: 0 },
    { day: '2026-11-09', up: 0, down: 10 * MINUTE },
  ]);
});
