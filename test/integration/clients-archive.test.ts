import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type ClientsService, readExport, startClients } from '../support/clients.js';
import { startStripe } from '../support/stripe.js';

const SILENT = '2026-01-15T10:00:00Z';
const FIRST = '2026-08-01T00:00:00+02:00';
const THIRTY_DAYS_LATER = '2026-08-31T00:00:00+02:00';

const payment = (companyId: string, createdAt: string, status = 'succeeded') => ({
  id: companyId,
  company_id: companyId,
  amount_cents: 990,
  currency: 'EUR',
  status,
  created_at: createdAt,
});

const subscription = (companyId: string, values: Record<string, unknown>) => ({
  id: companyId,
  company_id: companyId,
  plan: 'pro',
  price_cents: 990,
  currency: 'EUR',
  interval: 'month',
  status: 'active',
  started_at: '2025-01-01T00:00:00Z',
  created_at: '2025-01-01T00:00:00Z',
  ...values,
});

/** A company that is archived already, and the clock a day later. */
async function archived(values: Record<string, unknown> = {}) {
  const service = await startClients(FIRST);
  const company = await service.silent(SILENT, { status: 'expired', ...values });
  await service.archive();
  service.turnTo(THIRTY_DAYS_LATER);
  expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  service.turnTo('2026-09-01T00:00:00+02:00');
  return { service, company };
}

describe('a silent company', () => {
  test('is asked, archived after 30 days, anonymised after 12 months, once each however often it is called', async () => {
    const service = await startClients(FIRST);
    const { archive, client, turnTo, smtp, exports, storage, db } = service;
    const company = await service.silent(SILENT, { status: 'expired', phone: '01 02 03 04 05' });
    const user = await service.user(company, {
      email: 'claire@moreau.example',
      disabled_at: '2025-06-01T00:00:00Z',
    });
    const invoice = await service.document(company, { status: 'paid' });
    await service.insert('payments', payment(company, '2025-02-01T00:00:00Z'));
    expect(await archive()).toMatchObject({
      status: 'succeeded',
      message: 'Archivage des clients inactifs terminé avec succès',
      stats: { asked: 1, waiting: 1, sent: 1 },
    });
    expect(await archive()).toMatchObject({ stats: { asked: 0, waiting: 1, sent: 0 } });
    expect(smtp.mails).toHaveLength(1);
    expect(await client(company)).toMatchObject({ status: 'expired', previous_status: null });

    turnTo(THIRTY_DAYS_LATER);
    expect(await archive()).toMatchObject({
      status: 'succeeded',
      stats: { archived: 1, asked: 0, waiting: 0 },
    });
    expect(await archive()).toMatchObject({ stats: { archived: 0, restored: 0 } });
    const kept = await client(company);
    expect(kept).toMatchObject({ status: 'archived', previous_status: 'expired', name: 'Atelier Moreau' });
    expect(kept.archive_key).toBe(`archives/companies/2026/${company}-20260830T220000000Z.json.gz`);
    expect(await exports()).toEqual([kept.archive_key]);
    const content = await readExport(storage, kept.archive_key ?? '');
    expect(content.company).toBe(company);
    expect(content.tables.users).toMatchObject([{ id: user, email: 'claire@moreau.example' }]);
    expect(content.tables.billing_documents).toMatchObject([{ id: invoice, total_cents: 123_456 }]);
    expect(content.rows).toMatchObject({ companies: 1, users: 1, billing_documents: 1, payments: 1 });

    turnTo('2027-08-30T23:59:59+02:00');
    expect(await archive()).toMatchObject({ stats: { anonymised: 0 } });
    turnTo('2027-08-31T00:00:00+02:00');
    expect(await archive()).toMatchObject({ status: 'succeeded', stats: { anonymised: 1, unstored: 0 } });
    expect(await archive()).toMatchObject({ stats: { anonymised: 0 } });
    const gone = await client(company);
    const nothing = { name: 'Entreprise supprimée', email: null, phone: null, archive_key: null };
    expect(gone).toMatchObject({ status: 'anonymized', ...nothing });
    expect(gone.anonymized_at).not.toBeNull();
    expect(await exports()).toEqual([expect.stringMatching(/^erasures\//)]);
    expect(await db.rows(sql`select from cronhook.users`)).toEqual([]);
    expect(await db.rows(sql`select from cronhook.billing_documents`)).toHaveLength(1);
    expect(await db.rows(sql`select from cronhook.payments`)).toHaveLength(1);
    expect(await service.messages()).toEqual([]);
    expect(smtp.mails).toHaveLength(1);
  }, 240_000);

  test('is asked late when the calls come late, and has its 30 days and 12 months all the same', async () => {
    const service = await startClients('2029-03-10T12:00:00Z');
    const company = await service.silent(SILENT);
    expect(await service.archive()).toMatchObject({ stats: { asked: 1, archived: 0 } });
    service.turnTo('2029-04-08T12:00:00Z');
    expect(await service.archive()).toMatchObject({ stats: { archived: 0 } });
    service.turnTo('2031-01-01T12:00:00Z');
    expect(await service.archive()).toMatchObject({ stats: { archived: 1, anonymised: 0 } });
    service.turnTo('2031-12-31T12:00:00Z');
    expect(await service.archive()).toMatchObject({ stats: { anonymised: 0 } });
    service.turnTo('2035-01-01T12:00:00Z');
    expect(await service.archive()).toMatchObject({ stats: { anonymised: 1 } });
    expect(await service.client(company)).toMatchObject({ status: 'anonymized' });
  });

  test('waits for the mail to have left: who was never asked is not archived', async () => {
    const service = await startClients(FIRST);
    const company = await service.silent(SILENT);
    await service.smtp.down();
    expect(await service.archive()).toMatchObject({ status: 'partial', stats: { asked: 1, sent: 0 } });
    service.turnTo('2026-10-01T00:00:00+02:00');
    expect(await service.archive()).toMatchObject({ status: 'partial', stats: { archived: 0, waiting: 1 } });
    await service.smtp.up();
    expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { archived: 0, sent: 1 } });
    expect(await service.archive()).toMatchObject({ stats: { archived: 0, waiting: 1 } });
    service.turnTo('2026-10-30T23:59:00+01:00');
    expect(await service.archive()).toMatchObject({ stats: { archived: 0, waiting: 1 } });
    service.turnTo('2026-10-31T00:00:00+01:00');
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
    expect(await service.client(company)).toMatchObject({ status: 'archived' });
  });

  test('has its 30 days still from the question when the mail has been cleaned away', async () => {
    const service = await startClients(FIRST);
    const company = await service.silent(SILENT);
    await service.archive();
    await service.db.rows(sql`delete from cronhook.outbox_messages`);
    service.turnTo(THIRTY_DAYS_LATER);
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
    expect(await service.client(company)).toMatchObject({ status: 'archived' });
  });

  test('is asked, archived and erased once though ten call at a time', async () => {
    const service = await startClients(FIRST);
    for (let n = 0; n < 5; n++) await service.silent(SILENT);
    const total = async (stat: string) => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => service.archive()));
      return answers.reduce((sum, { stats }) => sum + Number(stats[stat] ?? 0), 0);
    };
    expect(await total('asked')).toBe(5);
    expect(service.smtp.mails).toHaveLength(5);
    service.turnTo(THIRTY_DAYS_LATER);
    expect(await total('archived')).toBe(5);
    expect(await service.exports()).toHaveLength(5);
    service.turnTo('2027-09-01T00:00:00+02:00');
    expect(await total('anonymised')).toBe(5);
    expect(await service.exports()).toEqual([]);
  }, 240_000);
});

describe('the calendar', () => {
  const asked = async (since: string, now: string) => {
    const service = await startClients(now);
    await service.silent(since);
    return (await service.archive()).stats.asked;
  };

  test('six months after 31 August are over after the last day of February, to the minute', async () => {
    expect(await asked('2026-08-31T12:00:00+02:00', '2027-02-28T12:00:00+01:00')).toBe(0);
    expect(await asked('2026-08-31T12:00:00+02:00', '2027-02-28T12:01:00+01:00')).toBe(1);
    expect(await asked('2027-08-31T12:00:00+02:00', '2028-02-28T23:59:00+01:00')).toBe(0);
    expect(await asked('2027-08-31T12:00:00+02:00', '2028-02-29T12:01:00+01:00')).toBe(1);
  });

  test('a day on which somebody was there counts to its end in the time zone of the service', async () => {
    for (const [now, expected] of [
      ['2026-08-16T00:00:00+02:00', 0],
      ['2026-08-16T00:01:00+02:00', 1],
    ] as const) {
      const service = await startClients(now);
      const company = await service.silent('2025-01-01T00:00:00Z');
      const user = await service.user(company);
      await service.insert('user_activity', { user_id: user, day: '2026-02-15', created_at: now });
      expect((await service.archive()).stats.asked).toBe(expected);
    }
  });

  test('30 days are full ones by the clock and by the calendar, whichever way it was turned', async () => {
    for (const [askedAt, tooSoon, due] of [
      // In autumn the clock alone would be an hour early, in spring the calendar.
      ['2026-10-01T00:00:00+02:00', '2026-10-30T23:30:00+01:00', '2026-10-31T00:00:00+01:00'],
      ['2027-03-01T00:00:00+01:00', '2027-03-31T00:30:00+02:00', '2027-03-31T01:00:00+02:00'],
    ] as const) {
      const service = await startClients(tooSoon);
      await service.silent('2025-01-01T00:00:00Z', { reactivation_asked_at: askedAt });
      expect(await service.archive()).toMatchObject({ stats: { archived: 0, waiting: 1 } });
      service.turnTo(due);
      expect(await service.archive()).toMatchObject({ stats: { archived: 1, waiting: 0 } });
    }
  });

  test('twelve months after 29 February are over on 28 February', async () => {
    const service = await startClients('2029-02-28T09:59:00+01:00');
    await service.silent('2026-01-01T00:00:00Z', {
      status: 'archived',
      previous_status: 'cancelled',
      reactivation_asked_at: '2028-01-01T00:00:00Z',
      archived_at: '2028-02-29T10:00:00+01:00',
    });
    expect(await service.archive()).toMatchObject({ stats: { anonymised: 0 } });
    service.turnTo('2029-02-28T10:00:00+01:00');
    expect(await service.archive()).toMatchObject({ stats: { anonymised: 1 } });
  });
});

describe('never archived', () => {
  const never = async (add: (service: ClientsService, company: string) => Promise<unknown>) => {
    const service = await startClients('2026-12-01T00:00:00+01:00');
    const company = await service.silent(SILENT, { reactivation_asked_at: '2026-10-01T00:00:00Z' });
    await add(service, company);
    expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { archived: 0 } });
    expect(await service.client(company)).toMatchObject({
      status: 'active',
      archive_key: null,
      archived_at: null,
    });
    expect(await service.exports()).toEqual([]);
  };

  test.each([
    ['a subscription that goes on', { status: 'active' }],
    ['a subscription whose payment is late', { status: 'past_due' }],
    [
      'a subscription that is cancelled for later',
      { status: 'cancelled', cancelled_at: '2027-01-01T00:00:00Z' },
    ],
  ])('a company with %s', async (_, values) => {
    await never((service, company) => service.insert('subscriptions', subscription(company, values)));
  });

  test('a company that has paid in the last six months', async () => {
    await never((service, company) => service.insert('payments', payment(company, '2026-06-15T00:00:00Z')));
  });

  test('a company that has come back since it was asked', async () => {
    await never((service, company) => service.user(company, { last_login_at: '2026-10-15T00:00:00Z' }));
    await never(async (service, company) => {
      const user = await service.user(company);
      await service.insert('user_activity', {
        user_id: user,
        day: '2026-10-02',
        created_at: '2026-10-02T00:00:00Z',
      });
    });
    await never((service, company) =>
      service.insert('support_tickets', {
        id: company,
        company_id: company,
        opened_at: '2026-10-15T00:00:00Z',
        created_at: '2026-10-15T00:00:00Z',
      }),
    );
  });

  test('but a company whose subscription has ended, or whose payments failed, is', async () => {
    const service = await startClients('2026-12-01T00:00:00+01:00');
    const asked = { reactivation_asked_at: '2026-10-01T00:00:00Z' };
    const ended = await service.silent(SILENT, asked);
    const failing = await service.silent(SILENT, asked);
    const values = { status: 'active', cancelled_at: '2026-02-01T00:00:00Z' };
    await service.insert('subscriptions', subscription(ended, values));
    await service.insert('payments', payment(failing, '2026-11-01T00:00:00Z', 'failed'));
    expect(await service.archive()).toMatchObject({ stats: { archived: 2 } });
  });
});

describe('who comes back', () => {
  test('before the archive is not asked any more, and asked again half a year later', async () => {
    const service = await startClients(FIRST);
    const company = await service.silent(SILENT);
    const user = await service.user(company);
    await service.archive();
    await service.db.rows(
      sql`update cronhook.users set last_active_at = '2026-08-05T10:00:00Z' where id = ${user}::uuid`,
    );
    service.turnTo(THIRTY_DAYS_LATER);
    expect(await service.archive()).toMatchObject({ stats: { returned: 1, archived: 0, waiting: 0 } });
    expect(await service.client(company)).toMatchObject({ status: 'active', reactivation_asked_at: null });
    service.turnTo('2027-03-01T00:00:00+01:00');
    expect(await service.archive()).toMatchObject({ stats: { asked: 1, sent: 1 } });
    expect(service.smtp.mails).toHaveLength(2);
  });

  test.each([
    ['expired', {}, 'expired'],
    ['cancelled', {}, 'cancelled'],
    ['active', {}, 'active'],
    ['trial', { trial_ends_at: '2026-08-31T12:00:00Z' }, 'expired'],
    ['trial', { trial_ends_at: '2027-01-01T00:00:00Z' }, 'trial'],
  ])(
    'from the archive as %s %o is %s again, never more, and the export goes',
    async (status, values, restored) => {
      const { service, company } = await archived({ status, ...values });
      const user = await service.user(company, {
        last_login_at: '2026-08-31T21:00:00Z',
        disabled_at: '2025-01-01T00:00:00Z',
      });
      expect(await service.archive()).toMatchObject({ stats: { restored: 1, archived: 0, asked: 0 } });
      expect(await service.client(company)).toMatchObject({
        status: restored,
        previous_status: null,
        archive_key: null,
        archived_at: null,
        reactivation_asked_at: null,
      });
      expect(await service.exports()).toEqual([]);
      const users = await service.db.rows<{ id: string }>(
        sql`select id from cronhook.users where disabled_at is not null`,
      );
      expect(users).toEqual([{ id: user }]);
    },
  );

  test('by paying is restored too, even on the day on which it would be erased', async () => {
    const { service, company } = await archived();
    service.turnTo('2028-01-01T00:00:00+01:00');
    await service.insert('subscriptions', subscription(company, { started_at: '2027-12-31T00:00:00Z' }));
    expect(await service.archive()).toMatchObject({ stats: { restored: 1, anonymised: 0 } });
    expect(await service.client(company)).toMatchObject({ status: 'expired' });
  });

  test('by a status that the team has set keeps it, and the export goes', async () => {
    const { service, company } = await archived();
    await service.db.rows(sql`update cronhook.companies set status = 'active' where id = ${company}::uuid`);
    service.smtp.reset();
    expect(await service.archive()).toMatchObject({ stats: { returned: 1, asked: 0, sent: 0 } });
    expect(await service.client(company)).toMatchObject({
      status: 'active',
      previous_status: null,
      archive_key: null,
      reactivation_asked_at: null,
    });
    expect(service.smtp.mails).toEqual([]);
    expect(await service.exports()).toEqual([]);
  });
});

describe('the question', () => {
  test('goes to one person, an owner who may log in before others', async () => {
    const service = await startClients(FIRST);
    const company = await service.silent(SILENT);
    const person = (email: string, values: Record<string, unknown>) =>
      service.user(company, { email: `${email}@moreau.example`, name: email, ...values });
    await person('membre', { role: 'member' });
    await person('ancien', { role: 'owner', disabled_at: '2025-01-01T00:00:00Z' });
    await person('patronne', { role: 'owner' });
    await person('admin', { role: 'admin' });
    await service.insert('suppressed_addresses', {
      address: 'somebody@else.example',
      reason: 'unsubscribed',
    });
    await service.archive();
    expect(service.smtp.mails.map(({ to }) => to)).toEqual([['patronne@moreau.example']]);
    const [mail] = service.smtp.mails;
    expect(mail?.headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
    expect(await mail?.text).toContain('31 août 2026');
  });

  test('that reaches nobody is told to the administrators, and the clock runs', async () => {
    const service = await startClients(FIRST);
    const company = await service.silent(SILENT, { email: 'Stop@moreau.example' });
    await service.user(company, { email: 'no address' });
    await service.insert('suppressed_addresses', { address: 'stop@moreau.example', reason: 'unsubscribed' });
    expect(await service.archive()).toMatchObject({ stats: { asked: 1, unreachable: 1, sent: 0 } });
    expect(await service.notifications()).toMatchObject([
      { user_id: null, kind: 'reactivation_unreachable', body: expect.stringContaining(company) },
    ]);
    service.turnTo(THIRTY_DAYS_LATER);
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  });

  test('that still waits is taken back when somebody is there again', async () => {
    const service = await startClients(FIRST);
    const company = await service.silent(SILENT);
    await service.smtp.down();
    await service.archive();
    await service.user(company, { last_active_at: '2026-08-01T08:00:00Z' });
    await service.smtp.up();
    service.turnTo('2026-08-01T12:00:00Z');
    expect(await service.deliver()).toMatchObject({ stats: { sent: 0, cancelled: 1 } });
  });
});

describe('what goes wrong', () => {
  test('a storage that is away changes nothing, is told once, and holds no question up', async () => {
    const service = await startClients('2026-12-01T00:00:00+01:00');
    const asked = { reactivation_asked_at: '2026-10-01T00:00:00Z' };
    const due = [await service.silent(SILENT, asked), await service.silent(SILENT, asked)];
    await service.silent(SILENT);
    const { services } = service.context;
    const { storage } = services;
    const { createS3Storage } = await import('../../src/clients/storage-s3.js');
    services.storage = createS3Storage({
      bucket: 'away',
      endpoint: 'http://127.0.0.1:1',
      credentials: undefined,
      timing: { connectMs: 200, requestMs: 200, retryForMs: 300, firstPauseMs: 20 },
    });
    const answer = await service.archive();
    expect(answer).toMatchObject({ status: 'partial', stats: { archived: 0, asked: 1, sent: 1, failed: 1 } });
    for (const company of due)
      expect(await service.client(company)).toMatchObject({ status: 'active', archive_key: null });
    services.storage = storage as NonNullable<typeof storage>;
  });

  test('without Stripe nobody who is a customer there is erased', async () => {
    const { service, company } = await archived();
    await service.user(company, { email: 'claire@moreau.example', stripe_customer_id: 'cus_1' });
    service.turnTo('2027-09-01T00:00:00+02:00');
    const answer = await service.archive();
    expect(answer).toMatchObject({ status: 'partial', stats: { anonymised: 0 } });
    expect(answer.errors[0]?.message).toContain('STRIPE_SECRET_KEY');
    expect(await service.client(company)).toMatchObject({ status: 'archived', email: expect.any(String) });
  });

  test('the customers at Stripe go with their people, but one that somebody who stays has too', async () => {
    const stripe = await startStripe();
    const env = { STRIPE_SECRET_KEY: stripe.secretKey.reveal(), STRIPE_API_URL: stripe.apiUrl };
    const service = await startClients('2029-01-01T00:00:00Z', { env });
    const company = await service.silent(SILENT, {
      status: 'archived',
      previous_status: 'expired',
      archived_at: '2027-01-01T00:00:00Z',
    });
    const other = await service.silent('2028-12-01T00:00:00Z');
    for (const id of ['cus_own', 'cus_shared']) stripe.addCustomer(id, 1);
    await service.user(company, { stripe_customer_id: 'cus_own' });
    await service.user(company, { stripe_customer_id: 'cus_shared' });
    await service.user(other, { stripe_customer_id: 'cus_shared' });
    expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { anonymised: 1 } });
    expect(stripe.isDeleted('cus_own')).toBe(true);
    expect(stripe.isDeleted('cus_shared')).toBe(false);
  });
});

test('an archived company whose last member has the account deleted loses its export, at the next call where no storage is at hand', async () => {
  const { service, company } = await archived();
  delete service.context.services.storage;
  await service.user(company, { deletion_scheduled_at: '2026-08-31T00:00:00Z' });
  expect(await service.run('/users/process-account-deletions')).toMatchObject({ stats: { deleted: 1 } });
  const { archive_key: key } = await service.client(company);
  expect(key).not.toBeNull();
  service.context.services.storage = service.storage;
  expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { anonymised: 0 } });
  expect(await service.client(company)).toMatchObject({ status: 'anonymized', archive_key: null });
  expect(await service.exports()).not.toContain(key);
});

test('companies and users may be views of the team', async () => {
  const service = await startClients(FIRST);
  for (const table of ['companies', 'users']) {
    await service.db.rows(sql`alter table ${sql.raw(`cronhook.${table}`)} set schema public`);
    await service.db.rows(
      sql`create view ${sql.raw(`cronhook.${table}`)} as select *, 7 as extra from ${sql.raw(`public.${table}`)}`,
    );
  }
  const company = await service.silent(SILENT);
  await service.user(company);
  expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { asked: 1, sent: 1 } });
  service.turnTo(THIRTY_DAYS_LATER);
  expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { archived: 1 } });
  const { archive_key: key } = await service.client(company);
  expect((await readExport(service.storage, key ?? '')).tables.users).toMatchObject([{ extra: 7 }]);
  const path = await service.link();
  expect((await service.fetch(path, { method: 'POST' })).status).toBe(200);
  expect(await service.client(company)).toMatchObject({ status: 'active', archive_key: null });
  await service.db.rows(sql`
    update cronhook.companies set status = 'archived', archived_at = '2026-08-31T12:00:00Z' where id = ${company}::uuid
  `);
  service.turnTo('2027-09-01T00:00:00+02:00');
  expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { anonymised: 1 } });
});

test('the sweep removes neither what a company names, nor exports of another database, nor what it does not know', async () => {
  const { service, company } = await archived();
  const { storage } = service;
  const { archive_key: key } = await service.client(company);
  const orphan = `archives/companies/2026/${company}-20260701T000000000Z.json.gz`;
  const foreign = `archives/companies/2026/${company}-20260702T000000000Z.json.gz`;
  const other = 'archives/companies/2026/notes.txt';
  const upload = async (name: string, metadata: Record<string, string>) =>
    storage.upload(name, (async function* () {})(), { contentType: 'application/gzip', metadata });
  await upload(orphan, (await storage.metadata(key ?? '')) ?? {});
  await upload(foreign, { 'cronhook-database': '1/2' });
  await upload(other, {});
  service.turnTo('2026-10-01T00:00:00Z');
  expect(await service.archive()).toMatchObject({ stats: { orphans: 1 } });
  expect(await service.exports()).toEqual([foreign, key, other].sort());
});

test('a dry run names each company with its step, and changes nothing', async () => {
  const service = await startClients('2026-12-01T00:00:00+01:00');
  const asked = { reactivation_asked_at: '2026-10-01T00:00:00Z' };
  const old = { status: 'archived', previous_status: 'expired', archived_at: '2025-11-01T00:00:00Z' };
  const ask = await service.silent(SILENT, { name: 'À demander' });
  const archive = await service.silent(SILENT, { name: 'À archiver', ...asked });
  const back = await service.silent('2026-11-01T00:00:00Z', { name: 'Revenue', ...asked });
  const restore = await service.silent('2026-11-01T00:00:00Z', { name: 'À restaurer', ...old });
  const erase = await service.silent('2024-01-01T00:00:00Z', { name: 'À effacer', ...old });
  const before = await service.db.rows(sql`select * from cronhook.companies order by id`);
  const answer = await service.archive('&dryRun=true');
  expect(answer).toMatchObject({ status: 'succeeded', stats: { sent: 0 } });
  const details = [...(answer.details as { item: string }[])].sort((a, b) => a.item.localeCompare(b.item));
  expect(details).toEqual([
    { item: 'À archiver', step: 'archive', company: archive },
    { item: 'À demander', step: 'ask', company: ask },
    { item: 'À effacer', step: 'anonymise', company: erase },
    { item: 'À restaurer', step: 'restore', company: restore },
    { item: 'Revenue', step: 'stop asking', company: back },
  ]);
  expect(await service.db.rows(sql`select * from cronhook.companies order by id`)).toEqual(before);
  expect(await service.exports()).toEqual([]);
  expect(await service.messages()).toEqual([]);

  // Once a company is anonymised, no dry run names it any more.
  expect(await service.archive()).toMatchObject({ stats: { anonymised: 1 } });
  const runs = await service.db.rows(
    sql`select from cronhook.task_runs where details::text like '%À effacer%'`,
  );
  expect(runs).toEqual([]);
});
