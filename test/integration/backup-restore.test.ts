import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { AppError } from '../../src/errors.js';
import { createEveryType } from '../support/every-type.js';
import { temporaryFolder } from '../support/folder.js';
import { startLokario } from '../support/lokario.js';
import { pgbouncerAvailable, startPgbouncer } from '../support/pgbouncer.js';
import { databaseWith, dumpText, EMPTY, inChunks, MISSING, restore, takeDump } from '../support/restore.js';

const SHOP = `
  create table public.users (id int primary key, name text);
  insert into public.users select n, 'user ' || n from generate_series(1, 13) n;
  create schema "Été ""25""";
  create table "Été ""25"""."Ventes d'""hiver""" (id int generated always as identity, name text default E'a\\nb');
  insert into "Été ""25"""."Ventes d'""hiver""" (name) values (E'\\\\.'), ('COMMIT;'), (null);
  create procedure public.work() language plpgsql as $$
begin
COMMIT;
/*
BEGIN;
*/
end $$;
`;
const LARGE_OBJECTS = `select lo_from_bytea(0, decode(repeat('00ff5c', 20000), 'hex')) from generate_series(1, 3)`;

describe.skipIf(MISSING)(`a restored database${MISSING}`, () => {
  test('dumps identically to the one that was saved', async () => {
    const source = await databaseWith(SHOP, LARGE_OBJECTS);
    const target = await databaseWith();
    const restored = await restore(await takeDump(source.url), target.url);
    expect(restored).toEqual({ tables: 2, rows: 16, largeObjects: 3, held: 0, createdRoles: [] });
    expect(await dumpText(target.url)).toBe(await dumpText(source.url));
  });

  test('replaces what is there when it is told to, and is then the same', async () => {
    const source = await databaseWith(SHOP, LARGE_OBJECTS);
    const target = await databaseWith(
      SHOP,
      LARGE_OBJECTS,
      `create extension if not exists pg_trgm schema public`,
      `create view public.v as select * from public.users; create type public.mood as enum ('ok');
       create function public.stop() returns event_trigger language plpgsql as $$ begin raise 'stop'; end $$;
       create event trigger stop on sql_drop execute function public.stop();
       create publication everything for all tables;
       create aggregate public.total(int) (sfunc = int4pl, stype = int, initcond = 0);
       create operator public.=== (leftarg = int, rightarg = int, function = int4eq);
       create domain public.short as text check (length(value) < 9);
       create collation public.fr (locale = 'C'); create statistics public.both on id, name from public.users;
       create text search configuration public.simple2 (copy = simple);
       create cast (public.mood as int) with inout; create foreign data wrapper far;
       create server there foreign data wrapper far; comment on schema public is 'ours'`,
    );
    await restore(await takeDump(source.url), target.url, { replace: true });
    expect(await dumpText(target.url)).toBe(await dumpText(source.url));
  });

  test('of every type and object that PostgreSQL has dumps identically, and names the roles it had to make', async () => {
    const source = await createEveryType(inject('postgresUrl'));
    onTestFinished(() => source.drop());
    const dump = await takeDump(source.url);
    const before = await dumpText(source.url);
    const target = await databaseWith();
    expect(await restore(dump, target.url)).toMatchObject({ createdRoles: [] });
    expect(await dumpText(target.url)).toBe(before);
    await restore(dump, target.url, { replace: true });
    expect(await dumpText(target.url)).toBe(before);
  });

  test('takes the dump of a newer client too, without the settings that only newer servers have', async () => {
    const source = await databaseWith(SHOP);
    const { sql, manifest } = await takeDump(source.url);
    const newer = sql
      .toString()
      .replace('SET lock_timeout = 0;', 'SET lock_timeout = 0;\nSET transaction_timeout = 0;');
    const target = await databaseWith();
    expect(await restore({ sql: Buffer.from(newer), manifest }, target.url)).toMatchObject({ rows: 16 });
  });

  test.skipIf(!pgbouncerAvailable())(
    'behind PgBouncer leaves its clients no settings of the dump',
    async () => {
      const source = await databaseWith(SHOP);
      const target = await databaseWith();
      const url = await startPgbouncer(target.url);
      expect(await restore(await takeDump(source.url), url)).toMatchObject({ rows: 16 });
      const clients = Array.from({ length: 5 }, () =>
        postgres(url, { max: 1, prepare: false, fetch_types: false }),
      );
      const shown = await Promise.all(clients.map((client) => client`show search_path`));
      await Promise.all(clients.map((client) => client.end()));
      for (const [row] of shown) expect(row?.search_path).toBe('"$user", public');
    },
  );

  test('has the chosen schemas only, the others stay as they are', async () => {
    const source = await databaseWith(SHOP, LARGE_OBJECTS);
    const dump = await takeDump(source.url, ['public']);
    const target = await databaseWith(
      'create schema auth; create table auth.users (id int); grant usage on schema public to pg_monitor',
    );
    expect(await restore(dump, target.url)).toMatchObject({ tables: 1, rows: 13, largeObjects: 3 });
    const replaced = await restore(dump, target.url, { replace: true });
    expect(replaced).toMatchObject({ tables: 1, rows: 13, largeObjects: 3 });
    const ours = ['--schema=public', '--blobs'];
    expect(await dumpText(target.url, ...ours)).toBe(await dumpText(source.url, ...ours));
    expect(await target.run("select to_regclass('auth.users')::text as name")).toEqual([
      { name: 'auth.users' },
    ]);
    const [usage] = await target.run(
      "select has_schema_privilege('pg_monitor', 'public', 'usage') as granted",
    );
    expect(usage).toEqual({ granted: true });
  });

  test('gets the roles that policies name and its server lacks, without a right to log in', async () => {
    const role = `only "there" ${process.pid}`;
    const quoted = `"${role.replaceAll('"', '""')}"`;
    const source = await databaseWith(
      SHOP,
      `create role ${quoted} login`,
      `create policy own on public.users to ${quoted} using (true)`,
      'alter table public.users enable row level security',
    );
    const dump = await takeDump(source.url);
    const target = await databaseWith();
    await source.run(`drop policy own on public.users; drop role ${quoted}`);
    const restored = await restore(dump, target.url);
    expect(restored.createdRoles).toEqual([role]);
    const roles = await target.run(`select rolcanlogin from pg_roles where rolname = '${role}'`);
    expect(roles).toEqual([{ rolcanlogin: false }]);
    await target.run(`drop policy own on public.users; drop role ${quoted}`);
  });

  test('is counted behind forced policies too', async () => {
    const source = await databaseWith(
      SHOP,
      `alter table public.users enable row level security; alter table public.users force row level security`,
    );
    const owner = `restorer_${process.pid}`;
    const target = await databaseWith(`create role ${owner} login password 'x' nosuperuser createrole`);
    onTestFinished(
      () =>
        target.run(
          `alter database "${url.pathname.slice(1)}" owner to current_user; drop owned by ${owner} cascade; drop role ${owner}`,
        ) as Promise<never>,
    );
    const url = new URL(target.url);
    await target.run(`alter database "${url.pathname.slice(1)}" owner to ${owner}`);
    [url.username, url.password] = [owner, 'x'];
    const dump = await takeDump(source.url);
    expect(await restore(dump, url.toString())).toMatchObject({ rows: 16 });
    expect(await dumpText(target.url)).toBe(await dumpText(source.url));
    expect(await restore(dump, url.toString(), { replace: true })).toMatchObject({ rows: 16 });
    expect(await dumpText(target.url)).toBe(await dumpText(source.url));
  });

  test('holds the messages that were pending', async () => {
    const service = await startLokario();
    await service.message({ recipient: 'pending@example.com' });
    const target = await databaseWith();
    expect(await restore(await takeDump(service.databaseUrl), target.url)).toMatchObject({ held: 1 });
    expect(await target.run('select status from cronhook.outbox_messages')).toEqual([{ status: 'held' }]);
  });
});

/** What a restoration that fails must leave as it was. */
async function occupied() {
  const target = await databaseWith("create table public.kept as select 'precious' as value");
  const before = await dumpText(target.url);
  return { ...target, unchanged: async () => expect(await dumpText(target.url)).toBe(before) };
}

const problemOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return (error as AppError).message;
};

describe.skipIf(MISSING)('a database that is not empty', () => {
  test('is refused, saying what it holds, and left as it was', async () => {
    const dump = await takeDump((await databaseWith(SHOP)).url);
    const target = await occupied();
    await target.run(`create function public.f() returns int language sql as 'select 1'`);
    const message = await problemOf(restore(dump, target.url));
    expect(message).toContain('not empty: 1 table (public.kept), 1 function (public.f)');
    expect(message).toContain('--force');
  });

  test.each([
    ['create table public.t (a int, b text)', '1 table (public.t)'],
    ['create sequence public.s', '1 sequence'],
    ["create type public.e as enum ('a', 'b')", '1 type (public.e)'],
    ['create type public.c as (a int)', '1 type (public.c)'],
    ['create schema other', '1 schema (other)'],
    ['select lo_create(0) from generate_series(1, 2)', '2 large objects (e.g. '],
    ['create materialized view public.m as select 1 as one', '1 view (public.m)'],
  ])('is one with %s', async (statement, said) => {
    const target = await databaseWith(statement);
    expect(await problemOf(restore(EMPTY, target.url))).toContain(said);
  });

  test('is not one with extensions alone', async () => {
    const target = await databaseWith('create extension pg_trgm; create extension hstore');
    expect(await restore(EMPTY, target.url)).toMatchObject({ tables: 0 });
  });
});

describe.skipIf(MISSING)('a restoration that fails leaves the database as it was', () => {
  test('when the rows are not those of the manifest, and names the tables', async () => {
    const dump = await takeDump((await databaseWith(SHOP)).url);
    const target = await occupied();
    const manifest = { ...dump.manifest, largeObjects: 2 };
    manifest.tables = { ...manifest.tables, 'public.users': 12, 'public."gone, away"': 1 };
    const message = await problemOf(restore({ ...dump, manifest }, target.url, { replace: true }));
    expect(message).toContain('public.users: 13 instead of 12, public."gone, away": not there');
    expect(message).toContain('large objects: 0 instead of 2');
    await target.unchanged();
  });

  test.each([
    ['in the middle of rows', (sql: string) => sql.indexOf('user 7')],
    ['between two statements', (sql: string) => sql.indexOf('\n--\n-- Name: users users_pkey')],
    ['within a statement', (sql: string) => sql.indexOf('ADD CONSTRAINT')],
    ['after its last byte', (sql: string) => sql.length],
  ])('when the stream breaks off %s', async (_where, place) => {
    const { sql, manifest } = await takeDump((await databaseWith(SHOP)).url);
    const target = await occupied();
    const end = place(sql.toString('latin1'));
    expect(end).toBeGreaterThan(0);
    const broken = async function* () {
      yield sql.subarray(0, end);
      throw new AppError('unprocessable', () => 'another checksum');
    };
    const restoring = restore({ sql, manifest }, target.url, { replace: true, dump: broken() });
    expect(await problemOf(restoring)).toBe('another checksum');
    await target.unchanged();
  });

  test('when a statement is refused, and says why without anybody’s data', async () => {
    const dump = await takeDump((await databaseWith(SHOP)).url);
    const target = await occupied();
    const wrong = (from: string, to: string) => ({
      ...dump,
      sql: Buffer.from(dump.sql.toString().replace(from, to)),
    });
    const problem = (from: string, to: string) =>
      problemOf(restore(wrong(from, to), target.url, { replace: true }));
    expect(await problem('13\tuser 13', '1\tuser secret')).toMatch(/SQLSTATE 23505$/);
    expect(await problem('13\tuser 13', 'secret\tuser 13')).toMatch(/: SQLSTATE 22P02$/);
    expect(
      await problem('CREATE TABLE public.users', 'CREATE EXTENSION postgis;\nCREATE TABLE public.users'),
    ).toContain('The extension postgis is not available');
    expect(
      await problem('CREATE TABLE public.users', 'SELECT nothing();\nCREATE TABLE public.users'),
    ).toContain('function nothing() does not exist (SQLSTATE 42883)');
    expect(
      await problem(
        'CREATE TABLE public.users',
        'ALTER SCHEMA public OWNER TO nobody_here;\nCREATE TABLE public.users',
      ),
    ).toContain('The role nobody_here does not exist');
    expect(await problem('SET statement_timeout = 0;', '\\nonsense\n')).toContain(
      'backslash commands are restricted',
    );
    await target.unchanged();
  });

  test('when it is told to stop', async () => {
    const { sql, manifest } = await takeDump((await databaseWith(SHOP)).url);
    const target = await occupied();
    const controller = new AbortController();
    const endless = async function* () {
      yield sql;
      yield Buffer.from('SELECT pg_sleep(60);\n');
      setTimeout(() => controller.abort(new Error('stopped')), 300);
      yield* inChunks(Buffer.alloc(4_000_000, '\n'));
    };
    const options = { replace: true, dump: endless(), signal: controller.signal };
    const began = performance.now();
    await expect(restore({ sql, manifest }, target.url, options)).rejects.toThrow('stopped');
    expect(performance.now() - began).toBeLessThan(4_000);
    await target.unchanged();
  });

  test('when the server ends the connection', async () => {
    const { sql, manifest } = await takeDump((await databaseWith(SHOP)).url);
    const target = await occupied();
    const dump = async function* () {
      yield sql;
      yield Buffer.from('SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());\n');
    };
    const message = await problemOf(restore({ sql, manifest }, target.url, { replace: true, dump: dump() }));
    expect(message).toContain('The connection to the PostgreSQL server was lost');
    await target.unchanged();
  });

  test('when somebody else works on it', async () => {
    const dump = await takeDump((await databaseWith(SHOP)).url);
    const target = await occupied();
    const sql = Buffer.from(
      dump.sql
        .toString()
        .replace('SET lock_timeout = 0;', "SET lock_timeout = '50ms';\nLOCK TABLE pg_catalog.pg_authid;"),
    );
    const blocker = postgres(target.url, { max: 1 });
    let release = () => {};
    const held = blocker.begin(async (tx) => {
      await tx`lock table pg_catalog.pg_authid in row exclusive mode`;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await sleep(200);
    const message = await problemOf(restore({ ...dump, sql }, target.url, { replace: true }));
    release();
    await held;
    await blocker.end();
    expect(message).toContain('Another program uses the database');
    await target.unchanged();
  });

  test('when the process is killed in the middle', async () => {
    const { sql, manifest } = await takeDump((await databaseWith(SHOP)).url);
    const target = await occupied();
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'dump.json'), JSON.stringify({ sql: sql.toString(), manifest }));
    const program = fileURLToPath(new URL('../support/restore-process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', program, folder, target.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await target.run("select 1 from pg_class where relname = 'kept'");
    child.kill('SIGKILL');
    await once(child, 'exit');
    await target.unchanged();
    const [left] = await target.run(
      "select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and wait_event is distinct from null and state = 'active'",
    );
    expect(left).toEqual({ count: 0 });
  });
});

describe.skipIf(MISSING)('a target', () => {
  test('that cannot be reached is named without its password', async () => {
    const message = await problemOf(restore(EMPTY, 'postgresql://app:hidden-word@127.0.0.1:1/none'));
    expect(message).toContain('The database none on 127.0.0.1:1 does not answer');
    expect(message).not.toContain('hidden');
    const url = new URL(inject('postgresUrl'));
    url.password = 'hidden-word';
    expect(await problemOf(restore(EMPTY, url.toString()))).not.toContain('hidden');
  });

  test('on a server older than that of the dump is refused', async () => {
    const target = await databaseWith();
    const manifest = { ...EMPTY.manifest, serverVersion: '16.2' };
    expect(await problemOf(restore({ ...EMPTY, manifest }, target.url))).toContain('older than');
  });
});
