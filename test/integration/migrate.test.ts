import { sql } from 'drizzle-orm';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/client.js';
import { isMigrated, migrate } from '../../src/db/migrate.js';
import { Secret } from '../../src/secret.js';
import { createDatabase } from '../support/postgres.js';

async function emptyDatabase() {
  const { url, drop } = await createDatabase(inject('postgresUrl'));
  const open = () => {
    const db = openDatabase(new Secret(url), { max: 2 });
    onTestFinished(() => db.close());
    return db;
  };
  onTestFinished(drop);
  return open;
}

describe('the migrations', () => {
  test('are applied once when three replicas start at the same moment', async () => {
    const open = await emptyDatabase();
    const applied = await Promise.all([open(), open(), open()].map(migrate));
    expect(applied.sort()).toEqual([0, 0, Math.max(...applied)]);
    expect(Math.max(...applied)).toBeGreaterThan(0);
    expect(await isMigrated(open())).toBe(true);
  });

  test('are pending on an empty database', async () => {
    const open = await emptyDatabase();
    expect(await isMigrated(open())).toBe(false);
  });

  test('leave a table alone that the application has replaced by a view', async () => {
    const db = (await emptyDatabase())();
    for (const statement of [
      sql`create schema cronhook`,
      sql`create table public.people (id uuid primary key, mail text)`,
      sql`create view cronhook.users as select id, mail as email from public.people`,
      sql`create view cronhook.inbox_messages as select id as folder_id from public.people`,
    ]) {
      await db.rows(statement);
    }
    await migrate(db);
    const views = await db.rows<{ relname: string }>(
      sql`select relname from pg_class where relnamespace = 'cronhook'::regnamespace and relkind = 'v' order by 1`,
    );
    expect(views.map(({ relname }) => relname)).toEqual(['inbox_messages', 'users']);
    expect(await isMigrated(db)).toBe(true);
  });

  test('change nothing outside the schema cronhook', async () => {
    const db = (await emptyDatabase())();
    await migrate(db);
    const elsewhere = await db.rows(
      sql`select 1 from pg_class where relnamespace not in (
        select oid from pg_namespace where nspname in ('cronhook', 'pg_catalog', 'information_schema', 'pg_toast')
      )`,
    );
    expect(elsewhere).toEqual([]);
  });

  test('make no foreign key, since any table may become a view', async () => {
    const db = (await emptyDatabase())();
    await migrate(db);
    expect(await db.rows(sql`select conname from pg_constraint where contype = 'f'`)).toEqual([]);
  });
});
