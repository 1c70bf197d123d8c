import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openSnapshot } from '../../src/backups/snapshot.js';
import { Secret } from '../../src/secret.js';
import { dumpText, loginRole, numbersDatabase, startDump, withoutKey } from '../support/dump.js';
import { createEveryType, ODD_SCHEMA } from '../support/every-type.js';
import { missingPrograms, pgDump } from '../support/postgres-programs.js';

/** As SQL quotes it. */
const ODD_TABLE = `"Été d'""hiver"""."Clients.É ""x"""`;

describe.skipIf(missingPrograms)(`what a backup dumps${missingPrograms}`, () => {
  test('a database of every type is dumped as pg_dump itself does it', async () => {
    const { url } = await everyType();
    const { path } = await pgDump();
    const { stdout } = await promisify(execFile)(
      path,
      ['--no-owner', '--no-privileges', '--no-tablespaces', url],
      {
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    expect(await dumpText(url)).toBe(withoutKey(stdout));
  });

  test('rows are counted table by table, as many as the dump holds', async () => {
    const { url } = await everyType();
    const { snapshot } = await startDump(url);
    const counts = await snapshot.count();
    await snapshot.close();
    const dump = await dumpText(url);
    const dumped = rowsIn(dump);
    expect(counts.tables).toEqual(dumped);
    expect(counts.tables[ODD_TABLE]).toBe(1200);
    expect(counts.tables['public.parent']).toBe(2);
    expect(counts.largeObjects).toBe(dump.match(/^SELECT pg_catalog\.lo_create\(/gm)?.length);
  });

  test('what is written after the snapshot is neither dumped nor counted', async () => {
    const { url, sql } = await numbersDatabase(1000);
    const { snapshot, sql: dump } = await startDump(url);
    await sql`insert into numbers select generate_series(1001, 1500)`;
    const chunks = [];
    for await (const chunk of dump) chunks.push(chunk);
    expect(await snapshot.count()).toMatchObject({ tables: { 'public.numbers': 1000 } });
    await snapshot.close();
    expect(rowsIn(Buffer.concat(chunks).toString())).toEqual({ 'public.numbers': 1000 });
  });

  test('counting hundreds of tables keeps none of their locks', async () => {
    const { url, sql } = await numbersDatabase(1);
    await sql`do $$ begin for i in 1..300 loop execute format('create table t%s (id int primary key)', i); end loop; end $$`;
    const { snapshot } = await startDump(url);
    expect(Object.keys((await snapshot.count()).tables)).toHaveLength(301);
    const [locks] = await sql`select count(*)::int as count from pg_locks where pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())`;
    expect(locks?.count).toBeLessThan(30);
    await snapshot.close();
  });

  test('a snapshot names the roles that a new server may lack', async () => {
    const { url, roles } = await everyType();
    const { snapshot } = await startDump(url);
    await snapshot.close();
    expect(snapshot.roles).toEqual([...roles, 'cronhook'].sort());
    const narrowed = await openSnapshot(new Secret(url), { schemas: [ODD_SCHEMA] });
    await narrowed.close();
    expect(narrowed.roles).toEqual([]);
  });

  test('a chosen schema comes alone, by its exact name, with large objects', async () => {
    const { url } = await everyType();
    const dump = await dumpText(url, { schemas: [ODD_SCHEMA] });
    expect(rowsIn(dump)).toEqual({ [ODD_TABLE]: 1200 });
    expect(dump).toContain('SELECT pg_catalog.lo_create(');
    expect(dump).not.toContain('CREATE EXTENSION');
    const { snapshot } = await startDump(url, { schemas: [ODD_SCHEMA] });
    expect(Object.keys((await snapshot.count()).tables)).toHaveLength(1);
    await snapshot.close();
  });

  test('a name that reads as a pattern chooses no other schema', async () => {
    const { url, sql } = await numbersDatabase(1);
    await sql
      .unsafe('create schema "a*"; create table "a*".t (); create schema ab; create table ab.t ()')
      .simple();
    const dump = await dumpText(url, { schemas: ['a*'] });
    expect(dump).toContain('CREATE TABLE "a*".t');
    expect(dump).not.toContain('CREATE TABLE ab.t');
  });

  test('the extensions that live in chosen schemas come along', async () => {
    const { url } = await everyType();
    const dump = await dumpText(url, { schemas: ['public'] });
    expect(dump).toContain('CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public');
  });

  test('BACKUP_SCHEMAS may only name schemas that are there', async () => {
    const { url } = await numbersDatabase(1);
    await expect(startDump(url, { schemas: ['public', 'Public'] })).rejects.toThrow(
      /BACKUP_SCHEMAS names Public,/,
    );
  });

  test('a database whose name reads as a connection string is dumped all the same', async () => {
    const server = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} });
    const name = `host=nowhere "é" ${process.pid}`;
    onTestFinished(async () => {
      await server.unsafe(`drop database if exists ${JSON.stringify(name).replaceAll('\\"', '""')}`);
      await server.end();
    });
    await server.unsafe(`create database ${JSON.stringify(name).replaceAll('\\"', '""')}`);
    const url = inject('postgresUrl').replace(/\/postgres$/, `/${encodeURIComponent(name)}`);
    const { snapshot } = await startDump(url);
    await snapshot.close();
    expect(snapshot.database.name).toBe(name);
    expect(await dumpText(url)).toContain('PostgreSQL database dump complete');
  });

  test('databases of one name are told apart', async () => {
    const [one, other] = [await numbersDatabase(1), await numbersDatabase(1)];
    const idOf = async (url: string) => {
      const { snapshot } = await startDump(url);
      await snapshot.close();
      return snapshot.database.id;
    };
    const id = await idOf(one.url);
    expect(id).toMatch(/^\d{15,}\/\d+$/);
    expect(await idOf(one.url)).toBe(id);
    expect(await idOf(other.url)).not.toBe(id);
  });

  test('where the server hides its identifier, its address stands for it', async () => {
    const { url, sql } = await numbersDatabase(1);
    await sql`revoke execute on function pg_control_system() from public`;
    const reader = await loginRole(url, 'pg_read_all_data');
    const { snapshot } = await startDump(reader.url);
    await snapshot.close();
    const { host, pathname } = new URL(url);
    expect(snapshot.database.id).toMatch(new RegExp(`^${host}/\\d+${pathname}$`));
  });

  test('a role that may only read is enough', async () => {
    const { url } = await numbersDatabase(50);
    const reader = await loginRole(url, 'pg_read_all_data');
    const { snapshot } = await startDump(reader.url);
    expect(await snapshot.count()).toEqual({ tables: { 'public.numbers': 50 }, largeObjects: 0 });
    await snapshot.close();
    expect(rowsIn(await dumpText(reader.url))).toEqual({ 'public.numbers': 50 });
  });
});

async function everyType() {
  const database = await createEveryType(inject('postgresUrl'));
  onTestFinished(() => database.drop());
  return database;
}

/** Rows of each table, counted in the text of a dump. */
function rowsIn(dump: string): Record<string, number> {
  const tables: Record<string, number> = {};
  for (const [, name = '', data = ''] of dump.matchAll(
    /^COPY ((?:"(?:[^"]|"")*"|[^"(])+?) (?:\([^\n]*\) )?FROM stdin;\n([\s\S]*?)^\\\.$/gm,
  )) {
    tables[name.trim()] = data.split('\n').length - 1;
  }
  return tables;
}
