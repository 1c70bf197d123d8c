import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { missingPrograms } from '../support/backups.js';
import { fromOutside } from '../support/database-admin.js';
import { startFailing } from '../support/failing-tasks.js';
import { type LokarioService, startLokario } from '../support/lokario.js';

const PATHS = [
  '/inbox/integrations/sync-all',
  '/followups/process-automatic',
  '/users/process-account-deletions',
  '/cron/check-overdue-and-reminders',
  '/outbox/deliver',
];

const rename = ({ db }: Pick<LokarioService, 'db'>, from: string, to: string) =>
  db.rows(sql.raw(`alter table cronhook.${from} rename to ${to}`));

test.skipIf(missingPrograms)('a storage that is away is one cause, whichever tasks it fails', async () => {
  const service = await startLokario({
    env: { ADMIN_EMAIL: 'admin@example.com', S3_BUCKET: 'b', S3_ENDPOINT: 'http://127.0.0.1:1' },
  });
  for (const path of ['/backups/database', '/backups/verify', '/backups/database'])
    expect(await service.run(path)).toMatchObject({ status: 'failed' });
  expect(await service.db.rows(sql`select from cronhook.incidents where resolved_at is null`)).toHaveLength(
    2,
  );
  expect(service.smtp.mails.map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^La tâche backup échoue \(depuis le /),
  ]);
});

describe('a table that is missing', () => {
  test.each(['outbox_messages', 'users', 'billing_documents'])(
    'is one cause, whichever tasks it fails: %s',
    { timeout: 240_000 },
    async (table) => {
      const service = await startLokario({
        now: () => new Date('2026-11-20T09:00:00Z'),
        env: { ADMIN_EMAIL: 'admin@example.com', ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') },
      });
      const company = await service.company();
      await service.user(company);
      await service.document(company, { due_at: '2026-11-01' });
      await service.smtp.down();
      await service.followups();
      await service.smtp.up();
      await rename(service, table, 'elsewhere');
      for (const path of [...PATHS, ...PATHS]) await service.run(path);
      const incidents = await service.db.rows(sql`select from cronhook.incidents where resolved_at is null`);
      expect(incidents.length).toBeGreaterThan(1);
      await rename(service, 'elsewhere', table);
      for (const path of PATHS) await service.run(path);
      expect(await service.db.rows(sql`select from cronhook.incidents where resolved_at is null`)).toEqual(
        [],
      );
      const told = service.smtp.mails.filter(({ to }) => to.includes('admin@example.com'));
      expect(told.map(({ subject }) => subject)).toHaveLength(2);
    },
  );

  test.each(['users', 'billing_documents', 'notifications'])(
    'is named by each item that needs it: %s',
    async (table) => {
      const service = await startLokario();
      const user = await service.user(await service.company());
      const starts_at = new Date(Date.now() + 3_600_000);
      await service.insert('appointments', {
        ...{ id: crypto.randomUUID(), user_id: user, title: 'Visite' },
        ...{ starts_at, reminder_minutes: [1440], status: 'planned' },
      });
      await rename(service, table, 'elsewhere');
      const { status, errors } = await service.run('/cron/check-overdue-and-reminders');
      expect(status).toBe('partial');
      for (const { message } of errors)
        expect(message).toContain(`La table cronhook.${table} est introuvable`);
    },
  );
});

test('a task that has failed twice for one cause is one of those that work again', async () => {
  const service = await startFailing(['alpha', 'beta']);
  for (const name of ['alpha', 'beta', 'alpha', 'beta']) await service.call1(name, 'no SMTP');
  await service.call1('alpha', 'well');
  await service.call1('alpha', 'no SMTP');
  await service.call1('alpha', 'no SMTP');
  await service.call1('alpha', 'well');
  await service.call1('beta', 'well');
  const recovery = service.smtp.mails.at(-1);
  expect(recovery?.subject).toMatch(/^Résolu : .*, et 1 autre incident \(/);
  expect((await recovery?.text)?.match(/- La tâche alpha/g)).toHaveLength(1);
});

describe('a database', () => {
  test.each([
    ['lets nobody in', 'allow_connections false', 'allow_connections true'],
    ['is read only', 'set default_transaction_read_only = on', 'reset default_transaction_read_only'],
  ])('that %s is unavailable, and told of once when that is over', async (_, spoil, mend) => {
    const service = await startFailing(['alpha', 'beta', 'gamma']);
    const change = await fromOutside(service.databaseUrl);
    await change(spoil);
    for (const name of ['alpha', 'beta']) {
      const response = await service.call(`/test/${name}`);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('30');
      expect(await response.json()).toMatchObject({ success: false, error: 'database_unavailable' });
    }
    await change(mend);
    await expect.poll(async () => (await service.call1('gamma', 'well')).status).toBe('succeeded');
    // The one that asks whether it is over may have found that it is not.
    expect((await service.incidents()).map(({ source }) => source)).toEqual(
      expect.arrayContaining(['task:alpha', 'task:beta']),
    );
    await expect.poll(() => service.smtp.mails.length).toBe(1);
    const text = await service.smtp.mails[0]?.text;
    expect(text).toContain('alpha');
    expect(text).toContain('beta');
  });
});
