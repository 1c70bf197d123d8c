import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { readExport, startClients } from '../support/clients.js';

const SILENT = '2026-01-15T10:00:00Z';
const FIRST = '2026-08-01T00:00:00+02:00';
const THIRTY_DAYS_LATER = '2026-08-31T00:00:00+02:00';
const DELETIONS = '/users/process-account-deletions';

describe('whoever is erased while the company is archived', () => {
  async function archivedPair() {
    const service = await startClients(FIRST);
    const company = await service.silent(SILENT, { status: 'expired' });
    const anna = await service.user(company, { email: 'anna@durand.example', name: 'Anna Durand' });
    await service.user(company, { email: 'bob@martin.example', name: 'Bob Martin' });
    await service.archive();
    service.turnTo(THIRTY_DAYS_LATER);
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
    const { archive_key: key, archived_at: since } = await service.client(company);
    await service.db.rows(
      sql`update cronhook.users set deletion_scheduled_at = '2026-09-06T00:00:00Z' where id = ${anna}::uuid`,
    );
    service.turnTo('2026-09-07T02:00:00Z');
    return { service, company, key: key ?? '', since };
  }

  test('is in no export from then on; the next run writes one of those who are left', async () => {
    const { service, company, key, since } = await archivedPair();
    expect(await service.run(DELETIONS)).toMatchObject({ status: 'succeeded', stats: { deleted: 1 } });
    expect(await service.exports()).not.toContain(key);
    expect(await service.client(company)).toMatchObject({ status: 'archived', archive_key: null });
    service.turnTo('2026-10-01T00:00:00Z');
    const stats = { renewed: 1, archived: 0, restored: 0 };
    expect(await service.archive()).toMatchObject({ status: 'succeeded', stats });
    const renewed = await service.client(company);
    expect(renewed).toMatchObject({ status: 'archived', previous_status: 'expired', archived_at: since });
    const text = JSON.stringify(await readExport(service.storage, renewed.archive_key ?? ''));
    expect(text).toContain('Bob Martin');
    expect(text).not.toMatch(/durand/i);
    expect(await service.archive()).toMatchObject({ stats: { renewed: 0 } });
  });

  test('goes out of the storage with the next run where none was at hand', async () => {
    const { service, key } = await archivedPair();
    delete service.context.services.storage;
    expect(await service.run(DELETIONS)).toMatchObject({ stats: { deleted: 1 } });
    expect(await service.exports()).toContain(key);
    service.context.services.storage = service.storage;
    expect(await service.archive()).toMatchObject({ stats: { renewed: 1, orphans: 1 } });
    expect(await service.exports()).not.toContain(key);
  });
});

test('an export during which somebody is erased is none; the next run writes another', async () => {
  const service = await startClients(THIRTY_DAYS_LATER);
  const company = await service.silent(SILENT, { reactivation_asked_at: '2026-07-01T00:00:00Z' });
  const anna = await service.user(company, { name: 'Anna Durand' });
  await service.user(company, { name: 'Bob Martin' });
  let run: ReturnType<typeof service.archive> | undefined;
  await service.db.transaction(async (tx) => {
    await tx.execute(sql`select from cronhook.companies where id = ${company}::uuid for update`);
    run = service.archive();
    await expect.poll(() => service.exports(), { timeout: 60_000 }).toHaveLength(1);
    await tx.execute(sql`delete from cronhook.users where id = ${anna}::uuid`);
  });
  expect(await run).toMatchObject({ status: 'succeeded', stats: { archived: 0, waiting: 1 } });
  expect(await service.exports()).toEqual([]);
  expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  const { archive_key: key } = await service.client(company);
  expect(JSON.stringify(await readExport(service.storage, key ?? ''))).not.toContain('Anna');
});

describe('a company that is anonymised', () => {
  const anonymised = async (
    rows: (service: Awaited<ReturnType<typeof startClients>>) => Promise<unknown>,
    people: boolean,
  ) => {
    const service = await startClients('2027-09-15T00:00:00Z');
    const company = await service.silent(SILENT, {
      name: 'Zebulon Quaresme',
      email: 'Zebulon@quaresme.example',
      phone: '06 77 88 99 00',
      status: 'archived',
      previous_status: 'expired',
      archived_at: '2026-08-31T00:00:00Z',
    });
    if (people) await service.user(company, { email: 'mika@quaresme.example', name: 'Mika Zorglub' });
    await service.db.rows(sql`insert into cronhook.leads (email, name, source) values
      ('zebulon@quaresme.example', 'Zebulon Quaresme', 'site'), ('lea@petit.example', 'Zebulon Quaresme', 'site')`);
    await service.db.rows(sql`insert into cronhook.application_logs (level, message, context) values
      ('error', 'mail to zebulon@quaresme.example refused', '{"company": "Zebulon Quaresme", "phone": "+33677889900"}'),
      ('error', 'mail to lea@petit.example refused', '{"company": "Zebulon Quaresme"}')`);
    await rows(service);
    expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { anonymised: 1 } });
    const leads = await service.db.rows(sql`select name, email from cronhook.leads order by email`);
    const logs = await service.db.rows(
      sql`select message, context from cronhook.application_logs order by id`,
    );
    return { leads, logs };
  };

  const OTHERS = {
    lead: { name: 'Zebulon Quaresme', email: 'lea@petit.example' },
    line: { message: 'mail to lea@petit.example refused', context: { company: 'Zebulon Quaresme' } },
  };

  test.each([
    ['with its last member', true],
    ['without any', false],
  ])('%s is named by its leads and the log no more, and nobody else loses a word', async (_, people) => {
    const { leads, logs } = await anonymised(async () => {}, people);
    expect(leads).toEqual([{ name: '[supprimé]', email: '[supprimé]' }, OTHERS.lead]);
    expect(logs).toEqual([
      { message: 'mail to [supprimé] refused', context: { company: '[supprimé]', phone: '[supprimé]' } },
      OTHERS.line,
    ]);
  });

  test('takes no address along that a customer of another company has', async () => {
    const { leads, logs } = await anonymised(async (service) => {
      const other = await service.silent('2027-09-01T00:00:00Z', { email: 'other@example.com' });
      await service.document(other, { customer_email: 'zebulon@quaresme.example' });
    }, true);
    expect(leads).toEqual([OTHERS.lead, { name: 'Zebulon Quaresme', email: 'zebulon@quaresme.example' }]);
    expect(JSON.stringify(logs)).not.toContain('supprimé');
  });

  const ADDRESS = 'zebulon@quaresme.example';
  const suppressed = (service: Awaited<ReturnType<typeof startClients>>) =>
    service.db.rows<{ address: string }>(sql`select address, reason from cronhook.suppressed_addresses`);

  test.each([
    ['with its last member', true],
    ['without any', false],
  ])('%s leaves of its own address a digest, and no mail to it', async (_, people) => {
    let found: Awaited<ReturnType<typeof startClients>> | undefined;
    await anonymised(async (service) => {
      found = service;
      await service.db.rows(
        sql`insert into cronhook.suppressed_addresses (address, reason) values (${ADDRESS}, 'unsubscribed')`,
      );
      for (const [recipient, dedupe_key] of [
        [ADDRESS, 'overdue:1'],
        ['lea@petit.example', 'overdue:2'],
      ])
        await service.message({ recipient, dedupe_key, status: 'sent', sent_at: '2027-09-01T00:00:00Z' });
    }, people);
    expect(await suppressed(found as NonNullable<typeof found>)).toEqual([
      { address: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), reason: 'unsubscribed' },
    ]);
    expect(await found?.messages()).toMatchObject([{ recipient: 'lea@petit.example' }]);
  });

  test('is named by no dry run any more, whichever task closes it', async () => {
    const service = await startClients(FIRST);
    const company = await service.silent(SILENT, { name: 'Zebulon Quaresme' });
    const user = await service.user(company);
    await service.archive('&dryRun=true');
    await service.db.rows(
      sql`update cronhook.users set deletion_scheduled_at = ${FIRST}::timestamptz where id = ${user}::uuid`,
    );
    const details = sql`select details::text from cronhook.task_runs where dry_run`;
    expect(JSON.stringify(await service.db.rows(details))).toContain('Zebulon');
    service.turnTo('2026-08-02T00:00:00Z');
    expect(await service.run(DELETIONS)).toMatchObject({ stats: { deleted: 1 } });
    expect(await service.db.rows(details)).toEqual([{ details: null }]);
  });
});
