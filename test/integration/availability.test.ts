import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { QUICK, startAvailability, startPage } from '../support/availability.js';
import { addChecks, addMonitor, storedChecks } from '../support/monitors.js';
import { closedPort, startTalker } from '../support/probe-servers.js';

const deadUrl = async () => `http://127.0.0.1:${await closedPort()}/`;

describe('a monitor', () => {
  test('that stays bad is down: told once by mail and SMS, and again when it has recovered', async () => {
    const { db, watch, later, mails, texts, incidents } = await startAvailability();
    const page = await startPage();
    const id = await addMonitor(db, { name: 'Boutique', target: page.url });
    expect(await watch()).toMatchObject({
      status: 'succeeded',
      stats: { monitors: 1, up: 1, down: 0, checks: 1, opened: 0 },
    });
    await page.down();
    later(5);
    expect(await watch()).toMatchObject({
      status: 'succeeded',
      stats: { up: 0, down: 1, opened: 1, recovered: 0, sent: 2 },
    });
    later(5);
    expect((await watch()).stats).toMatchObject({ down: 1, opened: 0, sent: 0 });
    expect(await incidents()).toEqual([{ source: `monitor:${id}`, severity: 'critical', open: true }]);
    await page.up();
    later(5);
    expect((await watch()).stats).toMatchObject({ up: 1, down: 0, recovered: 1, sent: 2 });
    expect(await incidents()).toMatchObject([{ open: false }]);
    expect([mails().length, texts().length]).toEqual([2, 2]);
    expect(
      mails()
        .concat(texts())
        .every((text) => text.includes('Boutique')),
    ).toBe(true);
  });

  test('that is good again within the passes is told to nobody', async () => {
    const { db, watch, mails, incidents } = await startAvailability();
    const page = await startPage(503, 200);
    await addMonitor(db, { target: page.url });
    expect((await watch()).stats).toMatchObject({ up: 1, down: 0, checks: 2, failedChecks: 1 });
    expect((await storedChecks(db)).map(({ ok }) => ok)).toEqual([false, true]);
    expect([await incidents(), mails()]).toEqual([[], []]);
  });

  test('recovers after two good checks in a row, those of earlier runs included', async () => {
    const { db, watch, later, incidents } = await startAvailability();
    const page = await startPage(500);
    await addMonitor(db, { target: page.url });
    await watch();
    const run = async (...statuses: number[]) => {
      later(5);
      page.plan(...statuses);
      await watch();
      return [page.asked() > 1, (await incidents()).at(-1)?.open];
    };
    expect(await run(200, 500)).toEqual([true, true]);
    expect(await run(200, 200)).toEqual([true, false]);
    await run(500);
    const [last] = await db.rows<{ id: string }>(sql`select id from cronhook.monitors`);
    later(4);
    await addChecks(db, [{ monitor_id: last?.id ?? '', at: Date.parse('2026-11-20T09:18:00Z'), ok: true }]);
    // The good one of the run before counts: one more is enough.
    expect(await run(200)).toEqual([false, false]);
  });

  test('is checked side by side with others, and one that hangs keeps nobody', async () => {
    const { db, watch } = await startAvailability();
    const hanging = await startTalker(() => {});
    const page = await startPage();
    for (let n = 0; n < 30; n++)
      await addMonitor(db, {
        name: `Lent ${n}`,
        target: `http://127.0.0.1:${hanging.port}/`,
        timeout_ms: 1_000,
      });
    await addMonitor(db, { name: 'Vif', target: page.url });
    const answer = await watch();
    // Passes that the first has overlapped are one.
    expect(answer.stats).toMatchObject({ monitors: 31, up: 1, down: 30, checks: 61 });
    const checks = await storedChecks(db);
    expect(new Set(checks.map(({ at }) => at)).size).toBe(2);
    expect(checks.filter(({ monitor }) => monitor === 'Vif')).toHaveLength(1);
  });

  test('whose row makes no sense is named, and the others are checked', async () => {
    const { db, watch, incidents } = await startAvailability();
    const page = await startPage();
    await addMonitor(db, { name: 'Bon', target: page.url, timeout_ms: 0 });
    await addMonitor(db, { name: 'Genre', kind: 'ping' });
    await addMonitor(db, { name: 'Cible', target: 'ftp://127.0.0.1/' });
    await addMonitor(db, { name: 'Interdit', target: 'http://169.254.169.254/latest/meta-data/' });
    await addMonitor(db, { name: 'Statut', expected_status: 9_999 });
    await addMonitor(db, { name: 'Éteint', kind: 'ping', enabled: false });
    const answer = await watch();
    expect(answer).toMatchObject({ status: 'partial', stats: { monitors: 1, up: 1, failed: 4 } });
    expect(answer.errors.map(({ item }) => item).sort()).toEqual(['Cible', 'Genre', 'Interdit', 'Statut']);
    expect(await incidents()).toEqual([]);
  });

  test('that is switched off or gone has no incident any more, and nobody hears of it', async () => {
    const { db, watch, later, smtp, incidents } = await startAvailability();
    const page = await startPage(500);
    const [off, gone] = [
      await addMonitor(db, { target: page.url }),
      await addMonitor(db, { target: page.url, name: 'Autre' }),
    ];
    await watch();
    const told = smtp.mails.length;
    await db.rows(sql`update cronhook.monitors set enabled = false where id = ${off}::uuid`);
    await db.rows(sql`delete from cronhook.monitors where id = ${gone}::uuid`);
    later(5);
    expect((await watch()).stats).toMatchObject({ monitors: 0, sent: 0 });
    expect((await incidents()).map(({ open }) => open)).toEqual([false, false]);
    expect(smtp.mails).toHaveLength(told);
  });

  test('that is switched off while it is being checked opens nothing', async () => {
    const { db, watch, incidents } = await startAvailability();
    const page = await startPage(500);
    await addMonitor(db, { target: page.url });
    page.before(() => db.rows(sql`update cronhook.monitors set enabled = false`));
    expect((await watch()).stats).toMatchObject({ down: 0, opened: 0 });
    expect(await incidents()).toEqual([]);
  });

  test.for([
    ['target', 'http://127.0.0.1:9/other'],
    ['expected_status', '500'],
    ['keyword', 'hello'],
    ['timeout_ms', '3000'],
    ['follow_redirects', 'true'],
  ] as const)(
    'whose %s is corrected while it is being checked waits for the next run',
    async ([column, value]) => {
      const { db, watch, incidents } = await startAvailability();
      const page = await startPage(500);
      await addMonitor(db, { target: page.url });
      const other = await addMonitor(db, { name: 'Autre', target: await deadUrl() });
      page.before(() =>
        db.rows(
          sql`update cronhook.monitors set ${sql.raw(column)} = ${sql.raw(`'${value}'`)} where name = 'Site'`,
        ),
      );
      expect((await watch()).stats).toMatchObject({ monitors: 2, down: 1, opened: 1 });
      expect(await incidents()).toMatchObject([{ source: `monitor:${other}` }]);
      expect((await storedChecks(db)).map(({ monitor }) => monitor)).not.toContain('Site');
    },
  );

  test('whose name and severity change while it is being checked is told by the new ones', async () => {
    const { db, watch, mails, texts, incidents } = await startAvailability();
    const page = await startPage(500);
    await addMonitor(db, { target: page.url });
    page.before(() => db.rows(sql`update cronhook.monitors set name = 'Boutique', severity = 'important'`));
    await watch();
    expect(await incidents()).toMatchObject([{ severity: 'important' }]);
    expect([mails().length, mails()[0]?.includes('Boutique'), texts()]).toEqual([1, true, []]);
  });

  test('that recovers is well at once, while the run still looks at others', async () => {
    const { db, watch, later, context, incidents } = await startAvailability({ pauses: [20, 40, 200_000] });
    const page = await startPage(500);
    const id = await addMonitor(db, { target: page.url });
    await db.rows(sql`
      insert into cronhook.incidents (id, source, severity, title, details, opened_at, last_seen_at)
      values (gen_random_uuid(), ${`monitor:${id}`}, 'critical', 'Site', '{}', '2026-11-20T08:00:00Z',
        '2026-11-20T08:55:00Z')
    `);
    await addMonitor(db, { name: 'Autre', target: await deadUrl() });
    page.plan(200, 200);
    later(5);
    const running = watch();
    const deadline = Date.now() + 30_000;
    while ((await incidents())[0]?.open && Date.now() < deadline) await sleep(20);
    expect(await incidents()).toMatchObject([{ source: `monitor:${id}`, open: false }]);
    await context.runner.drain(0);
    expect(await running).toMatchObject({ status: 'interrupted' });
  });

  test('that is deleted while it is being checked leaves no check behind', async () => {
    const { db, watch, incidents } = await startAvailability();
    const page = await startPage(500);
    await addMonitor(db, { target: page.url });
    page.before(() => db.rows(sql`delete from cronhook.monitors`));
    await watch();
    expect(await incidents()).toEqual([]);
    expect(await db.rows(sql`select from cronhook.monitor_checks`)).toEqual([]);
  });
});

describe('several monitors', () => {
  test('that go down in one run are told one by one, five or more of them together', async () => {
    const { db, watch, later, mails, texts, incidents } = await startAvailability();
    for (let n = 0; n < 4; n++) await addMonitor(db, { name: `Site ${n}`, target: await deadUrl() });
    expect((await watch()).stats).toMatchObject({ down: 4, opened: 4 });
    expect([mails().length, texts().length]).toEqual([4, 4]);
    for (let n = 4; n < 9; n++) await addMonitor(db, { name: `Site ${n}`, target: await deadUrl() });
    later(5);
    expect((await watch()).stats).toMatchObject({ down: 9, opened: 5 });
    expect([mails().length, texts().length]).toEqual([5, 5]);
    expect(await incidents()).toHaveLength(9);
  });
});

describe('a run', () => {
  test('that is dry says what it would open, and writes and sends nothing', async () => {
    const { db, watch, mails, incidents } = await startAvailability();
    const id = await addMonitor(db, { target: await deadUrl() });
    const answer = await watch('&dryRun=true');
    expect(answer.details).toEqual([
      expect.objectContaining({ item: `monitor:${id}`, severity: 'critical' }),
    ]);
    expect([await storedChecks(db), await incidents(), mails()]).toEqual([[], [], []]);
  });

  test('works on tables that the team has replaced by a view', async () => {
    const { db, watch, incidents } = await startAvailability();
    await db.rows(sql`alter table cronhook.monitors rename to team_monitors`);
    await db.rows(sql`create view cronhook.monitors as select * from cronhook.team_monitors`);
    const page = await startPage(500);
    await addMonitor(db, { target: page.url });
    expect(await watch()).toMatchObject({ status: 'succeeded', stats: { down: 1, opened: 1 } });
    expect(await incidents()).toHaveLength(1);
  });

  test('without a monitor reminds of what is open elsewhere', async () => {
    const { db, watch, later, mails } = await startAvailability();
    await addMonitor(db, { name: 'Boutique', target: await deadUrl() });
    await watch();
    // As another task would have opened it.
    await db.rows(sql`update cronhook.incidents set source = 'performance:local:memory_percent'`);
    await db.rows(sql`delete from cronhook.monitors`);
    later(30);
    await watch();
    expect(mails()).toHaveLength(1);
    later(31);
    expect((await watch()).status).toBe('succeeded');
    expect(mails()).toHaveLength(2);
  });

  test('rolls up the days that are over', async () => {
    const { db, watch, now } = await startAvailability({ pauses: QUICK });
    const page = await startPage();
    const id = await addMonitor(db, { target: page.url });
    await addChecks(db, [{ monitor_id: id, at: now().getTime() - 24 * 3_600_000, ok: true }]);
    expect((await watch()).stats).toMatchObject({ days: 1 });
    expect((await watch()).stats).toMatchObject({ days: 0 });
  });
});
