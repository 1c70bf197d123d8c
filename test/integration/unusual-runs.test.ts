import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { unusualAmong, unusualRuns } from '../../src/unusual-runs.js';
import { onSharedDatabase, type TestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const startService = onSharedDatabase();

const NOON = Date.parse('2026-11-21T12:00:00Z');
const MINUTE = 60_000;

interface PastRun {
  task?: string;
  status?: string;
  seconds?: number;
  stats?: Record<string, unknown>;
  dryRun?: boolean;
}

/** Runs five minutes apart; the last begins at noon. */
async function ran({ db }: TestService, runs: PastRun[]): Promise<void> {
  const rows = runs.map(
    ({ task = 'probe', status = 'succeeded', seconds = 10, stats = {}, dryRun = false }, index) => {
      const startedAt = NOON - (runs.length - 1 - index) * 5 * MINUTE;
      return { task, status, stats, dryRun, startedAt: new Date(startedAt), seconds };
    },
  );
  await db.rows(sql`
    insert into cronhook.task_runs (id, task, status, trigger, host, dry_run, started_at, finished_at, duration_ms, stats)
    select gen_random_uuid(), task, status, 'http', 'h', "dryRun", "startedAt",
      "startedAt" + seconds * interval '1 second', seconds * 1000, stats
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as run (task text, status text, "dryRun" boolean, "startedAt" timestamptz, seconds float8, stats jsonb)`);
}

const times = (count: number, run: PastRun = {}): PastRun[] => Array.from({ length: count }, () => run);

/** Of the runs that ended in the minutes after noon. */
const found = ({ db }: TestService, tasks = ['probe']) =>
  unusualRuns(db, { tasks, from: new Date(NOON), to: new Date(NOON + 60 * MINUTE) });

const odditiesOf = async (service: TestService) => (await found(service))[0]?.oddities ?? [];

describe('a run is unusual', () => {
  test.each([
    ['more than three times as long as the median and longer than all', 31, ['longer']],
    ['not quite three times as long', 30, []],
    ['less than a fifth of the median and shorter than all', 1.9, ['shorter']],
    ['a fifth of the median', 2, []],
  ])('by its duration: %s', async (_, seconds, oddities) => {
    const service = await startService();
    await ran(service, [...times(30), { seconds }]);
    expect(await odditiesOf(service)).toEqual(oddities);
  });

  test('when it finds nothing of what every run before it found', async () => {
    const service = await startService();
    await ran(service, [
      ...times(30, { stats: { integrations: 3, added: 2 } }),
      { stats: { integrations: 0, added: 2 } },
    ]);
    const [run] = await found(service);
    expect(run).toMatchObject({
      task: 'probe',
      startedAt: new Date(NOON),
      oddities: ['emptier'],
      durationMs: 10_000,
      usualDurationMs: 10_000,
      emptied: ['integrations'],
    });
  });

  test.each([
    ['empty', { stats: { integrations: 3 } }, { stats: { integrations: 0 } }, ['emptier']],
    ['slow', {}, { seconds: 90 }, ['longer']],
    ['quick', {}, { seconds: 1 }, ['shorter']],
  ] as const)('also when one of the thirty was as %s', async (_, usual, odd, oddities) => {
    const service = await startService();
    await ran(service, [...times(20, usual), odd, ...times(9, usual), odd]);
    expect(await odditiesOf(service)).toEqual(oddities);
    await ran(service, [
      ...times(8, { task: 'young', ...usual }),
      { task: 'young', ...odd },
      { task: 'young', ...usual },
      { task: 'young', ...odd },
    ]);
    expect((await found(service, ['young']))[0]?.oddities).toEqual(oddities);
  });

  test('when it found less than a tenth of what most runs found', async () => {
    const service = await startService();
    await ran(service, [...times(24, { stats: { cards: 41 } }), ...times(6), { stats: { cards: 4 } }]);
    expect((await found(service))[0]?.emptied).toEqual(['cards']);
  });

  test('when it went partially too', async () => {
    const service = await startService();
    await ran(service, [...times(15, { status: 'partial' }), { status: 'partial', seconds: 60 }]);
    expect(await odditiesOf(service)).toEqual(['longer']);
  });
});

describe('a run is as usual', () => {
  test.each([
    [
      'on a quiet night or weekend, when a fifth of those before it and more found nothing too',
      { messagesAdded: 4 },
      { messagesAdded: 0 },
      true,
    ],
    [
      'when nothing fails any more',
      { failed: 1, remaining: 5, skippedWeekend: 3 },
      { failed: 0, remaining: 0, skippedWeekend: 0 },
    ],
    [
      'when nothing is down, late, exceeded or told of any more',
      {
        ...{ down: 2, failedChecks: 6, lateTasks: 1, failingTasks: 1, unreachable: 1, thresholdsExceeded: 3 },
        ...{ opened: 1, recovered: 1, alerts: 4, alertsOpen: 4, foldersLeft: 3, remainingDays: 9 },
      },
      {
        ...{ down: 0, failedChecks: 0, lateTasks: 0, failingTasks: 0, unreachable: 0, thresholdsExceeded: 0 },
        ...{ opened: 0, recovered: 0, alerts: 0, alertsOpen: 0, foldersLeft: 0, remainingDays: 0 },
      },
    ],
    ['when its task no longer reports a stat', { cards: 4 }, {}],
    ['when its stats are no counts', { key: 'a', durationMs: 4 }, { key: '', durationMs: 0 }],
  ])('%s', async (_, stats, last, quietBefore = false) => {
    const service = await startService();
    const before = times(30, { stats });
    if (quietBefore) before.splice(12, 7, ...times(7, { stats: last }));
    await ran(service, [...before, { stats: last }]);
    expect(await found(service)).toEqual([]);
  });

  test('while fewer than ten have gone before it', async () => {
    const service = await startService();
    await ran(service, [...times(9), { seconds: 100 }]);
    expect(await found(service)).toEqual([]);
    await ran(service, [...times(10, { task: 'other' }), { task: 'other', seconds: 100 }]);
    expect(await found(service, ['probe', 'other'])).toHaveLength(1);
  });

  test('when a quick task is some seconds slower, or some of the thirty were as slow', async () => {
    const service = await startService();
    await ran(service, [...times(30, { seconds: 0.2 }), { seconds: 5 }]);
    await ran(service, [
      ...times(20, { task: 'other' }),
      ...times(4, { task: 'other', seconds: 90 }),
      ...times(6, { task: 'other' }),
      { task: 'other', seconds: 80 },
    ]);
    expect(await found(service, ['probe', 'other'])).toEqual([]);
  });

  test('a quick task that is quicker still is as usual', async () => {
    const service = await startService();
    await ran(service, [...times(30, { seconds: 4 }), { seconds: 0.1 }]);
    expect(await found(service)).toEqual([]);
  });

  test('when its task lasts as long as what it waits for, unless it finds nothing', async () => {
    const probe = {
      ...testTask({ run: async () => ({}) }),
      variableDuration: true as const,
    };
    const service = await startService({ tasks: [probe], now: () => new Date(NOON + 2 * MINUTE) });
    const unusual = async () => {
      const entry = (await (await service.call('/tasks/probe')).json()) as { lastRun: { unusual: unknown } };
      return entry.lastRun.unusual;
    };
    await ran(service, [...times(30, { stats: { checks: 3 } }), { seconds: 90, stats: { checks: 3 } }]);
    expect(await unusual()).toBeNull();
    const span = { tasks: ['probe'], from: new Date(NOON), to: new Date(NOON + 60 * MINUTE) };
    expect(await unusualRuns(service.db, { ...span, variableDuration: ['other'] })).toHaveLength(1);
    expect(await unusualRuns(service.db, { ...span, variableDuration: ['probe'] })).toEqual([]);
    await service.db.rows(sql`truncate cronhook.task_runs`);
    await ran(service, [...times(30, { stats: { checks: 3 } }), { seconds: 90, stats: { checks: 0 } }]);
    expect(await unusual()).toEqual(['emptier']);
  });

  test.each(['monitor-availability', 'monitor-performance'])(
    'when %s waits for what is down',
    async (name) => {
      const service = await startService({ now: () => new Date(NOON + 2 * MINUTE) });
      await ran(service, [...times(30, { task: name, seconds: 2 }), { task: name, seconds: 70 }]);
      const entry = (await (await service.call(`/tasks/${name}`)).json()) as {
        lastRun: { unusual: unknown };
      };
      expect(entry.lastRun.unusual).toBeNull();
    },
  );

  test('a run that failed, was skipped or dry is neither judged nor compared with', async () => {
    const service = await startService();
    const others = (['failed', 'skipped', 'interrupted', 'lost'] as const).map((status) => ({
      status,
      seconds: 500,
    }));
    await ran(service, [...times(30), ...others, { seconds: 500, dryRun: true }, { seconds: 100 }]);
    const [run, ...more] = await unusualRuns(service.db, {
      tasks: ['probe'],
      from: new Date(0),
      to: new Date(NOON * 2),
    });
    expect(more).toEqual([]);
    expect(run).toMatchObject({ oddities: ['longer'], durationMs: 100_000 });
  });
});

describe('what is compared', () => {
  test('only the last thirty before each run count', async () => {
    const service = await startService();
    await ran(service, [{ seconds: 1000 }, ...times(30), { seconds: 100 }]);
    expect(await odditiesOf(service)).toEqual(['longer']);
  });

  test('only runs that ended in the span are named, each against its own past', async () => {
    const service = await startService();
    await ran(service, [...times(30), { seconds: 100 }, ...times(5), { seconds: 400 }, { seconds: 10 }]);
    const all = { tasks: ['probe'], from: new Date(0), to: new Date(NOON * 2) };
    expect((await unusualRuns(service.db, all)).map(({ durationMs }) => durationMs)).toEqual([
      100_000, 400_000,
    ]);
    const end = new Date(NOON - 5 * MINUTE + 400_000);
    expect(await unusualRuns(service.db, { ...all, to: end })).toHaveLength(1);
    expect(await unusualRuns(service.db, { ...all, from: end })).toHaveLength(1);
    expect(await unusualRuns(service.db, { ...all, tasks: [] })).toEqual([]);
    expect(await unusualRuns(service.db, { ...all, tasks: ['other'] })).toEqual([]);
  });

  test('a run asked for by its id is judged by those before it alone', async () => {
    const service = await startService();
    await ran(service, [...times(12), { seconds: 100 }, ...times(3)]);
    const runs = await service.db.rows<{ id: string; duration_ms: number }>(
      sql`select id, duration_ms from cronhook.task_runs order by started_at`,
    );
    const odd = runs.find(({ duration_ms }) => duration_ms === 100_000)?.id as string;
    expect(
      await unusualAmong(
        service.db,
        runs.map(({ id }) => id),
      ),
    ).toMatchObject([{ runId: odd, usualDurationMs: 10_000 }]);
    expect(await unusualAmong(service.db, [odd])).toHaveLength(1);
    expect(await unusualAmong(service.db, [runs.at(-1)?.id as string])).toEqual([]);
    expect(await unusualAmong(service.db, [])).toEqual([]);
  });

  test('the catalogue marks a last run that is unusual', async () => {
    const service = await startService({
      tasks: [testTask({ run: async () => ({}) })],
      now: () => new Date(NOON + 2 * MINUTE),
    });
    const unusual = async () => {
      const entry = (await (await service.call('/tasks/probe')).json()) as { lastRun: { unusual: unknown } };
      return entry.lastRun.unusual;
    };
    await ran(service, [...times(30, { stats: { coins: 3 } }), { seconds: 90, stats: { coins: 0 } }]);
    expect(await unusual()).toEqual(['longer', 'emptier']);
    await service.call('/test/probe');
    expect(await unusual()).toEqual(['shorter']);
  });
});
