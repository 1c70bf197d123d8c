import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { type ClientsService, startClients } from '../support/clients.js';
import { startS3 } from '../support/s3.js';
import { startS3Faults } from '../support/s3-faults.js';

const SILENT = '2026-01-15T10:00:00Z';
const DELETIONS = '/users/process-account-deletions';

/** An application with a transaction of its own. */
function application({ databaseUrl }: ClientsService) {
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  onTestFinished(() => client.end({ timeout: 1 }));
  return client;
}

const waitsForLock = async ({ db }: ClientsService): Promise<void> => {
  const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await expect.poll(async () => (await db.rows(waiting)).length, { timeout: 9_000 }).toBeGreaterThan(0);
};

const startArchived = async (people: string[], options: Parameters<typeof startClients>[1] = {}) => {
  const service = await startClients('2026-09-15T00:00:00Z', options);
  const company = await service.silent(SILENT, { reactivation_asked_at: '2026-07-01T00:00:00Z' });
  const ids: string[] = [];
  for (const name of people) ids.push(await service.user(company, { name }));
  expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  return { service, company, ids: ids.sort() };
};

test('whoever logs in while the company is about to be anonymised keeps it', async () => {
  const { service, company, ids } = await startArchived(['Anna Durand']);
  service.turnTo('2027-10-01T00:00:00Z');
  const app = application(service);
  await app.unsafe('begin');
  await app.unsafe(
    `update cronhook.users set last_login_at = '2027-10-01', last_active_at = '2027-10-01' where id = '${ids[0]}'`,
  );
  const run = service.archive();
  await waitsForLock(service);
  await app.unsafe('commit');
  expect(await run).toMatchObject({ stats: { anonymised: 0 } });
  const users = await service.db.rows(sql`select name, deletion_started_at from cronhook.users`);
  expect(users).toEqual([{ name: 'Anna Durand', deletion_started_at: null }]);
  expect(await service.archive()).toMatchObject({ stats: { restored: 1 } });
  expect(await service.client(company)).toMatchObject({ status: 'active', archive_key: null });
});

test('whoever joins while the last member is erased finds the company restored, without its export', async () => {
  const { service, company, ids } = await startArchived(['Anna Durand', 'Bob Martin']);
  service.turnTo('2027-10-01T00:00:00Z');
  const last = ids[1] ?? '';
  await service.db.rows(
    sql`insert into cronhook.sessions (id, user_id, expires_at) values (${last}::uuid, ${last}::uuid, now())`,
  );
  const app = application(service);
  await app.unsafe('begin');
  await app.unsafe(`select from cronhook.sessions where id = '${last}' for update`);
  const run = service.archive();
  await waitsForLock(service);
  await service.user(company, { name: 'Carl Neuf' });
  await app.unsafe('commit');
  expect(await run).toMatchObject({ status: 'succeeded', stats: { anonymised: 0, restored: 1 } });
  expect(await service.client(company)).toMatchObject({ status: 'active', archive_key: null });
  expect(await service.db.rows(sql`select name from cronhook.users`)).toEqual([{ name: 'Carl Neuf' }]);
  expect(await service.exports()).not.toContainEqual(expect.stringContaining(company));
});

test('what an anonymised company left in the storage goes, whoever has joined it since', async () => {
  const { service, company } = await startArchived(['Anna Durand']);
  await service.db.rows(sql`update cronhook.companies set status = 'anonymized', anonymized_at = now()`);
  await service.user(company, { name: 'Carl Neuf' });
  expect(await service.archive()).toMatchObject({ status: 'succeeded' });
  expect(await service.client(company)).toMatchObject({ archive_key: null });
  expect(await service.exports()).not.toContainEqual(expect.stringContaining(company));
});

test('an export that the storage does not let go is told, and goes with a later run', async () => {
  const s3 = await startS3();
  const faults = await startS3Faults(s3.endpoint);
  const env = { ...s3.env, S3_ENDPOINT: faults.endpoint };
  const { service, company, ids } = await startArchived(['Anna Durand'], { env });
  await service.db.rows(
    sql`update cronhook.users set deletion_scheduled_at = '2026-09-20T00:00:00Z' where id = ${ids[0]}::uuid`,
  );
  service.turnTo('2026-09-21T00:00:00Z');
  faults.fail('Delete', 'before');
  expect(await service.run(DELETIONS)).toMatchObject({ status: 'partial', stats: { deleted: 1 } });
  faults.mend();
  service.turnTo('2026-10-01T00:00:00Z');
  expect(await service.archive()).toMatchObject({ status: 'succeeded' });
  expect(await service.client(company)).toMatchObject({ archive_key: null, status: 'anonymized' });
  expect(await service.exports()).not.toContainEqual(expect.stringContaining(company));
});
