import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { remindOfAppointments } from '../../src/tasks/agenda/appointments.js';
import { chaseInvoices } from '../../src/tasks/agenda/invoices.js';
import { newTally, type Round } from '../../src/tasks/agenda/round.js';
import { remindOfTodos } from '../../src/tasks/agenda/todos.js';
import { spawnRun } from '../support/run-process.js';
import { onSharedDatabase, read, startTestService, type TestService } from '../support/service.js';
import { startSmtp } from '../support/smtp.js';

const PATH = '/cron/check-overdue-and-reminders';
const NOW = new Date('2026-11-21T14:30:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DOMAIN = sql`cronhook.notifications, cronhook.outbox_messages, cronhook.companies, cronhook.users,
  cronhook.billing_documents, cronhook.todos, cronhook.appointments`;

const startShared = onSharedDatabase();

interface Notice {
  user_id: string;
  kind: string;
  severity: string;
  dedupe_key: string;
  title: string;
  body: string;
  link: string | null;
}

/** The service on emptied tables, at a time that the test turns. */
async function start(options: { env?: Record<string, string>; at?: Date } = {}) {
  const clock = { now: options.at ?? NOW };
  const service = await startShared({ now: () => clock.now, ...(options.env && { env: options.env }) });
  await service.db.rows(sql`truncate ${DOMAIN}`);
  return { clock, ...agendaOf(service) };
}

/** What the tests put into the tables, and find there. */
function agendaOf(service: TestService) {
  const { db } = service;
  const add = async (table: string, row: Record<string, unknown>): Promise<string> => {
    const id = randomUUID();
    const json = JSON.stringify({ id, ...row });
    const columns = sql.join(
      Object.keys({ id, ...row }).map((name) => sql.identifier(name)),
      sql`, `,
    );
    await db.rows(sql`
      insert into cronhook.${sql.identifier(table)} (${columns})
      select ${columns} from json_populate_record(null::cronhook.${sql.identifier(table)}, ${json}::json)
    `);
    return id;
  };
  return {
    ...service,
    company: (row: Record<string, unknown> = {}) => add('companies', { name: 'Atelier Moreau', ...row }),
    user: (row: Record<string, unknown> = {}) =>
      add('users', { name: 'Anna', email: `${randomUUID()}@example.com`, ...row }),
    invoice: (row: Record<string, unknown>) =>
      add('billing_documents', {
        kind: 'invoice',
        number: 'F-2026-042',
        customer_name: 'Boulangerie Petit',
        customer_email: 'petit@example.com',
        total_cents: 123456,
        issued_at: '2026-01-01',
        status: 'sent',
        ...row,
      }),
    todo: (row: Record<string, unknown>) => add('todos', { title: 'Rappeler le notaire', ...row }),
    appointment: (row: Record<string, unknown>) =>
      add('appointments', { title: 'Visite du chantier', ...row }),
    set: (table: string, id: string, change: SQL) =>
      db.rows(sql`update cronhook.${sql.identifier(table)} set ${change} where id = ${id}::uuid`),
    run: (query = '') => read(service.call(`${PATH}?wait=120${query}`)),
    notices: () => db.rows<Notice>(sql`select * from cronhook.notifications order by dedupe_key collate "C"`),
    statusOf: async (id: string) => {
      const [row] = await db.rows<{ status: string }>(
        sql`select status from cronhook.billing_documents where id = ${id}::uuid`,
      );
      return row?.status;
    },
    mails: () =>
      db.rows<{ dedupe_key: string; recipient: string; status: string; subject: string; text_body: string }>(
        sql`select * from cronhook.outbox_messages order by dedupe_key`,
      ),
  };
}

const mailEnv = (port: number) => ({
  SMTP_URL: `smtp://127.0.0.1:${port}`,
  MAIL_FROM: 'Cronhook <cronhook@example.com>',
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
});

const at = (offset: number): Date => new Date(NOW.getTime() + offset);
const epoch = (moment: Date): number => Math.floor(moment.getTime() / 1000);
/** Spaces of every width as one. */
const spaced = (text: string | undefined): string => (text ?? '').replace(/[\s\u00a0\u202f]+/g, ' ');

describe('invoices', () => {
  test('one past its day becomes overdue, and each owner of its company is told once', async () => {
    const service = await start();
    const company = await service.company();
    const owners = [
      await service.user({ company_id: company, role: 'owner' }),
      await service.user({ company_id: company, role: 'owner' }),
    ];
    await service.user({ company_id: company, role: 'admin' });
    await service.user({ company_id: company, role: 'owner', disabled_at: at(-DAY) });
    await service.user({ company_id: company, role: 'owner', deletion_started_at: at(-DAY) });
    await service.user({ company_id: await service.company(), role: 'owner' });
    const url = 'https://app.example.com/invoices/42';
    const id = await service.invoice({ company_id: company, due_at: '2026-11-20', url });

    const first = await service.run();
    expect(first).toMatchObject({ status: 'succeeded' });
    expect(first.message).toBe('Vérification des éléments en retard et des rappels terminée avec succès');
    expect(first.stats).toMatchObject({ invoicesOverdue: 1, notifications: 2, mails: 0, sent: 0, failed: 0 });
    expect(await service.statusOf(id)).toBe('overdue');
    const notices = await service.notices();
    expect(notices.map(({ dedupe_key }) => dedupe_key)).toEqual(
      owners.map((owner) => `invoice-overdue:${id}:2026-11-20:${owner}`).sort(),
    );
    expect(notices.map(({ user_id }) => user_id).sort()).toEqual([...owners].sort());
    expect(notices[0]).toMatchObject({ kind: 'invoice_overdue', severity: 'important', link: url });
    expect(notices[0]?.title).toBe('Facture F-2026-042 en retard de paiement');
    expect(spaced(notices[0]?.body)).toBe(
      'La facture F-2026-042 (Boulangerie Petit, 1 234,56 €) était à régler au plus tard le 20 novembre 2026 et n’est pas payée.',
    );

    expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 0, notifications: 0 });
    expect(await service.notices()).toEqual(notices);
  });

  test('one that is due today, paid, a draft, cancelled, a quote, a credit note or of nothing stays as it is', async () => {
    const service = await start();
    const company_id = await service.company();
    await service.user({ company_id, role: 'owner' });
    const past = { company_id, due_at: '2026-11-01' };
    const untouched = [
      await service.invoice({ company_id, due_at: '2026-11-21' }),
      await service.invoice({ company_id }),
      await service.invoice({ ...past, paid_at: at(-DAY) }),
      await service.invoice({ ...past, status: 'draft' }),
      await service.invoice({ ...past, status: 'paid' }),
      await service.invoice({ ...past, status: 'cancelled' }),
      await service.invoice({ ...past, kind: 'quote' }),
      await service.invoice({ ...past, total_cents: 0 }),
      await service.invoice({ ...past, total_cents: -5_000 }),
    ];
    const statuses = () => Promise.all(untouched.map(service.statusOf));
    const before = await statuses();
    expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 0, notifications: 0 });
    expect(await statuses()).toEqual(before);
  });

  test('one that the application has marked itself is told of too, within 60 days', async () => {
    const service = await start();
    const company_id = await service.company();
    await service.user({ company_id, role: 'owner' });
    const recent = await service.invoice({ company_id, due_at: '2026-09-22', status: 'overdue' });
    await service.invoice({ company_id, due_at: '2026-09-21', status: 'overdue' });
    const old = await service.invoice({ company_id, due_at: '2026-09-21' });
    await service.invoice({ company_id, due_at: '2026-11-01', status: 'overdue', paid_at: at(-DAY) });
    expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 1, notifications: 1 });
    expect((await service.notices())[0]?.dedupe_key).toContain(recent);
    expect(await service.statusOf(old)).toBe('overdue');
  });

  test.each(['archived', 'anonymized'])(
    'one of an %s company becomes overdue without a word',
    async (status) => {
      const service = await start();
      const company_id = await service.company({ status });
      await service.user({ company_id, role: 'owner' });
      await service.invoice({ company_id, due_at: '2026-11-20' });
      expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 1, notifications: 0 });
    },
  );

  test('a new due date is a new cause', async () => {
    const service = await start();
    const company_id = await service.company();
    await service.user({ company_id, role: 'owner' });
    const id = await service.invoice({ company_id, due_at: '2026-11-10' });
    await service.run();
    await service.set('billing_documents', id, sql`due_at = '2026-11-30', status = 'sent'`);
    expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 0, notifications: 0 });
    service.clock.now = new Date('2026-12-01T08:00:00Z');
    expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 1, notifications: 1 });
  });

  test('thousands at once are all marked and told', async () => {
    const service = await start();
    const company_id = await service.company();
    await service.user({ company_id, role: 'owner' });
    await service.user({ company_id, role: 'owner' });
    await service.db.rows(sql`
      insert into cronhook.billing_documents
        (company_id, kind, number, customer_name, customer_email, total_cents, issued_at, due_at, status)
      select ${company_id}::uuid, 'invoice', 'F-' || n, 'C', 'c@example.com', n, '2026-01-01', '2026-11-10',
        case when n % 2 = 0 then 'sent' else 'overdue' end
      from generate_series(1, 5000) as n
    `);
    expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 2500, notifications: 10_000 });
    expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 0, notifications: 0 });
  });

  test('one that the application holds locked is left for the next run', async () => {
    const service = await start();
    const company_id = await service.company();
    const id = await service.invoice({ company_id, due_at: '2026-11-10' });
    await service.db.transaction(async (tx) => {
      await tx.execute(sql`select from cronhook.billing_documents where id = ${id}::uuid for update`);
      expect((await service.run()).stats.invoicesOverdue).toBe(0);
    });
    expect((await service.run()).stats.invoicesOverdue).toBe(1);
  });

  test('a link that a browser must not open is left out', async () => {
    const service = await start();
    const company_id = await service.company();
    await service.user({ company_id, role: 'owner' });
    await service.invoice({ company_id, due_at: '2026-11-10', url: 'javascript:alert(1)' });
    await service.run();
    expect((await service.notices())[0]?.link).toBeNull();
  });
});

describe('todos', () => {
  test('an open one past due is told to its assignee, a critical one as critical', async () => {
    const service = await start();
    const assignee_id = await service.user();
    const due_at = at(-2 * HOUR);
    const normal = await service.todo({ assignee_id, due_at });
    const critical = await service.todo({ assignee_id, due_at, priority: 'critical' });
    await service.todo({ assignee_id, due_at, status: 'done' });
    await service.todo({ assignee_id });
    await service.todo({ assignee_id, due_at: at(HOUR), priority: 'high' });
    expect((await service.run()).stats).toMatchObject({
      todosOverdue: 2,
      todosCritical: 0,
      notifications: 2,
    });
    const notices = await service.notices();
    const notice = (id: string) =>
      notices.find(({ dedupe_key }) => dedupe_key === `todo-overdue:${id}:${epoch(due_at)}`);
    const expected = {
      user_id: assignee_id,
      kind: 'todo_overdue',
      title: 'Tâche en retard : Rappeler le notaire',
    };
    expect(notice(normal)).toMatchObject({ ...expected, severity: 'important' });
    expect(notice(critical)).toMatchObject({ ...expected, severity: 'critical' });
    expect(notice(normal)?.body).toBe(
      '« Rappeler le notaire » était à faire pour le samedi 21 novembre 2026 à 13:30.',
    );
    expect((await service.run()).stats).toMatchObject({ notifications: 0 });
  });

  test('a critical one is announced within 24 hours of its time, and told again once it is past', async () => {
    const service = await start();
    const assignee_id = await service.user();
    const due = at(DAY + 60_000);
    const id = await service.todo({ assignee_id, due_at: due, priority: 'critical' });
    expect((await service.run()).stats).toMatchObject({ todosCritical: 0, notifications: 0 });
    service.clock.now = at(60_000);
    expect((await service.run()).stats).toMatchObject({ todosCritical: 1, notifications: 1 });
    expect((await service.run()).stats).toMatchObject({ todosCritical: 0, notifications: 0 });
    service.clock.now = at(DAY + 120_000);
    expect((await service.run()).stats).toMatchObject({ todosOverdue: 1, notifications: 1 });
    expect(
      (await service.notices()).map(({ kind, severity, dedupe_key }) => [kind, severity, dedupe_key]),
    ).toEqual([
      ['todo_critical', 'critical', `todo-critical:${id}:${epoch(due)}`],
      ['todo_overdue', 'critical', `todo-overdue:${id}:${epoch(due)}`],
    ]);
  });

  test('at every minute around its time a critical one gets one word of each kind', async () => {
    const service = await start();
    const assignee_id = await service.user();
    await service.todo({ assignee_id, due_at: at(0), priority: 'critical' });
    for (let minute = -3; minute <= 3; minute++) {
      service.clock.now = at(minute * 60_000);
      await service.run();
    }
    expect((await service.notices()).map(({ kind }) => kind)).toEqual(['todo_critical', 'todo_overdue']);
  });

  test('a new time is a new cause; done and opened again is not', async () => {
    const service = await start();
    const id = await service.todo({ assignee_id: await service.user(), due_at: at(-HOUR) });
    await service.run();
    await service.set('todos', id, sql`status = 'done'`);
    await service.run();
    await service.set('todos', id, sql`status = 'open'`);
    expect((await service.run()).stats.notifications).toBe(0);
    await service.set('todos', id, sql`due_at = ${at(-60_000).toISOString()}::timestamptz`);
    expect((await service.run()).stats.notifications).toBe(1);
  });

  test('nobody is told who is gone, disabled, being deleted or of an archived company', async () => {
    const service = await start();
    const due_at = at(-HOUR);
    for (const assignee_id of [
      randomUUID(),
      await service.user({ disabled_at: at(-DAY) }),
      await service.user({ deletion_started_at: at(-DAY) }),
      await service.user({ company_id: await service.company({ status: 'archived' }) }),
    ])
      await service.todo({ assignee_id, due_at });
    expect((await service.run()).stats).toMatchObject({ todosOverdue: 0, notifications: 0 });
    await service.todo({ assignee_id: await service.user({ deletion_scheduled_at: at(DAY) }), due_at });
    expect((await service.run()).stats).toMatchObject({ todosOverdue: 1 });
  });

  test('one first seen more than 60 days late stays silent', async () => {
    const service = await start();
    const assignee_id = await service.user();
    await service.todo({ assignee_id, due_at: at(-60 * DAY - 60_000) });
    await service.todo({ assignee_id, due_at: '-infinity' });
    await service.todo({ assignee_id, due_at: 'infinity', priority: 'critical' });
    const told = await service.todo({ assignee_id, due_at: at(-60 * DAY + 60_000) });
    expect((await service.run()).stats).toMatchObject({ todosOverdue: 1, notifications: 1 });
    expect((await service.notices())[0]?.dedupe_key).toContain(told);
  });

  test('a title comes out as it was typed, on one line, at most 200 characters with its heading', async () => {
    const service = await start();
    const assignee_id = await service.user();
    const titles: [typed: string, shown: string][] = [
      ['100 % "fait" d\'ici \\1 \\ $1 {title} %s $x', '100 % "fait" d\'ici \\1 \\ $1 {title} %s $x'],
      ['\ue000 et \ue001 \uf8ff', '\ue000 et \ue001 \uf8ff'],
      ['Deux\r\nlignes\tet \u0007 plus', 'Deux lignes et plus'],
      ['à l’envers \u202etxt.exe', 'à l’envers txt.exe'],
      ['  \n ', 'sans titre'],
      ['é'.repeat(150), 'é'.repeat(150)],
      ['😀'.repeat(151), `${'😀'.repeat(149)}…`],
      ['<b>gras</b> & co', '<b>gras</b> & co'],
    ];
    const ids: string[] = [];
    for (const [title] of titles) ids.push(await service.todo({ assignee_id, due_at: at(-HOUR), title }));
    await service.run();
    const notices = await service.notices();
    for (const [index, [, shown]] of titles.entries()) {
      const notice = notices.find(({ dedupe_key }) => dedupe_key.includes(ids[index] ?? '?'));
      expect(notice?.title).toBe(`Tâche en retard : ${shown}`);
      expect(notice?.body).toBe(`« ${shown} » était à faire pour le samedi 21 novembre 2026 à 14:30.`);
      expect([...(notice?.title ?? '')].length).toBeLessThanOrEqual(200);
    }
  });

  test('an English service says it in English, in its own time zone', async () => {
    const service = await start({ env: { LOCALE: 'en', TIMEZONE: 'America/New_York' } });
    const assignee_id = await service.user();
    await service.todo({ assignee_id, due_at: new Date('2026-11-03T02:05:00Z') });
    await service.run();
    expect((await service.notices())[0]).toMatchObject({
      title: 'Task overdue: Rappeler le notaire',
      body: '“Rappeler le notaire” was due on Monday 2 November 2026 at 21:05.',
    });
  });
});

describe('appointments', () => {
  test('each reminder comes once, at its own time, and only the 24-hour one as a mail', async () => {
    const smtp = await startSmtp();
    const service = await start({ env: mailEnv(smtp.port) });
    const user_id = await service.user({ email: 'anna@example.com' });
    const starts_at = at(DAY + 2 * 60_000);
    const location = '12 rue des Lilas';
    const id = await service.appointment({ user_id, starts_at, location });
    const seen: [minute: number, told: unknown, mails: unknown, sent: unknown][] = [];
    for (const minute of [0, 1, 2, 3, 4, 1381, 1382, 1383, 1441, 1442, 1443, 1500]) {
      service.clock.now = at(minute * 60_000);
      const { stats } = await service.run();
      if (stats.notifications !== 0 || stats.sent !== 0)
        seen.push([minute, stats.appointmentReminders, stats.mails, stats.sent]);
    }
    expect(seen).toEqual([
      [2, 1, 1, 1],
      [1382, 1, 0, 0],
    ]);
    const key = `appointment:${id}:${epoch(starts_at)}`;
    const notices = await service.notices();
    expect(notices.map(({ dedupe_key }) => dedupe_key)).toEqual([
      `${key}:1440:${user_id}`,
      `${key}:60:${user_id}`,
    ]);
    expect(notices[0]).toMatchObject({
      user_id,
      kind: 'appointment_reminder',
      severity: 'info',
      title: 'Rendez-vous : Visite du chantier',
      body: '« Visite du chantier », dimanche 22 novembre 2026 à 15:32, 12 rue des Lilas',
    });
    expect(await service.mails()).toMatchObject([
      { dedupe_key: `${key}:1440:${user_id}`, recipient: 'anna@example.com', status: 'sent' },
    ]);
    const [mail, ...others] = smtp.mails;
    expect(others).toEqual([]);
    expect(mail?.headers['list-unsubscribe']).toMatch(/^<https:\/\/cron\.example\.com\/unsubscribe\/v1\./);
    expect(await mail?.text).toContain('Visite du chantier');
    expect(await mail?.text).toContain(location);
  });

  test('without mail the notification comes alone', async () => {
    const service = await start();
    await service.appointment({ user_id: await service.user(), starts_at: at(20 * HOUR) });
    expect((await service.run()).stats).toMatchObject({ appointmentReminders: 1, mails: 0, sent: 0 });
    expect(await service.mails()).toEqual([]);
  });

  test('a mail that the server does not take stays queued and goes out later', async () => {
    const smtp = await startSmtp();
    const service = await start({ env: mailEnv(smtp.port) });
    await service.appointment({ user_id: await service.user(), starts_at: at(20 * HOUR) });
    await smtp.down();
    const first = await service.run();
    expect(first).toMatchObject({ status: 'partial', stats: { mails: 1, sent: 0 } });
    await smtp.up();
    service.clock.now = at(15 * 60_000);
    expect((await service.run()).stats).toMatchObject({ mails: 0, sent: 1 });
    expect(smtp.mails).toHaveLength(1);
  });

  test('one that is cancelled, done or over reminds of nothing', async () => {
    const service = await start();
    const user_id = await service.user();
    await service.appointment({ user_id, starts_at: at(HOUR), status: 'cancelled' });
    await service.appointment({ user_id, starts_at: at(HOUR), status: 'done' });
    await service.appointment({ user_id, starts_at: at(-60_000) });
    await service.appointment({ user_id, starts_at: at(-10 * DAY) });
    await service.appointment({ user_id, starts_at: 'infinity' });
    expect((await service.run()).stats).toMatchObject({ appointmentReminders: 0, notifications: 0 });
  });

  test('a moved one reminds at its new time, never at the old one', async () => {
    const service = await start();
    const user_id = await service.user();
    const id = await service.appointment({
      user_id,
      starts_at: at(2 * HOUR),
      reminder_minutes: [60],
    });
    const moved = at(5 * HOUR);
    await service.set('appointments', id, sql`starts_at = ${moved.toISOString()}::timestamptz`);
    const toldAt: number[] = [];
    for (let quarter = 0; quarter <= 24; quarter++) {
      service.clock.now = at(quarter * 15 * 60_000);
      if ((await service.run()).stats.notifications !== 0) toldAt.push(quarter / 4);
    }
    expect(toldAt).toEqual([4]);
    expect((await service.notices())[0]?.dedupe_key).toBe(`appointment:${id}:${epoch(moved)}:60:${user_id}`);
  });

  test('a reminder at the start itself may come up to 30 minutes late', async () => {
    const service = await start();
    const user_id = await service.user();
    const reminder_minutes = [0];
    await service.appointment({ user_id, starts_at: at(-30 * 60_000), reminder_minutes });
    const told = await service.appointment({ user_id, starts_at: at(-29 * 60_000), reminder_minutes });
    await service.appointment({ user_id, starts_at: at(60_000), reminder_minutes });
    expect((await service.run()).stats).toMatchObject({ appointmentReminders: 1 });
    expect((await service.notices())[0]?.dedupe_key).toContain(told);
  });

  test('minutes that make no sense are ignored, and the same twice counts once', async () => {
    const service = await start();
    const user_id = await service.user();
    const starts_at = at(HOUR);
    const id = await service.appointment({
      user_id,
      starts_at,
      reminder_minutes: [60, 60, null, -5, -2147483648, 525601, 2147483647, 120],
    });
    await service.appointment({ user_id, starts_at, reminder_minutes: [] });
    expect((await service.run('&dryRun=true')).stats).toMatchObject({ appointmentReminders: 2 });
    expect((await service.run()).stats).toMatchObject({ appointmentReminders: 2 });
    const key = `appointment:${id}:${epoch(starts_at)}`;
    expect((await service.notices()).map(({ dedupe_key }) => dedupe_key)).toEqual([
      `${key}:120:${user_id}`,
      `${key}:60:${user_id}`,
    ]);
  });

  test('a reminder whose time passed more than 60 days ago stays silent', async () => {
    const service = await start();
    const reminder_minutes = [525_600, 61 * 1440, 59 * 1440];
    const user_id = await service.user();
    const id = await service.appointment({
      user_id,
      starts_at: at(HOUR),
      reminder_minutes,
    });
    await service.run();
    expect((await service.notices()).map(({ dedupe_key }) => dedupe_key)).toEqual([
      `appointment:${id}:${epoch(at(HOUR))}:${59 * 1440}:${user_id}`,
    ]);
  });

  test('thousands of one moment are all told', async () => {
    const service = await start();
    const user_id = await service.user();
    await service.db.rows(sql`
      insert into cronhook.appointments (user_id, title, starts_at)
      select ${user_id}::uuid, 'Point ' || n, ${at(HOUR / 2).toISOString()}::timestamptz from generate_series(1, 1300) n
    `);
    expect((await service.run()).stats).toMatchObject({ appointmentReminders: 2600, notifications: 2600 });
    expect((await service.run()).stats).toMatchObject({ notifications: 0 });
  });
});

describe.each([
  ['spring', '2026-03-28T12:00:00Z'],
  ['autumn', '2026-10-24T12:00:00Z'],
])('around the clock change of %s', (_season, noon) => {
  test('every hour each cause is told once, at its own hour', { timeout: 240_000 }, async () => {
    const from = new Date(noon);
    const hour = (n: number) => new Date(from.getTime() + n * HOUR);
    const service = await start({ at: from });
    const company_id = await service.company();
    const user_id = await service.user({ company_id, role: 'owner' });
    const paris = (moment: Date) =>
      Object.fromEntries(
        new Intl.DateTimeFormat('fr-FR', {
          timeZone: 'Europe/Paris',
          dateStyle: 'short',
          timeStyle: 'short',
        })
          .formatToParts(moment)
          .map(({ type, value }) => [type, value]),
      );
    const dayOf = (moment: Date) => {
      const { year, month, day } = paris(moment);
      return `${year}-${month}-${day}`;
    };
    const last = 40;
    const expected = new Map<string, number>();
    for (const day of [dayOf(from), dayOf(hour(24))]) {
      const id = await service.invoice({ company_id, due_at: day });
      const first = Array.from({ length: last + 1 }, (_, n) => n).find((n) => dayOf(hour(n)) > day);
      expected.set(`invoice-overdue:${id}:${day}:${user_id}`, first as number);
    }
    const shown = new Map<string, string>();
    for (let n = 1; n <= last; n++) {
      const second = epoch(hour(n));
      const todo = await service.todo({ assignee_id: user_id, due_at: hour(n), priority: 'critical' });
      expected.set(`todo-overdue:${todo}:${second}`, n);
      expected.set(`todo-critical:${todo}:${second}`, Math.max(0, n - 24));
      const { hour: hours, minute } = paris(hour(n));
      const day = hour(n).toLocaleDateString('fr-FR', { timeZone: 'Europe/Paris', dateStyle: 'full' });
      shown.set(`todo-overdue:${todo}:${second}`, `${day} à ${hours}:${minute}`);
      const appointment = await service.appointment({ user_id, starts_at: hour(n) });
      expected.set(`appointment:${appointment}:${second}:60:${user_id}`, n - 1);
      expected.set(`appointment:${appointment}:${second}:1440:${user_id}`, Math.max(0, n - 24));
    }
    const told = new Map<string, number>();
    for (let n = 0; n <= last; n++) {
      service.clock.now = hour(n);
      expect((await service.run()).status).toBe('succeeded');
      for (const { dedupe_key } of await service.notices())
        if (!told.has(dedupe_key)) told.set(dedupe_key, n);
    }
    expect([...told].sort()).toEqual([...expected].sort());
    for (const { dedupe_key, body } of await service.notices())
      expect(body).toContain(shown.get(dedupe_key) ?? '');
  });
});

describe('one word for each cause', () => {
  test('after three days of silence each is told once', async () => {
    const service = await start();
    const company_id = await service.company();
    const user = await service.user({ company_id, role: 'owner' });
    await service.todo({ assignee_id: user, due_at: at(HOUR), priority: 'critical' });
    await service.todo({ assignee_id: user, due_at: at(2 * DAY) });
    await service.invoice({ company_id, due_at: '2026-11-21' });
    await service.appointment({ user_id: user, starts_at: at(DAY) });
    await service.appointment({ user_id: user, starts_at: at(3 * DAY + HOUR / 2) });
    service.clock.now = at(3 * DAY);
    expect((await service.run()).stats).toMatchObject({
      invoicesOverdue: 1,
      todosOverdue: 2,
      todosCritical: 0,
      appointmentReminders: 2,
      notifications: 5,
    });
    expect((await service.run()).stats.notifications).toBe(0);
  });

  test('two runs of the same statements at the same moment tell it once', { timeout: 240_000 }, async () => {
    const smtp = await startSmtp();
    const first = await start({ env: mailEnv(smtp.port) });
    const second = await startTestService({
      databaseUrl: first.databaseUrl,
      migrated: false,
      now: () => NOW,
      env: mailEnv(smtp.port),
    });
    const company_id = await first.company();
    const user = await first.user({ company_id, role: 'owner' });
    await first.db.rows(sql`
      insert into cronhook.todos (assignee_id, title, due_at)
      select ${user}::uuid, 'T', ${at(-HOUR).toISOString()}::timestamptz from generate_series(1, 3000)
    `);
    for (let n = 0; n < 20; n++) {
      await first.invoice({ company_id, due_at: '2026-11-20' });
      await first.appointment({ user_id: user, starts_at: at(20 * HOUR) });
    }
    /** As if both held the lease. */
    const roundOf = ({ db, context }: TestService): Round =>
      ({
        ...context,
        mail: context.services.mail,
        vault: context.services.vault,
        dryRun: false,
        now: NOW,
        tally: newTally(),
        db: { rows: db.rows, write: db.transaction },
      }) as unknown as Round;
    const rounds = [roundOf(first), roundOf(second), roundOf(first), roundOf(second)];
    await Promise.all(
      rounds.map(async (round) => {
        await Promise.all([remindOfTodos(round), chaseInvoices(round), remindOfAppointments(round)]);
      }),
    );
    const sum = (count: (round: Round) => number) => rounds.reduce((total, round) => total + count(round), 0);
    expect(sum(({ tally }) => tally.todosOverdue)).toBe(3000);
    expect(sum(({ tally }) => tally.invoicesOverdue)).toBe(20);
    expect(sum(({ tally }) => tally.mails)).toBe(20);
    expect(sum(({ tally }) => tally.notifications)).toBe(3040);
    expect(await first.notices()).toHaveLength(3040);
    expect((await first.run()).stats).toMatchObject({ notifications: 0, sent: 20 });
    expect(smtp.mails).toHaveLength(20);
  });

  test('a run killed again and again loses nothing and says nothing twice', {
    timeout: 240_000,
  }, async () => {
    const service = agendaOf(await startTestService());
    const company_id = await service.company();
    const user = await service.user({ company_id, role: 'owner' });
    await service.db.rows(sql`
      insert into cronhook.todos (assignee_id, title, due_at)
      select ${user}::uuid, 'T ' || n, now() - interval '1 hour' - n * interval '1 second' from generate_series(1, 60000) n
    `);
    await service.db.rows(sql`
      insert into cronhook.billing_documents
        (company_id, kind, number, customer_name, customer_email, total_cents, issued_at, due_at, status)
      select ${company_id}::uuid, 'invoice', 'F-' || n, 'C', 'c@example.com', n, current_date - 40, current_date - 10, 'sent'
      from generate_series(1, 6000) n
    `);
    const told = async () => {
      const [row] = await service.db.rows<{ count: number }>(
        sql`select count(*)::int as count from cronhook.notifications`,
      );
      return row?.count ?? 0;
    };
    let kills = 0;
    for (const wanted of [0, 25_000, 60_000, 62_000]) {
      const run = spawnRun('overdue-reminders', { DATABASE_URL: service.databaseUrl });
      while ((await told()) < wanted && run.child.exitCode === null) await sleep(2);
      // The first one within the start, the others a moment after something was written.
      await sleep(wanted === 0 ? 900 : Math.random() * 30);
      if (run.child.exitCode !== null) continue;
      run.child.kill('SIGKILL');
      await run.ended;
      kills += 1;
      await service.db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
    }
    expect(kills).toBeGreaterThan(1);
    const run = spawnRun('overdue-reminders', { DATABASE_URL: service.databaseUrl });
    expect((await run.ended)[0], run.output()).toBe(0);
    const counts = await service.db.rows(sql`
      select kind, count(*)::int as told, count(distinct split_part(dedupe_key, ':', 2))::int as causes
      from cronhook.notifications where user_id is not null group by kind order by kind
    `);
    expect(counts).toEqual([
      { kind: 'invoice_overdue', told: 6_000, causes: 6_000 },
      { kind: 'todo_overdue', told: 60_000, causes: 60_000 },
    ]);
    const left = await service.db.rows(sql`select from cronhook.billing_documents where status <> 'overdue'`);
    expect(left).toEqual([]);
  });
});

describe('the run', () => {
  test('tells 100,000 open todos in a handful of statements, and finds nothing new through indexes', {
    timeout: 240_000,
  }, async () => {
    const service = await start();
    await service.db.rows(sql`
      insert into cronhook.users (name, email) select 'U' || n, 'u' || n || '@example.com' from generate_series(1, 500) n
    `);
    await service.db.rows(sql`
      insert into cronhook.todos (assignee_id, title, due_at, priority)
      select id, 'Tâche 100 %', ${NOW.toISOString()}::timestamptz - (n * 500 + r) * interval '30 seconds', 'critical'
      from (select id, row_number() over () as r from cronhook.users) as one, generate_series(0, 199) n
    `);
    await service.db.rows(sql`analyze`);
    const sent = recordStatements(service.db);
    const aboutTodos = () => sent.filter((statement) => textOf(statement).includes('cronhook.todos'));
    expect((await service.run()).stats).toMatchObject({ todosOverdue: 100_000, notifications: 100_000 });
    expect(aboutTodos().length).toBeLessThanOrEqual(6);

    await service.db.rows(sql`analyze`);
    sent.length = 0;
    expect((await service.run()).stats).toMatchObject({ todosOverdue: 0, notifications: 0 });
    expect(aboutTodos()).toHaveLength(2);
    for (const statement of aboutTodos()) {
      const plan = await service.db.rows<Record<string, string>>(sql`explain ${statement}`);
      const lines = plan.map((row) => row['QUERY PLAN'] ?? '').join('\n');
      expect(lines).toContain('using notifications_dedupe_key_unique on notifications');
      expect(lines).toContain('todos_due');
      expect(lines).not.toMatch(/Seq Scan on (notifications|todos)/);
    }
  });

  test('in a dry run writes nothing and foresees what a real one does', async () => {
    const smtp = await startSmtp();
    const service = await start({ env: mailEnv(smtp.port) });
    const company_id = await service.company();
    const user = await service.user({ company_id, role: 'owner', name: 'Zoé Personne' });
    const sent = await service.invoice({ company_id, due_at: '2026-11-20' });
    await service.invoice({ company_id, due_at: '2026-11-20', status: 'overdue' });
    await service.invoice({ company_id, due_at: '2026-01-20' });
    await service.todo({ assignee_id: user, due_at: at(-HOUR) });
    await service.todo({ assignee_id: user, due_at: at(HOUR), priority: 'critical' });
    await service.appointment({ user_id: user, starts_at: at(HOUR / 2) });
    const dry = await service.run('&dryRun=true');
    expect(await service.notices()).toEqual([]);
    expect(await service.mails()).toEqual([]);
    expect(await service.statusOf(sent)).toBe('sent');
    expect(dry.stats).toMatchObject({ notifications: 6, mails: 1, sent: 0 });
    const [run] = await service.db.rows<{ details: Record<string, unknown>[] }>(
      sql`select details from cronhook.task_runs where id = ${dry.runId}::uuid`,
    );
    expect(run?.details).toHaveLength(8);
    expect(run?.details).toContainEqual({ item: `invoice:${sent}`, status: 'overdue' });
    expect(run?.details).toContainEqual({
      item: `invoice-overdue:${sent}:2026-11-20:${user}`,
      notify: user,
      kind: 'invoice_overdue',
    });
    // The history of runs outlives accounts: it names nobody.
    expect(JSON.stringify(run)).not.toMatch(/Zoé|Boulangerie|notaire|chantier|@/);

    const { stats } = await service.run();
    expect(stats).toMatchObject({ ...dry.stats, sent: 1 });
  });

  test('leaves alone whoever is being deleted at that very moment', async () => {
    const service = await start();
    const company_id = await service.company();
    const user = await service.user({ company_id, role: 'owner' });
    await service.todo({ assignee_id: user, due_at: at(-HOUR) });
    await service.invoice({ company_id, due_at: '2026-11-20' });
    await service.appointment({ user_id: user, starts_at: at(HOUR) });
    await service.db.transaction(async (tx) => {
      await tx.execute(sql`select from cronhook.users where id = ${user}::uuid for update`);
      await tx.execute(sql`delete from cronhook.notifications where user_id = ${user}::uuid`);
      await tx.execute(sql`delete from cronhook.users where id = ${user}::uuid`);
      expect((await service.run()).stats).toMatchObject({ invoicesOverdue: 1, notifications: 0 });
    });
    expect((await service.run()).stats).toMatchObject({ notifications: 0 });
    expect(await service.notices()).toEqual([]);
  });

  test('goes on when one of the tables cannot be read, and says which', async () => {
    const service = agendaOf(await startTestService({ now: () => NOW }));
    const company_id = await service.company();
    const user = await service.user({ company_id, role: 'owner' });
    await service.invoice({ company_id, due_at: '2026-11-20' });
    await service.appointment({ user_id: user, starts_at: at(HOUR / 2), reminder_minutes: [60] });
    await service.db.rows(sql`alter table cronhook.todos rename column due_at to deadline`);
    const answer = await service.run();
    expect(answer).toMatchObject({ status: 'partial', stats: { notifications: 2, failed: 1 } });
    expect(answer.errors).toMatchObject([{ item: 'todos' }]);
    expect(JSON.stringify(answer)).not.toMatch(/select|due_at|column/);
  });
});

/** The texts and parameters of a statement. */
const textOf = (statement: SQL): string => JSON.stringify(statement.queryChunks);

/** Every statement that runs send from now on, those of the lease included. */
function recordStatements(db: TestService['db']): SQL[] {
  const sent: SQL[] = [];
  const { rows, transaction } = db;
  db.rows = (statement) => {
    sent.push(statement);
    return rows(statement);
  };
  db.transaction = (work) =>
    transaction((tx) => {
      const execute = tx.execute.bind(tx);
      tx.execute = ((statement: SQL) => {
        sent.push(statement);
        return execute(statement);
      }) as typeof tx.execute;
      return work(tx);
    });
  return sent;
}
