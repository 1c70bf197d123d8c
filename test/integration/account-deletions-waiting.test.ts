import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { rowsOf } from '../../src/db/client.js';
import { eraseUser } from '../../src/tasks/accounts/erase.js';
import { type AccountsService, NIGHT, startAccounts } from '../support/accounts.js';

const ANNA = { name: 'Anna Martin', phone: '06 11 22 33 44', email: 'anna@exemple.fr' };
const TEXT = `Entretien avec ${ANNA.name} (${ANNA.phone})`;
const CLEAN = 'Entretien avec [supprimé] ([supprimé])';
const LATER = '2027-01-01T00:00:00Z';
const ADMIN = 'admin@service.example';

/** Anna, who leaves, and Luc, who stays. */
async function colleagues(service: AccountsService) {
  const company = await service.company();
  const luc = await service.user(company, { email: 'luc@exemple.fr' });
  const anna = await service.leaving(company, { ...ANNA, role: 'member' });
  return { company, luc, anna };
}

const reminder = (service: AccountsService, values: Record<string, unknown> = {}) =>
  service.message({
    recipient: 'Luc@exemple.fr',
    subject: TEXT,
    text_body: TEXT,
    html_body: `<p>${TEXT}</p>`,
    next_attempt_at: LATER,
    ...values,
  });

describe('a message that waits', () => {
  test.each(['pending', 'held'])(
    'for a colleague (%s) goes out without the person who is gone',
    async (status) => {
      const service = await startAccounts();
      await colleagues(service);
      const id = await reminder(service, { status });
      await service.runDeletions();
      await service.db.rows(sql`
      update cronhook.outbox_messages set status = 'pending', next_attempt_at = '2026-11-20' where id = ${id}::uuid
    `);
      await service.deliver();
      const sent = service.smtp.mails.filter(({ to }) => /luc@/i.test(to.join()));
      expect(sent).toHaveLength(1);
      const row = (await service.messages()).find((message) => message.id === id);
      expect(row).toMatchObject({
        status: 'sent',
        subject: CLEAN,
        text_body: CLEAN,
        html_body: `<p>${CLEAN}</p>`,
      });
    },
  );

  test('and that a sender holds at that moment goes out once, and is stored without the person', async () => {
    const service = await startAccounts();
    const { anna } = await colleagues(service);
    const id = await reminder(service, { next_attempt_at: '2026-11-20' });
    service.smtp.onData = async () => {
      const [row] = await service.db.rows<{ status: string }>(
        sql`select status from cronhook.outbox_messages where id = ${id}::uuid`,
      );
      expect(row?.status).toBe('sending');
      await service.db.transaction((tx) =>
        eraseUser(tx, anna, {
          messages: service.context.messages,
          adminEmail: undefined,
          vault: undefined,
          now: NIGHT,
          claimed: false,
          mayCloseCompany: true,
        }),
      );
      return undefined;
    };
    await service.deliver();
    await service.deliver();
    expect(service.smtp.mails).toHaveLength(1);
    expect((await service.messages()).find((message) => message.id === id)).toMatchObject({
      status: 'sent',
      text_body: CLEAN,
    });
  });

  test('to another company’s customer keeps its words', async () => {
    const service = await startAccounts();
    await colleagues(service);
    const followup = { dedupe_key: `followup:${randomUUID()}:1`, recipient: ANNA.email };
    const others = [
      await reminder(service, followup),
      await reminder(service, { recipient: 'x@other.example' }),
    ];
    await service.runDeletions();
    const stays = (await service.messages()).filter(({ id }) => others.includes(id));
    expect(stays.map(({ text_body }) => text_body)).toEqual([TEXT, TEXT]);
  });
});

test('a mail to the administrators loses the name, sent or not', async () => {
  const service = await startAccounts({ env: { ADMIN_EMAIL: ADMIN } });
  await colleagues(service);
  for (const status of ['pending', 'sent'])
    await reminder(service, { recipient: ADMIN.toUpperCase(), status });
  await service.runDeletions();
  const mails = (await service.messages()).filter(({ recipient }) => recipient === ADMIN.toUpperCase());
  expect(mails.map(({ text_body }) => text_body)).toEqual([CLEAN, CLEAN]);
});

test('todos and appointments of a colleague lose the name, also those of no company', async () => {
  const service = await startAccounts();
  const { company, luc } = await colleagues(service);
  const stranger = await service.user(await service.company());
  for (const [owner, person] of [
    [null, luc],
    [company, luc],
    [null, stranger],
  ] as const) {
    const title = `${TEXT}, ${ANNA.email}`;
    const row = { company_id: owner, title };
    const id = randomUUID();
    await service.insert('todos', { ...row, id, assignee_id: person, priority: 'low', status: 'open' });
    await service.insert('appointments', {
      ...row,
      id,
      user_id: person,
      starts_at: LATER,
      location: `chez ${ANNA.name}`,
      reminder_minutes: [60],
      status: 'planned',
    });
  }
  await service.runDeletions();
  const rows = await service.db.transaction((tx) =>
    rowsOf(
      tx,
      sql`select distinct todo.title = appointment.title as same, todo.title, location
        from cronhook.todos todo join cronhook.appointments appointment using (id)
        where assignee_id = ${luc}::uuid`,
    ),
  );
  expect(rows).toEqual([{ same: true, title: `${CLEAN}, [supprimé]`, location: 'chez [supprimé]' }]);
  const [other] = await service.db.rows(
    sql`select title from cronhook.todos where assignee_id = ${stranger}::uuid`,
  );
  expect(other).toEqual({ title: `${TEXT}, ${ANNA.email}` });
});
