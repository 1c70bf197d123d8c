import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { createFolderStorage } from '../../src/clients/storage-folder.js';
import { openDatabase } from '../../src/db/client.js';
import { Secret } from '../../src/secret.js';
import { type AccountsService, cronhook, startAccounts } from '../support/accounts.js';
import { problem } from '../support/stripe.js';

const replay = (service: AccountsService, databaseUrl: string, args: string[] = [], env = {}) =>
  cronhook(service, ['erasures', 'replay', ...args], { DATABASE_URL: databaseUrl, ...env }).ended;

/** The database as it is now, under another name: what a backup brings back. */
async function backup({ databaseUrl }: AccountsService) {
  const [name, copy] = [new URL(databaseUrl).pathname.slice(1), `copy_${Date.now().toString(36)}`];
  const admin = async (statement: string) => {
    const client = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} });
    await client.unsafe(statement);
    await client.end();
  };
  await admin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  await admin(`create database "${copy}" template "${name}"`);
  const url = new URL(databaseUrl);
  url.pathname = `/${copy}`;
  const db = openDatabase(new Secret(url.toString()), { max: 2 });
  onTestFinished(async () => {
    await db.close();
    await admin(`drop database if exists "${copy}" with (force)`);
  });
  return { url: url.toString(), db };
}

/** A service whose storage is where the command line looks for it. */
async function startBesideStorage() {
  const service = await startAccounts();
  const storage = createFolderStorage(join(service.directory, '.data', 'storage'));
  service.services.storage = storage;
  return { ...service, storage };
}

describe('an erasure', () => {
  test('is stored after its commit, with opaque ids only', async () => {
    const service = await startAccounts();
    const user = await service.leaving(null, { email: 'jeanne@exemple.fr' });
    await service.runDeletions();
    const [deletion] = await service.deletions();
    expect(await service.erasures()).toEqual({
      [`erasures/${deletion?.id}.json`]: {
        userId: user,
        deletedAt: '2026-11-21T01:00:00.000Z',
        companyClosed: false,
      },
    });
    expect(deletion?.stored_at).not.toBeNull();
  });

  test('says whether the company closed with it, also when it is stored by a later run', async () => {
    const service = await startAccounts();
    const company = await service.company();
    await service.leaving(company);
    const last = await service.leaving(company, { deletion_scheduled_at: '2026-11-20T02:00:00Z' });
    const { storage } = service.services;
    delete service.services.storage;
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 2, unstored: 2 } });
    if (storage) service.services.storage = storage;
    await service.runDeletions();
    const stored = Object.values(await service.erasures()) as { userId: string; companyClosed: boolean }[];
    expect(stored.filter(({ companyClosed }) => companyClosed).map(({ userId }) => userId)).toEqual([last]);
    expect(stored).toHaveLength(2);
  });

  test('waits for a storage that is down or missing, which stops no deletion', async () => {
    const service = await startAccounts();
    await service.leaving(null);
    await service.leaving(null);
    writeFileSync(join(service.directory, 'objects'), 'no folder');
    const answer = await service.runDeletions();
    expect(answer).toMatchObject({
      status: 'partial',
      stats: { deleted: 2, sent: 2, unstored: 2, failed: 1 },
    });
    expect(answer.errors).toMatchObject([{ item: 'storage' }]);

    const { storage } = service.services;
    delete service.services.storage;
    await service.leaving(null);
    expect(await service.runDeletions()).toMatchObject({
      status: 'succeeded',
      stats: { deleted: 1, unstored: 3, failed: 0 },
    });

    rmSync(join(service.directory, 'objects'));
    if (storage) service.services.storage = storage;
    expect(await service.runDeletions()).toMatchObject({ stats: { due: 0, deleted: 0, unstored: 0 } });
    expect(Object.keys(await service.erasures())).toHaveLength(3);
  });

  test('of more deletions than one batch is stored all the same', async () => {
    const service = await startAccounts();
    await service.db.rows(sql`
      insert into cronhook.account_deletions (user_id, deleted_at, counts)
      select gen_random_uuid(), '2026-11-20', '{}' from generate_series(1, 250)
    `);
    expect(await service.runDeletions()).toMatchObject({ status: 'succeeded', stats: { unstored: 0 } });
    expect(Object.keys(await service.erasures())).toHaveLength(250);
  });
});

describe('cronhook erasures replay', { timeout: 240_000 }, () => {
  test('deletes again whoever came back with a backup, without a second farewell', async () => {
    const service = await startBesideStorage();
    const company = await service.company();
    const owner = await service.leaving(company, { email: 'jeanne@exemple.fr', stripe_customer_id: 'cus_1' });
    const member = await service.leaving(company, { role: 'member', deletion_scheduled_at: '2026-11-20' });
    const stays = await service.user(await service.company());
    service.stripe.addCustomer('cus_1', 1);
    const restored = await backup(service);
    await restored.db.rows(
      sql`update cronhook.users set deletion_scheduled_at = null, deletion_requested_at = null`,
    );
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 2, sent: 2 } });

    const dry = await replay(service, restored.url, ['--dry-run']);
    expect(dry.output).toContain(`would close the company ${company}`);
    expect(dry).toMatchObject({ code: 0, output: expect.stringContaining(`would delete again: ${owner}`) });
    expect(await restored.db.rows(sql`select from cronhook.users`)).toHaveLength(3);
    expect(await restored.db.rows(sql`select from cronhook.account_deletions`)).toHaveLength(0);

    const { code, output } = await replay(service, restored.url);
    expect(code, output).toBe(0);
    expect(output).toContain('2 erasure(s) read, 2 account(s) had come back: 2 deleted again, 0 failed');
    expect(output).toContain(member);
    expect(output).toContain(`closed the company ${company}`);
    expect(output).not.toContain('jeanne');
    expect(await restored.db.rows(sql`select id from cronhook.users`)).toEqual([{ id: stays }]);
    expect(await restored.db.rows(sql`select from cronhook.outbox_messages`)).toEqual([]);
    const [row] = await restored.db.rows(
      sql`select status from cronhook.companies where id = ${company}::uuid`,
    );
    expect(row).toEqual({ status: 'anonymized' });

    const trail = sql`select id, user_id, deleted_at, counts->'users' as users from cronhook.account_deletions
      where stored_at is not null order by id`;
    expect(await restored.db.rows(trail)).toEqual(await service.db.rows(trail));
    const again = await replay(service, restored.url);
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('0 account(s) had come back') });
    expect(await restored.db.rows(trail)).toHaveLength(2);
  });

  test('closes no company that lived on with members whom the backup does not know, and names it', async () => {
    const service = await startBesideStorage();
    const company = await service.company();
    const mailbox = await service.mailbox(company, { email: 'contact@exemple.fr' });
    const alice = await service.user(company);
    const restored = await backup(service);
    await service.user(company);
    await service.db.rows(sql`
      update cronhook.users set deletion_scheduled_at = '2026-11-20' where id = ${alice}::uuid
    `);
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1 } });

    const dry = await replay(service, restored.url, ['--dry-run']);
    expect(dry.output).toContain(`company ${company}: nobody would be left`);
    expect(dry.output).not.toContain('would close');
    const { code, output } = await replay(service, restored.url);
    expect(code, output).toBe(0);
    expect(output).toContain(`company ${company}: nobody is left`);
    const state = sql`select company.name, status, mailbox.id, (select count(*)::int from cronhook.users) as users
      from cronhook.companies company join cronhook.inbox_integrations mailbox on company_id = company.id`;
    expect(await restored.db.rows(state)).toEqual([
      { name: 'Atelier Moreau', status: 'active', id: mailbox, users: 0 },
    ]);
  });

  test('closes no company on the word of a record that does not say, nor over the head of a member', async () => {
    const service = await startBesideStorage();
    const [silent, joined] = [await service.company(), await service.company()];
    const [old, last] = [await service.leaving(silent), await service.leaving(joined)];
    const restored = await backup(service);
    await restored.db.rows(sql`
      insert into cronhook.users (company_id, email, name) values (${joined}::uuid, 'b@exemple.fr', 'Bob')
    `);
    await service.runDeletions();
    for await (const { key } of service.storage.list('erasures/')) {
      const { userId, deletedAt } = JSON.parse((await service.storage.get(key)) ?? '');
      const older = JSON.stringify({ userId, deletedAt });
      if (userId === old) await service.storage.put(key, older, { contentType: 'application/json' });
    }
    const { code, output } = await replay(service, restored.url);
    expect(code, output).toBe(0);
    expect(output).toContain(`deleting again: ${last}`);
    expect(output).toContain(`company ${silent}: nobody is left`);
    expect(output).not.toContain(joined);
    expect(await restored.db.rows(sql`select distinct status from cronhook.companies`)).toEqual([
      { status: 'active' },
    ]);
  });

  test('two at once, beside a run of the task, delete each account once', async () => {
    const service = await startBesideStorage();
    for (let user = 0; user < 40; user++) await service.leaving(null);
    const restored = await backup(service);
    await service.runDeletions();
    const run = () => replay(service, restored.url);
    const task = cronhook(service, ['run', 'account-deletions'], { DATABASE_URL: restored.url });
    const ended = await Promise.all([run(), run(), task.ended]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await restored.db.rows(sql`select from cronhook.users`)).toEqual([]);
    // One row for the erasure that was, and one more where the task came first: each tells of a deletion that was.
    const [row] = await restored.db.rows<{ users: number; erasures: number }>(sql`
      select count(distinct user_id)::int as users,
        sum((counts->>'users')::int)::int as erasures from cronhook.account_deletions
    `);
    expect(row).toEqual({ users: 40, erasures: 40 });
  });

  test('is cut off by the server when it stalls inside a deletion, and waits for nobody’s locks for long', async () => {
    const service = await startBesideStorage();
    await service.leaving(null);
    const restored = await backup(service);
    await service.runDeletions();
    for (const statement of [
      sql`create table public.bounds (name text, value text)`,
      sql`create function public.note_bounds() returns trigger language plpgsql as $$ begin
        insert into public.bounds select name, current_setting(name)
          from unnest(array['idle_in_transaction_session_timeout', 'lock_timeout']) as name;
        return old;
      end $$`,
      sql`create trigger note_bounds before delete on cronhook.users
        for each row execute function public.note_bounds()`,
    ])
      await restored.db.rows(statement);
    expect(await replay(service, restored.url)).toMatchObject({ code: 0 });
    expect(await restored.db.rows(sql`select * from public.bounds order by name`)).toEqual([
      { name: 'idle_in_transaction_session_timeout', value: '30s' },
      { name: 'lock_timeout', value: '10s' },
    ]);
  });

  test('leaves out what is no erasure, goes on after a failure, and exits with 1', async () => {
    const service = await startBesideStorage();
    const fails = await service.leaving(null, { stripe_customer_id: 'cus_1' });
    await service.leaving(null);
    service.stripe.addCustomer('cus_1', 1);
    const restored = await backup(service);
    await service.runDeletions();
    for (const body of ['{', '{}', '"x"', '{"userId":"1","deletedAt":"2026"}'])
      await service.storage.put(`erasures/bad-${body.length}.json`, body, { contentType: 'text/plain' });
    service.stripe.fail(/cus_1|subscriptions/, problem(500, { message: 'broken' }));
    const { code, output } = await replay(service, restored.url);
    expect(code).toBe(1);
    expect(output).toContain('2 account(s) had come back: 1 deleted again, 1 failed');
    expect(output.match(/is no erasure/g)).toHaveLength(4);
    expect(await restored.db.rows(sql`select id from cronhook.users`)).toEqual([{ id: fails }]);
    const withoutKey = await replay(service, restored.url, [], { STRIPE_SECRET_KEY: '' });
    expect(withoutKey.output).toContain('1 deleted again, 0 failed');
  });

  test('finds nothing to do in an empty storage, and names the variable of a missing one', async () => {
    const service = await startBesideStorage();
    expect(await replay(service, service.databaseUrl)).toMatchObject({
      code: 0,
      output: expect.stringContaining('0 erasure(s) read'),
    });
    const production = { NODE_ENV: 'production', CRON_SECRET: 'x'.repeat(40) };
    expect(await replay(service, service.databaseUrl, [], production)).toMatchObject({
      code: 1,
      output: expect.stringContaining('S3_BUCKET'),
    });
  });
});
