import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type AccountsService, startAccounts, YESTERDAY } from '../support/accounts.js';

const EMAIL = 'jeanne@exemple.fr';
const LATER = '2027-01-01T00:00:00Z';

const notify = (service: AccountsService, userId: string | null, body: string) =>
  service.insert('notifications', {
    id: randomUUID(),
    user_id: userId,
    kind: 'x',
    severity: 'info',
    dedupe_key: `test:${randomUUID()}`,
    title: 'x',
    body,
  });

const bodies = async (service: AccountsService) =>
  Object.fromEntries((await service.notifications()).map(({ user_id, body }) => [user_id ?? 'admin', body]));

const farewellsAside = async (service: AccountsService) =>
  (await service.messages()).filter(({ ephemeral }) => !ephemeral);

describe('a mailbox', () => {
  test('of a company in which somebody is left stays, whoever logs in to it', async () => {
    const service = await startAccounts();
    const company = await service.company();
    await service.user(company);
    const mailboxes = [
      await service.mailbox(company, { email: EMAIL }),
      await service.mailbox(company, { email: 'contact@exemple.fr', username: EMAIL }),
    ];
    await service.leaving(company, { email: EMAIL, role: 'member' });
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1 } });
    expect((await service.mailboxes()).sort()).toEqual(mailboxes.sort());
  });

  test('of another company stays; one of no company goes with the person whose address or user name it has', async () => {
    const service = await startAccounts();
    const [own, other] = [await service.company(), await service.company()];
    await service.user(other);
    const stays = [
      await service.mailbox(other, { email: EMAIL }),
      await service.mailbox(other, { email: 'info@other.example', username: EMAIL }),
      await service.mailbox(null, { email: `joanna.${EMAIL}` }),
    ];
    await service.mailbox(null, { email: EMAIL.toUpperCase() });
    await service.mailbox(null, { email: 'info@exemple.fr', username: EMAIL });
    await service.mailbox(own, { email: 'contact@exemple.fr' });
    await service.leaving(own, { email: EMAIL });
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1 } });
    expect((await service.mailboxes()).sort()).toEqual(stays.sort());
  });

  test('that goes is no longer named by runs and incidents, and its address says nothing elsewhere', async () => {
    const service = await startAccounts();
    const [own, other] = [await service.company(), await service.company()];
    const reader = await service.user(other);
    await service.mailbox(own, { email: 'Contact@exemple.fr' });
    await service.leaving(own, { email: EMAIL });
    await service.insert('incidents', {
      id: randomUUID(),
      source: 'x',
      severity: 'info',
      title: 'contact@exemple.fr est injoignable',
      details: {},
      opened_at: YESTERDAY,
      last_seen_at: YESTERDAY,
    });
    const run = randomUUID();
    await service.insert('task_runs', {
      id: run,
      task: 'inbox-sync',
      status: 'partial',
      trigger: 'http',
      host: 'x',
      dry_run: false,
      started_at: YESTERDAY,
      errors: [{ item: 'Contact@exemple.fr', message: 'x' }],
    });
    await notify(service, reader, 'contact@exemple.fr a répondu');
    const message = await service.message({ recipient: 'contact@exemple.fr', next_attempt_at: LATER });
    await service.runDeletions();
    const [row] = await service.db.rows(sql`
      select title, errors from cronhook.incidents, cronhook.task_runs run where run.id = ${run}::uuid and source = 'x'
    `);
    expect(row).toEqual({
      title: '[supprimé] est injoignable',
      errors: [{ item: '[supprimé]', message: 'x' }],
    });
    expect(await bodies(service)).toEqual({ [reader]: 'contact@exemple.fr a répondu' });
    expect((await farewellsAside(service)).map(({ id }) => id)).toEqual([message]);
  });
});

describe('a company that goes', () => {
  test('takes nothing of others along, whatever address, number and name it had given itself', async () => {
    const service = await startAccounts();
    const victim = await service.company();
    const reader = await service.user(victim);
    const customer = 'bigcustomer@example.com';
    const evil = await service.company({ name: 'Big Customer', email: customer, phone: '06 12 34 56 78' });
    await service.leaving(evil);
    const queued = { next_attempt_at: LATER };
    const messages = [
      await service.message({ ...queued, recipient: customer }),
      await service.message({ ...queued, recipient: '+33612345678', channel: 'sms' }),
      await service.message({ ...queued, text_body: `Big Customer <${customer}>` }),
    ];
    for (const [address, reason] of [
      [customer, 'unsubscribed'],
      ['+33612345678', 'stop'],
    ])
      await service.insert('suppressed_addresses', { address, reason });
    const text = `Big Customer <${customer}>, 06 12 34 56 78`;
    await notify(service, reader, text);
    await notify(service, null, text);
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1 } });
    expect((await farewellsAside(service)).map(({ id }) => id).sort()).toEqual(messages.sort());
    expect(JSON.stringify(await service.messages())).toContain(`Big Customer <${customer}>`);
    expect(
      await service.db.rows(sql`select address, reason from cronhook.suppressed_addresses order by address`),
    ).toEqual([
      { address: '+33612345678', reason: 'stop' },
      { address: customer, reason: 'unsubscribed' },
    ]);
    expect(await bodies(service)).toEqual({ [reader]: text, admin: text });
    const [row] = await service.db.rows(
      sql`select name, email, phone from cronhook.companies where id = ${evil}::uuid`,
    );
    expect(row).toEqual({ name: 'Entreprise supprimée', email: null, phone: null });
  });

  test('takes along what it has sent and was to send to its customers, and nothing that others send', async () => {
    const service = await startAccounts();
    const [company, other] = [await service.company(), await service.company()];
    await service.user(other);
    await service.leaving(company);
    const chased = async (companyId: string) => {
      const document = await service.document(companyId);
      const followup = { id: randomUUID(), document_id: document, auto_enabled: true, steps_sent: 1 };
      await service.insert('followups', followup);
      return { document, followup: followup.id };
    };
    const [own, others] = [await chased(company), await chased(other)];
    for (const [index, status] of ['held', 'sent', 'failed', 'cancelled', 'suppressed'].entries())
      await service.message({ dedupe_key: `followup:${own.followup}:${index}`, status });
    const stays = [
      await service.message({ dedupe_key: `followup:${others.followup}:1`, status: 'sent' }),
      await service.message({ dedupe_key: `reminder:${own.followup}:1`, status: 'sent' }),
    ];
    const [preview] = (await service.runDeletions('&dryRun=true')).details as unknown[];
    expect(preview).toMatchObject({ delete: { outbox_messages: 5 } });
    await service.runDeletions();
    expect((await farewellsAside(service)).map(({ id }) => id).sort()).toEqual(stays.sort());
    expect((await service.deletions())[0]).toMatchObject({ counts: { outbox_messages: 5, followups: 1 } });
    expect(await service.chase(own.document)).toMatchObject({
      stopped_reason: 'company_deleted',
      steps_sent: 1,
    });
    expect(await service.chase(others.document)).toMatchObject({ stopped_at: null });
  });
});

describe('a name', () => {
  test('of any words is replaced only where colleagues and administrators read', async () => {
    const service = await startAccounts();
    const [own, other] = [await service.company(), await service.company()];
    const [colleague, stranger] = [
      await service.user(own, { email: 'Luc@exemple.fr' }),
      await service.user(other),
    ];
    const phone = '06 12 34 56 78';
    await service.leaving(own, { email: EMAIL, name: 'est en retard', phone, stripe_customer_id: 'cus_12' });
    service.stripe.addCustomer('cus_12', 0);
    const text = `F-1 est en retard : ${phone}, cus_12, ${EMAIL}`;
    for (const reader of [colleague, stranger, null]) await notify(service, reader, text);
    const ended = { text_body: text, status: 'sent' };
    await service.message({ ...ended, recipient: 'luc@EXEMPLE.fr' });
    await service.message({ ...ended, recipient: 'client@other.example' });
    await service.message({ text_body: text, recipient: 'luc@exemple.fr', next_attempt_at: LATER });
    await service.insert('suppressed_addresses', { address: 'x@other.example', reason: text });
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1 } });

    const everything = 'F-1 [supprimé] : [supprimé], [supprimé], [supprimé]';
    const addressOnly = `F-1 est en retard : ${phone}, cus_12, [supprimé]`;
    expect(await bodies(service)).toEqual({
      [colleague]: everything,
      admin: everything,
      [stranger]: addressOnly,
    });
    expect((await farewellsAside(service)).map(({ recipient, text_body }) => [recipient, text_body])).toEqual(
      [
        ['luc@EXEMPLE.fr', everything],
        ['client@other.example', addressOnly],
        ['luc@exemple.fr', everything],
      ],
    );
    expect(await service.db.rows(sql`select reason from cronhook.suppressed_addresses`)).toEqual([
      { reason: addressOnly },
    ]);
  });

  test('stays with a namesake in other companies, in what waits to be sent too', async () => {
    const service = await startAccounts();
    const name = 'Jeanne Petit';
    const others = await service.company({ name: 'Les Autres' });
    const namesake = await service.user(others, { name, email: `joanna-${EMAIL}` });
    await service.leaving(null, { name, email: EMAIL });
    await service.settings(others, { sender_name: name, reply_to: `joanna-${EMAIL}` });
    await service.message({ text_body: `Bonjour ${name} <joanna-${EMAIL}>`, next_attempt_at: LATER });
    await service.insert('todos', {
      id: randomUUID(),
      company_id: others,
      assignee_id: namesake,
      title: `Appeler ${name}`,
      priority: 'low',
      status: 'open',
    });
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1 } });
    expect(await service.users()).toEqual([namesake]);
    const [row] = await service.db.rows<Record<string, unknown>>(sql`
      select text_body, title, sender_name, reply_to
      from cronhook.outbox_messages, cronhook.todos, cronhook.billing_settings where not ephemeral
    `);
    expect(row).toEqual({
      text_body: `Bonjour ${name} <joanna-${EMAIL}>`,
      title: `Appeler ${name}`,
      sender_name: name,
      reply_to: `joanna-${EMAIL}`,
    });
  });
});

test('a user without an address takes nothing of others along', async () => {
  const service = await startAccounts();
  const sealed = await service.message({ recipient: '', ephemeral: true, status: 'failed' });
  const mailbox = await service.mailbox(null, { email: '', username: '' });
  await service.leaving(null, { email: ' ', name: '' });
  expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1, sent: 0 } });
  expect((await service.messages()).map(({ id }) => id)).toContain(sealed);
  expect(await service.mailboxes()).toEqual([mailbox]);
});
