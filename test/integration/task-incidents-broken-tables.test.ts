import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { startFailing } from '../support/failing-tasks.js';
import { type LokarioService, startLokario } from '../support/lokario.js';

const rename = ({ db }: Pick<LokarioService, 'db'>, from: string, to: string) =>
  db.rows(sql.raw(`alter table cronhook.${from} rename to ${to}`));
const breakTable = (service: LokarioService, table: string) => rename(service, table, `${table}_away`);
const mendTable = (service: LokarioService, table: string) => rename(service, `${table}_away`, table);

const runs = ({ db }: LokarioService) =>
  db.rows<{ task: string; status: string; finished_at: string | null; message: string }>(
    sql`select * from cronhook.task_runs order by started_at, id`,
  );

/** No statement, and nothing of one. */
const SQL_TEXT = /\b(select|insert|update|relation|column|where)\b/i;

/** From now on the service connects as somebody who may do everything but this. */
async function revoke({ db }: LokarioService, privilege: string, table: string): Promise<void> {
  const role = `limited_${randomUUID().replaceAll('-', '')}`;
  const [{ name } = { name: '' }] = await db.rows<{ name: string }>(sql`select current_database() as name`);
  const statements = `
    create role ${role};
    grant usage on schema cronhook to ${role};
    grant all on all tables in schema cronhook to ${role};
    revoke ${privilege} on cronhook.${table} from ${role};
    alter database "${name}" set role = ${role}`;
  for (const statement of statements.split(';')) await db.rows(sql.raw(statement));
  await db
    .rows(sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()`)
    .catch(() => {});
}

describe('a failure while the outbox cannot be written', () => {
  test('opens its incident, is told in the application and in the log, and its run is recorded', async () => {
    const service = await startFailing();
    await breakTable(service, 'outbox_messages');
    const { runId } = await service.call1('alpha', 'badly');
    expect(await service.incidents()).toMatchObject([{ source: 'task:alpha', resolved_at: null }]);
    expect(await service.notifications()).toMatchObject([{ kind: 'task_failed' }]);
    expect(await runs(service)).toMatchObject([{ id: runId, status: 'failed' }]);
    expect((await runs(service))[0]?.finished_at).not.toBeNull();
    const line = service
      .log()
      .split('\n')
      .find((text) => text.includes('the alert could not be queued'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 'error', sources: ['task:alpha'] });
    expect(JSON.parse(line ?? '{}').msg).toContain('cronhook.outbox_messages cannot be found');
  });

  test('for want of a right is told likewise', async () => {
    const service = await startFailing();
    await revoke(service, 'insert', 'outbox_messages');
    await expect.poll(async () => (await service.call1('alpha', 'badly')).status).toBe('failed');
    expect(await service.incidents()).toHaveLength(1);
    expect(await service.notifications()).toHaveLength(1);
    expect(service.log()).toContain('lacks rights on the table cronhook.outbox_messages');
  });

  test('is mailed once at the next failure after the table is back, and reminded of an hour later', async () => {
    const service = await startFailing();
    await breakTable(service, 'outbox_messages');
    await service.call1('alpha', 'badly');
    service.later(30);
    await service.call1('alpha', 'badly');
    await mendTable(service, 'outbox_messages');
    await service.call1('alpha', 'badly');
    service.later(0.9);
    await service.call1('alpha', 'badly');
    expect(service.smtp.mails).toHaveLength(1);
    expect(await service.smtp.mails[0]?.text).toContain('The disk of alpha is full');
    service.later(0.1);
    await service.call1('alpha', 'badly');
    expect(service.smtp.mails).toHaveLength(2);
    expect(await service.notifications()).toHaveLength(1);
  });

  test('is mailed with the next run of any task; after a restart, within a quarter of an hour', async () => {
    const service = await startFailing(['alpha', 'beta']);
    const { databaseUrl } = service;
    await breakTable(service, 'outbox_messages');
    await service.call1('alpha', 'badly');
    await service.call1('beta', 'well');
    await mendTable(service, 'outbox_messages');
    const restarted = await startFailing(['alpha', 'beta'], {}, { databaseUrl });
    restarted.later(0.25);
    await restarted.call1('beta', 'well');
    await service.call1('beta', 'well');
    await restarted.call1('beta', 'well');
    expect(restarted.smtp.mails).toHaveLength(1);
    expect(service.smtp.mails).toHaveLength(0);
    expect(await restarted.smtp.mails[0]?.text).toContain('alpha');
  });

  test('that is over before the table is back is one mail, which says both', async () => {
    const service = await startFailing(['alpha', 'beta']);
    await breakTable(service, 'outbox_messages');
    await service.call1('alpha', 'badly');
    await service.call1('alpha', 'well');
    expect((await service.incidents())[0]?.resolved_at).not.toBeNull();
    await mendTable(service, 'outbox_messages');
    await service.call1('beta', 'well');
    await service.call1('beta', 'well');
    expect(service.smtp.mails).toHaveLength(1);
    const text = await service.smtp.mails[0]?.text;
    expect(text).toMatch(/cela\s+fonctionne\s+de\s+nouveau/);
    expect(text).toContain('The disk of alpha is full');
  });
});

test.each([
  ['missing', 'est introuvable', (service: LokarioService) => breakTable(service, 'outbox_messages')],
  [
    'closed to us',
    'n’a pas les droits',
    (service: LokarioService) => revoke(service, 'update', 'outbox_messages'),
  ],
])(
  'a run that stumbles over a table that is %s names it, and quotes no statement',
  async (_, words, spoil) => {
    const service = await startFailing();
    await spoil(service);
    await expect.poll(async () => (await service.deliver()).message).toContain(words);
    const [incident] = await service.db.rows<{ details: { message: string } }>(
      sql`select * from cronhook.incidents`,
    );
    expect(incident?.details.message).toContain('cronhook.outbox_messages ');
    expect(incident?.details.message).not.toMatch(SQL_TEXT);
  },
);

describe('a failure while notifications cannot be written', () => {
  test('is mailed all the same, and told in the application when they can', async () => {
    const service = await startFailing(['alpha', 'beta']);
    await breakTable(service, 'notifications');
    await service.call1('alpha', 'badly');
    expect(service.smtp.mails).toHaveLength(1);
    await mendTable(service, 'notifications');
    await service.call1('beta', 'well');
    expect(await service.notifications()).toMatchObject([{ kind: 'task_failed' }]);
    expect(service.smtp.mails).toHaveLength(1);
  });
});

test('a failure whose incident cannot be written is recorded all the same', async () => {
  const service = await startFailing();
  await revoke(service, 'insert', 'incidents');
  await expect.poll(async () => (await service.call1('alpha', 'badly')).status).toBe('failed');
  const ended = (await runs(service)).filter(({ task }) => task === 'alpha');
  expect(ended.map(({ status }) => status)).toEqual(['failed']);
  expect(service.log()).toContain('the incident could not be written down');
});

/** A chase whose first mail could not go out. */
async function withChase(service: LokarioService) {
  const company = await service.company();
  await service.settings(company, {});
  await service.document(company, { due_at: '2026-11-01', customer_email: 'customer@example.com' });
  await service.smtp.down();
  await service.followups();
  await service.smtp.up();
}

const NOW = () => new Date('2026-11-20T09:00:00Z');
const recipients = ({ smtp }: LokarioService) => smtp.mails.flatMap(({ to }) => to).sort();

describe('messages whose cause cannot be asked', () => {
  test.each(['followups', 'billing_documents', 'companies', 'billing_settings'])(
    'wait alone while %s is missing, say why in plain words, and leave when it is back',
    async (table) => {
      const service = await startLokario({ now: NOW });
      await withChase(service);
      await service.message();
      await breakTable(service, table);
      const answer = await service.deliver();
      expect(answer).toMatchObject({ status: 'partial', stats: { sent: 1, remaining: 1 } });
      expect(recipients(service)).toEqual(['anna@example.com']);
      expect(answer.errors).toMatchObject([{ message: expect.stringContaining(`cronhook.${table} `) }]);
      expect(answer.errors[0]?.message).not.toMatch(SQL_TEXT);
      const [chase] = (await service.messages()).filter(({ task }) => task === 'followups');
      expect(chase).toMatchObject({ status: 'pending', attempts: 0 });
      expect(chase?.last_error).toContain(`cronhook.${table} `);
      await mendTable(service, table);
      expect(await service.deliver()).toMatchObject({
        status: 'succeeded',
        stats: { sent: 1, remaining: 0 },
      });
      expect(recipients(service)).toEqual(['anna@example.com', 'customer@example.com']);
    },
  );

  test('wait behind a view that fails on a row, and one that lacks a column', async () => {
    const service = await startLokario({ now: NOW });
    await withChase(service);
    await breakTable(service, 'followups');
    await service.db.rows(sql`
      create view cronhook.followups as
      select id, document_id, auto_enabled, case when 1 / (steps_sent - steps_sent) > 0 then stopped_at end as stopped_at
      from cronhook.followups_away
    `);
    await service.message();
    expect(await service.deliver()).toMatchObject({ status: 'partial', stats: { sent: 1, remaining: 1 } });
    await service.db.rows(sql`drop view cronhook.followups`);
    await service.db.rows(
      sql`create view cronhook.followups as select id, document_id from cronhook.followups_away`,
    );
    await service.message({ recipient: 'zoe@example.com' });
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 1, remaining: 1 } });
    expect(answer.errors[0]?.message).toContain('42703');
    expect(answer.errors[0]?.message).not.toMatch(SQL_TEXT);
    expect(recipients(service)).toEqual(['anna@example.com', 'zoe@example.com']);
  });

  test('that do not exist make no delivery partial', async () => {
    const service = await startLokario();
    await breakTable(service, 'appointments');
    await service.message();
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 1 } });
  });
});

describe('without suppressed_addresses', () => {
  test('an alert to ADMIN_EMAIL goes out at once, by its own run and by the outbox', async () => {
    const service = await startFailing(['alpha', 'beta']);
    await breakTable(service, 'suppressed_addresses');
    await service.call1('alpha', 'badly');
    expect(recipients(service)).toEqual(['admin@example.com']);
    await service.smtp.down();
    await service.call1('beta', 'badly');
    await service.smtp.up();
    await service.message();
    await service.message({ task: 'alerts', recipient: 'former-admin@example.com' });
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 1, remaining: 2 } });
    expect(recipients(service)).toEqual(Array(3).fill('admin@example.com'));
    // By the end of the run it is known that mails leave again.
    expect(service.smtp.mails.at(-1)?.subject).toMatch(/^Résolu : Les e-mails ne partent pas/);
    expect(answer.errors).toMatchObject([
      { item: 'suppressed_addresses', message: expect.stringContaining('introuvable') },
    ]);
  });

  test('nobody else gets anything, so that a suppressed address gets nothing, until it is back', async () => {
    const service = await startLokario();
    await service.insert('suppressed_addresses', { address: 'stop@example.com', reason: 'unsubscribed' });
    await service.message({ recipient: 'stop@example.com' });
    await service.message();
    await breakTable(service, 'suppressed_addresses');
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, suppressed: 0, remaining: 2 });
    await mendTable(service, 'suppressed_addresses');
    expect((await service.deliver()).stats).toMatchObject({ sent: 1, suppressed: 1, remaining: 0 });
    expect(recipients(service)).toEqual(['anna@example.com']);
  });

  test('an alert that is refused for good has ended, though no table takes the address', async () => {
    const onRcpt = () => ({ code: 550, message: '5.1.1 no such user' });
    const service = await startFailing(['alpha'], {}, { smtp: { onRcpt } });
    await breakTable(service, 'suppressed_addresses');
    await service.call1('alpha', 'badly');
    expect(await service.messages()).toMatchObject([{ status: 'failed', attempts: 1 }]);
    expect(service.log()).toContain('suppressed_addresses cannot be written');
  });
});
