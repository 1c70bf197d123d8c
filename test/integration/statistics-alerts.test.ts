import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { DAY, HOUR, insertRows } from '../support/simulated-year.js';
import { startSmtp } from '../support/smtp.js';
import { startStatistics } from '../support/statistics.js';

const NOW = Date.parse('2026-11-21T11:00:00Z');

async function start() {
  const smtp = await startSmtp();
  const service = await startStatistics(NOW, {
    env: {
      SMTP_URL: smtp.url,
      MAIL_FROM: 'Service <service@service.example>',
      ADMIN_EMAIL: 'boss@example.com',
    },
  });
  const { db } = service;
  return {
    ...service,
    lead: (created_at: number) =>
      insertRows(db, { leads: [{ id: randomUUID(), created_at, converted_at: null }] }),
    payments: (count: number, status: 'succeeded' | 'failed', created_at: number) =>
      insertRows(db, {
        payments: Array.from({ length: count }, () => ({
          ...{ id: randomUUID(), company_id: randomUUID(), amount_cents: 100, currency: 'EUR' },
          ...{ status, created_at, refunded_at: null },
        })),
      }),
    /** Subjects of what has arrived, without since when or how long. */
    subjects: () => smtp.mails.map(({ subject }) => subject?.replace(/ \(.*/, '')),
    incidents: () =>
      db.rows<{ source: string; severity: string; open: boolean }>(sql`
        select source, severity, resolved_at is null as open from cronhook.incidents
        where source like 'business:%' order by opened_at, source
      `),
  };
}

test('a day without a lead is told once, when it is over, and again after that', async () => {
  const { lead, run, turn, subjects, incidents } = await start();
  await run();
  // A company that has never had one does not count them here.
  expect(await incidents()).toEqual([]);
  await lead(NOW - 23 * HOUR);
  await run();
  expect(await incidents()).toEqual([]);
  turn(NOW + HOUR);
  expect((await run()).stats).toMatchObject({ alerts: 1, alertsOpen: 1, sent: 1 });
  turn(NOW + 2 * HOUR - 1);
  expect((await run()).stats).toMatchObject({ alerts: 0, alertsOpen: 1, sent: 0 });
  expect(subjects()).toEqual(['Aucun nouveau prospect depuis 24 heures']);
  expect(await incidents()).toEqual([{ source: 'business:no-leads', severity: 'important', open: true }]);
  await lead(NOW + 3 * HOUR);
  turn(NOW + 4 * HOUR);
  await run();
  expect((await incidents()).map(({ open }) => open)).toEqual([false]);
  expect(subjects().slice(1)).toEqual(['Résolu : Aucun nouveau prospect depuis 24 heures']);
  turn(NOW + 28 * HOUR);
  await run();
  expect(subjects()).toHaveLength(3);
  expect((await incidents()).map(({ open }) => open)).toEqual([false, true]);
});

test('more than a tenth of a week’s payments failing is told; two of two are no sign yet', async () => {
  const { payments, run, subjects, incidents } = await start();
  await payments(2, 'failed', NOW - DAY);
  await run();
  expect(await incidents()).toEqual([]);
  await payments(18, 'succeeded', NOW - 2 * DAY);
  await run();
  // Exactly a tenth.
  expect(await incidents()).toEqual([]);
  await payments(1, 'failed', NOW - HOUR);
  await run();
  expect(subjects()).toEqual(['Beaucoup de paiements échouent']);
});

test('more than a fifth of the customers of a week ago leaving is told', async () => {
  const { db, run, subjects } = await start();
  await insertRows(db, {
    subscriptions: Array.from({ length: 10 }, (_, n) => ({
      ...{
        id: randomUUID(),
        company_id: randomUUID(),
        price_cents: 1_000,
        currency: 'EUR',
        interval: 'month' as const,
      },
      ...{ status: 'active', started_at: NOW - 40 * DAY, cancelled_at: n < 2 ? NOW - 3 * DAY : null },
    })),
  });
  await run();
  expect(subjects()).toEqual([]);
  await db.rows(sql`
    update cronhook.subscriptions set cancelled_at = ${new Date(NOW - HOUR).toISOString()}::timestamptz
    where id = (select id from cronhook.subscriptions where cancelled_at is null limit 1)
  `);
  await run();
  expect(subjects()).toEqual(['Beaucoup de clients résilient']);
});

test('a dry run names what it would tell, and tells nothing', async () => {
  const { lead, run, subjects, incidents } = await start();
  await lead(NOW - 2 * DAY);
  const answer = await run('&dryRun=true');
  expect(answer.details).toContainEqual(expect.objectContaining({ item: 'business:no-leads' }));
  expect([subjects(), await incidents()]).toEqual([[], []]);
});

test('without a mail server the administrators read it in the application', async () => {
  const service = await startStatistics(NOW);
  await insertRows(service.db, {
    leads: [{ id: randomUUID(), created_at: NOW - 2 * DAY, converted_at: null }],
  });
  expect((await service.run()).status).toBe('succeeded');
  const told = await service.db.rows(sql`select user_id, kind, title from cronhook.notifications`);
  expect(told).toEqual([
    {
      user_id: null,
      kind: 'business_alert',
      title: expect.stringMatching(/^Aucun nouveau prospect depuis 24 heures \(/),
    },
  ]);
});

test('customers who leave count by those of a week ago: newcomers who come and go do not, and seven days are whole', async () => {
  const { db, run, turn, incidents } = await start();
  const subscribe = (started: number, ended: number | null) =>
    db.rows(sql`
      insert into cronhook.subscriptions (company_id, plan, price_cents, interval, status, started_at, cancelled_at)
      values (gen_random_uuid(), 'pro', 1000, 'month', ${ended === null ? 'active' : 'cancelled'},
        ${new Date(started).toISOString()}::timestamptz, ${ended === null ? null : new Date(ended).toISOString()}::timestamptz)
    `);
  for (let n = 0; n < 15; n++) await subscribe(NOW - 60 * DAY, null);
  for (let n = 0; n < 4; n++) await subscribe(NOW - 3 * DAY, NOW - DAY);
  turn(NOW - 10 * DAY);
  await run();
  turn(NOW);
  await run();
  expect(await incidents()).toEqual([]);
  for (let n = 0; n < 2; n++) await subscribe(NOW - 60 * DAY, NOW - 7 * DAY + HOUR);
  for (let n = 0; n < 3; n++) await subscribe(NOW - 60 * DAY, NOW - HOUR);
  turn(NOW + 60_000);
  await run();
  expect(await incidents()).toEqual([
    { source: 'business:cancellations', severity: 'important', open: true },
  ]);
});
