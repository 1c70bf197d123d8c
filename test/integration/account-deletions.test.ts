import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AccountsService, startAccounts, TOMORROW, YESTERDAY } from '../support/accounts.js';
import { problem } from '../support/stripe.js';

const subjects = (service: AccountsService) => service.smtp.mails.map(({ subject, to }) => [subject, to]);

const started = async (service: AccountsService) =>
  service.db.rows(sql`select id from cronhook.users where deletion_started_at is not null`);

/** The team's application on a connection of its own. */
function application({ databaseUrl }: AccountsService) {
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  onTestFinished(() => client.end({ timeout: 1 }));
  return client;
}

/** Until somebody waits for a lock on the database. */
async function waitsForLock({ db }: AccountsService): Promise<void> {
  for (;;) {
    const waiting = await db.rows(
      sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await sleep(10);
  }
}

describe('an account whose time has come', () => {
  test('goes, with one farewell and one audit row without personal data', async () => {
    const service = await startAccounts();
    const company = await service.company();
    const stays = await service.user(company);
    const goes = await service.leaving(company, {
      role: 'member',
      email: 'Jeanne@exemple.fr',
      name: 'Jeanne Petit',
    });
    const answer = await service.runDeletions();
    expect(answer).toMatchObject({
      status: 'succeeded',
      message: 'Traitement des suppressions de comptes terminé avec succès',
      stats: { due: 1, deleted: 1, blocked: 0, subscriptionsCancelled: 0, unstored: 0, sent: 1, failed: 0 },
    });
    expect(await service.users()).toEqual([stays]);
    expect(service.smtp.mails).toHaveLength(1);
    expect(service.smtp.mails[0]?.to).toEqual(['Jeanne@exemple.fr']);
    expect(await service.smtp.mails[0]?.text).toContain('Jeanne Petit');
    const [message] = await service.messages();
    expect(message).toMatchObject({
      dedupe_key: `account-deletion:${goes}`,
      status: 'sent',
      recipient: '',
      text_body: '',
    });
    expect(await service.deletions()).toMatchObject([
      { user_id: goes, counts: { users: 1 }, stored_at: expect.any(String) },
    ]);
    const told = JSON.stringify(answer) + service.log();
    expect(told).toContain(goes);
    expect(told).not.toMatch(/jeanne|exemple\.fr/i);

    expect(await service.runDeletions()).toMatchObject({ stats: { due: 0, deleted: 0, sent: 0 } });
    expect(service.smtp.mails).toHaveLength(1);
    expect(await service.deletions()).toHaveLength(1);
  });

  test('goes in the order of the times, however many there are', async () => {
    const service = await startAccounts();
    await service.db.rows(sql`
      insert into cronhook.users (email, name, deletion_scheduled_at)
      select 'u' || n || '@exemple.fr', 'U', '2026-11-20'::timestamptz - (n % 7) * interval '1 hour'
      from generate_series(1, 110) n
    `);
    expect(await service.runDeletions()).toMatchObject({ stats: { due: 110, deleted: 110, sent: 110 } });
    expect(await service.users()).toEqual([]);
    expect(new Set(service.smtp.mails.map(({ to }) => to[0])).size).toBe(110);
    const stored = await service.db.rows<{ n: number }>(
      sql`select count(*)::int as n from cronhook.account_deletions where stored_at is not null`,
    );
    expect(stored).toEqual([{ n: 110 }]);
  });

  test('waits for its time', async () => {
    const service = await startAccounts();
    const company = await service.company();
    const users = [
      await service.user(company),
      await service.user(company, { deletion_scheduled_at: TOMORROW }),
      await service.user(null, { deletion_requested_at: YESTERDAY }),
    ];
    expect(await service.runDeletions()).toMatchObject({ stats: { due: 0, deleted: 0 } });
    expect(await service.users()).toEqual(users.sort());
  });

  test('gets no farewell at an address that takes nothing', async () => {
    const service = await startAccounts();
    await service.leaving(null, { email: 'Stop@exemple.fr' });
    await service.insert('suppressed_addresses', { address: 'stop@exemple.fr', reason: 'unsubscribed' });
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1, sent: 0 } });
    expect(service.smtp.mails).toEqual([]);
    expect(await service.messages()).toEqual([]);
  });

  test('goes although the SMTP server is down; the farewell follows, encrypted until then', async () => {
    const service = await startAccounts();
    await service.leaving(null, { email: 'jeanne@exemple.fr', name: 'Jeanne Petit' });
    await service.smtp.down();
    expect(await service.runDeletions()).toMatchObject({ status: 'partial', stats: { deleted: 1, sent: 0 } });
    const [waiting] = await service.messages();
    expect(waiting).toMatchObject({ status: 'pending', recipient: '', subject: null, html_body: null });
    expect(JSON.stringify(waiting)).not.toMatch(/jeanne/i);
    await service.smtp.up();
    expect(await service.deliver()).toMatchObject({ stats: { sent: 1 } });
    expect(service.smtp.mails[0]?.to).toEqual(['jeanne@exemple.fr']);
  });

  test('changes nothing in a dry run, which names users by their ids', async () => {
    const service = await startAccounts();
    const company = await service.company();
    const goes = await service.leaving(company, { email: 'jeanne@exemple.fr', stripe_customer_id: 'cus_1' });
    service.stripe.addCustomer('cus_1', 1);
    await service.insert('todos', {
      id: goes,
      company_id: company,
      assignee_id: goes,
      title: 'x',
      priority: 'low',
      status: 'open',
    });
    const sole = await service.company();
    const blocked = await service.leaving(sole);
    await service.user(sole, { role: 'member' });
    const answer = await service.runDeletions('&dryRun=true');
    expect(answer).toMatchObject({ status: 'succeeded', stats: { due: 2, deleted: 0, blocked: 1 } });
    expect(answer.details).toHaveLength(2);
    expect(answer.details).toEqual(
      expect.arrayContaining([
        { item: goes, delete: { todos: 1, users: 1 }, company: 'anonymised', stripeCustomer: true },
        { item: blocked, blocked: expect.stringContaining('transférez la propriété') },
      ]),
    );
    expect(JSON.stringify(answer)).not.toContain('jeanne');
    expect(await service.users()).toHaveLength(3);
    expect(await started(service)).toEqual([]);
    expect(service.stripe.requests).toEqual([]);
    expect(await service.messages()).toEqual([]);
    expect(await service.notifications()).toEqual([]);
  });
});

describe('somebody who cancels at the same instant', () => {
  test('is not touched, nor is their Stripe customer, when the cancellation came first', async () => {
    const service = await startAccounts();
    const user = await service.leaving(null, { stripe_customer_id: 'cus_1' });
    service.stripe.addCustomer('cus_1', 1);
    const app = application(service);
    const cancelling = await app.reserve();
    await cancelling`begin`;
    await cancelling`update cronhook.users set deletion_scheduled_at = null where id = ${user}`;
    const run = service.runDeletions();
    await waitsForLock(service);
    await cancelling`commit`;
    cancelling.release();
    expect(await run).toMatchObject({ status: 'succeeded', stats: { due: 1, deleted: 0, failed: 0 } });
    expect(await service.users()).toEqual([user]);
    expect(await started(service)).toEqual([]);
    expect(service.stripe.requests).toEqual([]);
    expect(service.smtp.mails).toEqual([]);
  });

  test('comes too late once the deletion has begun', async () => {
    const service = await startAccounts();
    const user = await service.leaving(null, { stripe_customer_id: 'cus_1' });
    service.stripe.addCustomer('cus_1', 1);
    service.stripe.fail(/DELETE .v1.customers/, problem(500, { message: 'broken' }), { times: 1 });
    await service.runDeletions();
    const app = application(service);
    const cancelled = await app`
      update cronhook.users set deletion_scheduled_at = null
      where id = ${user} and deletion_started_at is null returning id`;
    expect(cancelled).toHaveLength(0);
    // Even by an application that does not look: the subscriptions are gone already.
    await app`update cronhook.users set deletion_scheduled_at = null where id = ${user}`;
    expect(await service.runDeletions()).toMatchObject({ stats: { due: 1, deleted: 1 } });
  });

  test('who holds the row for long holds up nobody else', { timeout: 240_000 }, async () => {
    const service = await startAccounts();
    const slow = await service.leaving(null, { deletion_scheduled_at: '2026-11-01T00:00:00Z' });
    await service.leaving(null);
    const app = application(service);
    const holding = await app.reserve();
    await holding`begin`;
    await holding`select from cronhook.users where id = ${slow} for update`;
    const answer = await service.runDeletions();
    await holding`rollback`;
    holding.release();
    expect(answer).toMatchObject({ status: 'partial', stats: { due: 2, deleted: 1, failed: 1 } });
    expect(answer.errors).toEqual([{ item: slow, message: expect.stringContaining('prochain appel') }]);
    expect(await service.users()).toEqual([slow]);
  });
});

describe('Stripe', () => {
  test('ends the subscriptions and the customer before the data goes', async () => {
    const service = await startAccounts();
    await service.leaving(null, { stripe_customer_id: 'cus_1' });
    service.stripe.addCustomer('cus_1', 3);
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1, subscriptionsCancelled: 3 } });
    expect(service.stripe.active('cus_1')).toBe(0);
    expect(service.stripe.isDeleted('cus_1')).toBe(true);
  });

  test('that fails leaves the user for the next run, and stops nobody else', async () => {
    const service = await startAccounts();
    const waits = await service.leaving(null, {
      email: 'jeanne@exemple.fr',
      stripe_customer_id: 'cus_1',
      deletion_scheduled_at: '2026-11-01T00:00:00Z',
    });
    await service.leaving(null, { stripe_customer_id: 'cus_2' });
    service.stripe.addCustomer('cus_1', 1);
    service.stripe.addCustomer('cus_2', 1);
    service.stripe.fail(/DELETE .*cus_1/, problem(500, { message: 'broken' }), { times: 1 });
    const answer = await service.runDeletions();
    expect(answer).toMatchObject({ status: 'partial', stats: { due: 2, deleted: 1, failed: 1, sent: 1 } });
    expect(answer.errors).toMatchObject([{ item: waits }]);
    expect(JSON.stringify(answer)).not.toContain('jeanne');
    expect(await service.users()).toEqual([waits]);
    expect(await service.runDeletions()).toMatchObject({ stats: { due: 1, deleted: 1, failed: 0 } });
    expect(service.stripe.isDeleted('cus_1')).toBe(true);
  });

  test('keeps a customer that somebody who stays has too, until they go', async () => {
    const service = await startAccounts();
    const partner = await service.user(null, {
      stripe_customer_id: 'cus_1',
      deletion_scheduled_at: TOMORROW,
    });
    await service.leaving(null, { stripe_customer_id: 'cus_1' });
    service.stripe.addCustomer('cus_1', 1);
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1, subscriptionsCancelled: 0 } });
    expect(service.stripe.active('cus_1')).toBe(1);
    await service.db.rows(
      sql`update cronhook.users set deletion_scheduled_at = ${YESTERDAY}::timestamptz where id = ${partner}::uuid`,
    );
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1, subscriptionsCancelled: 1 } });
  });

  test('that is not configured keeps the deletion of its customers from beginning, by name', async () => {
    const service = await startAccounts();
    delete service.services.stripe;
    const waits = await service.leaving(null, { stripe_customer_id: 'cus_1' });
    await service.leaving(null);
    const answer = await service.runDeletions();
    expect(answer).toMatchObject({ status: 'partial', stats: { deleted: 1, failed: 1 } });
    expect(answer.errors).toEqual([{ item: waits, message: expect.stringContaining('STRIPE_SECRET_KEY') }]);
    expect(await started(service)).toEqual([]);
  });
});

describe('the only owner of a company with other members', () => {
  test('stays and is reported: to the run, and once to the administrators', async () => {
    const service = await startAccounts();
    const company = await service.company();
    const owner = await service.leaving(company, { email: 'patron@exemple.fr', name: 'Paul Patron' });
    await service.user(company, { role: 'admin' });
    for (let day = 0; day < 2; day++) {
      const answer = await service.runDeletions();
      expect(answer).toMatchObject({
        status: 'partial',
        stats: { due: 1, deleted: 0, blocked: 1, failed: 1 },
      });
      expect(answer.errors).toEqual([{ item: owner, message: expect.stringContaining('transférez') }]);
    }
    const notifications = await service.notifications();
    // The task that fails twice is told of too.
    expect(notifications.filter(({ kind }) => kind !== 'task_failed')).toMatchObject([
      { user_id: null, kind: 'account_deletion_blocked', severity: 'important' },
    ]);
    expect(JSON.stringify(notifications)).not.toMatch(/patron/i);
    expect(await started(service)).toEqual([]);
  });

  test.each([
    ['another owner', { role: 'owner' }, 1],
    ['an owner who is disabled', { role: 'owner', disabled_at: YESTERDAY }, 0],
    ['an owner whose own deletion waits', { role: 'owner', deletion_scheduled_at: TOMORROW }, 1],
    ['a disabled member', { role: 'member', disabled_at: YESTERDAY }, 0],
  ])('%s beside them: decided by who could take over', async (_who, values, deleted) => {
    const service = await startAccounts();
    const company = await service.company();
    await service.leaving(company);
    await service.user(company, values);
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted, blocked: 1 - deleted } });
  });

  test('two owners who go together do not leave members without one', async () => {
    const service = await startAccounts();
    const company = await service.company();
    const first = await service.leaving(company, { deletion_scheduled_at: '2026-11-01T00:00:00Z' });
    const second = await service.leaving(company);
    const member = await service.user(company, { role: 'member' });
    const answer = await service.runDeletions();
    expect(answer).toMatchObject({ stats: { due: 2, deleted: 1, blocked: 1 } });
    expect(answer.errors).toMatchObject([{ item: second }]);
    expect(await service.users()).toEqual([second, member].sort());
    expect((await service.deletions()).map(({ user_id }) => user_id)).toEqual([first]);
  });

  test('goes when the members go the same night, whatever the order', async () => {
    const service = await startAccounts();
    const company = await service.company();
    await service.leaving(company, { deletion_scheduled_at: '2026-11-01T00:00:00Z' });
    await service.leaving(company, { role: 'member' });
    expect(await service.runDeletions()).toMatchObject({ stats: { due: 2, deleted: 2, blocked: 0 } });
    const [row] = await service.db.rows<{ status: string; name: string }>(
      sql`select status, name from cronhook.companies`,
    );
    expect(row).toEqual({ status: 'anonymized', name: 'Entreprise supprimée' });
    expect(await service.notifications()).toEqual([]);
  });

  test('an owner who is demoted at the same instant leaves the last one in place', async () => {
    const service = await startAccounts();
    const company = await service.company();
    const goes = await service.leaving(company);
    const other = await service.user(company);
    await service.user(company, { role: 'member' });
    const app = application(service);
    const demoting = await app.reserve();
    await demoting`begin`;
    await demoting`update cronhook.users set role = 'member' where id = ${other}`;
    const run = service.runDeletions();
    await waitsForLock(service);
    await demoting`commit`;
    demoting.release();
    expect(await run).toMatchObject({ stats: { deleted: 0, blocked: 1 } });
    expect(await service.users()).toContain(goes);
  });
});

test('a company that goes while its follow-ups are worked on waits for its turn instead of a deadlock', async () => {
  const service = await startAccounts();
  const company = await service.company();
  await service.leaving(company);
  // The documents stand in the table the other way round than their follow-ups.
  const followups = [randomUUID(), randomUUID()].sort();
  for (const id of followups.toReversed()) {
    const document = await service.document(company);
    await service.insert('followups', { id, document_id: document, auto_enabled: true, steps_sent: 0 });
  }
  const app = application(service);
  const followupsTask = await app.reserve();
  const lock = (id = '') => followupsTask`select from cronhook.followups where id = ${id} for update`;
  await followupsTask`begin`;
  await lock(followups[0]);
  const run = service.runDeletions();
  await waitsForLock(service);
  await lock(followups[1]);
  await followupsTask`commit`;
  followupsTask.release();
  expect(await run).toMatchObject({ status: 'succeeded', stats: { deleted: 1, failed: 0 } });
});

test('farewells speak of nobody’s account but their reader’s', async () => {
  const service = await startAccounts();
  await service.leaving(null, { email: 'a@exemple.fr', name: 'Anne' });
  await service.leaving(null, { email: 'b@exemple.fr', name: 'Brice' });
  await service.runDeletions();
  expect(subjects(service)).toHaveLength(2);
  for (const mail of service.smtp.mails) {
    const [name, other] = mail.to[0] === 'a@exemple.fr' ? ['Anne', 'Brice'] : ['Brice', 'Anne'];
    expect(await mail.text).toContain(name);
    expect(await mail.text).not.toContain(other);
  }
});
