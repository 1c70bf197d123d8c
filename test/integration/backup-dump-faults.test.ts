import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres, { type Sql } from 'postgres';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { dumpDatabase } from '../../src/backups/dump.js';
import { openSnapshot } from '../../src/backups/snapshot.js';
import { startEmbeddedPostgres } from '../../src/db/embedded.js';
import { Secret } from '../../src/secret.js';
import { dumpText, loginRole, numbersDatabase, quiet, startDump } from '../support/dump.js';
import { pgbouncerAvailable, startPgbouncer } from '../support/pgbouncer.js';
import { missingPrograms, pgDump } from '../support/postgres-programs.js';

const PGDUMP_PIDS = `select pid from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and query ~* '^(copy|lock|select|begin|set)'`;

describe.skipIf(missingPrograms)(`a dump that fails${missingPrograms}`, () => {
  test('names the table that the role may not read, and the right to grant', async () => {
    const { url } = await numbersDatabase(1);
    const { name, url: readerUrl } = await loginRole(url);
    await expect(dumpText(readerUrl)).rejects.toThrow(
      `The user ${name} may not read table numbers: grant it the role pg_read_all_data`,
    );
    const { snapshot } = await startDump(readerUrl);
    await expect(snapshot.count()).rejects.toThrow(`may not read table numbers`);
    await snapshot.close();
  });

  test('never leaves out rows that row-level security hides', async () => {
    const { url, sql } = await numbersDatabase(1);
    await sql`alter table numbers enable row level security`;
    const { url: readerUrl } = await loginRole(url, 'pg_read_all_data');
    await expect(dumpText(readerUrl)).rejects.toThrow(/security on the table numbers would hide rows/);
    const { snapshot } = await startDump(readerUrl);
    await expect(snapshot.count()).rejects.toThrow(/security on the table numbers would hide rows/);
    await snapshot.close();
  });

  test('says when it is a large object that may not be read', async () => {
    const { url, sql } = await numbersDatabase(1);
    await sql`select lo_from_bytea(0, 'x')`;
    const { url: readerUrl } = await loginRole(url, 'pg_read_all_data');
    await expect(dumpText(readerUrl)).rejects.toThrow(/may not read a large object/);
  });

  test('does not wait for ever for a locked table', async () => {
    const { url, sql } = await numbersDatabase(1);
    await sql.begin(async (tx) => {
      await tx`lock table numbers`;
      await expect(dumpText(url, { lockWaitSeconds: 1 })).rejects.toThrow(/stayed locked/);
    });
  });

  test('tells of a connection that the server cut', async () => {
    const { url, sql } = await largeTable();
    const { snapshot, sql: dump } = await startDump(url);
    onTestFinished(() => snapshot.close());
    await expect(
      reading(dump, () => sql`select pg_terminate_backend(pid) from pg_stat_activity where query ~ '^COPY '`),
    ).rejects.toThrow(/closed the connection during the backup/);
  });

  test('tells of a server that is stopped in the middle, and its counts do', async () => {
    const server = await ownServer();
    const { snapshot, sql: dump } = await startDump(server.url);
    await expect(reading(dump, () => server.stop())).rejects.toThrow(
      /closed the connection during the backup/,
    );
    await expect(snapshot.count()).rejects.toThrow(/closed the connection during the backup/);
    await snapshot.close();
  });

  test('tells of a snapshot that was cut off before the rows were counted', async () => {
    const { url, sql } = await numbersDatabase(1);
    const { snapshot } = await startDump(url);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'
      and datname = current_database()`;
    // A statement sent in that very moment crashes the driver, which the process's own handler survives.
    await sleep(500);
    await expect(snapshot.count()).rejects.toThrow(/closed the connection during the backup/);
    await snapshot.close();
  });

  test('tells of a pg_dump that was killed', async () => {
    const { url } = await largeTable();
    const { snapshot, sql: dump } = await startDump(url);
    onTestFinished(() => snapshot.close());
    const child = vi.waitFor(() => pgDumpOf(process.pid));
    await expect(reading(dump, async () => process.kill(await child, 'SIGKILL'))).rejects.toThrow(
      'pg_dump was killed (SIGKILL)',
    );
  });

  test('tells of a snapshot that is gone before pg_dump takes it over', async () => {
    const { url } = await numbersDatabase(1);
    const { snapshot, sql: dump } = await startDump(url);
    await snapshot.close();
    await expect(readAll(dump)).rejects.toThrow(/snapshot of the database was lost/);
  });

  test.each([
    [
      'a program that stops early without a word',
      'echo "-- PostgreSQL"',
      /stopped before the end of the backup without/,
    ],
    [
      'the end missing though all seems well',
      'printf -- "-- PostgreSQL database dump complete"',
      /stopped before the end/,
    ],
    [
      'an error that nobody foresaw',
      'echo "pg_dump: error: the moon" >&2; exit 1',
      'pg_dump failed: the moon',
    ],
    [
      'a server newer than the program',
      'echo "pg_dump: error: aborting because of server version mismatch" >&2; exit 1',
      /which is newer/,
    ],
    [
      'a full disk of the server',
      'echo "pg_dump: error: ERROR:  could not write: No space left on device" >&2; exit 1',
      /disk of the PostgreSQL server is full/,
    ],
    [
      'a row that is too large for PostgreSQL',
      'printf "pg_dump: error: Dumping the contents of table \\"b\\" failed: PQgetResult() failed.\\npg_dump: detail: Error message from server: ERROR:  invalid memory alloc request size 1120000003\\n" >&2; exit 1',
      /row of the table b takes more than 1 GB/,
    ],
    [
      'a statement quoted',
      'echo "pg_dump: error: bad" >&2; echo "pg_dump: detail: Query was: SELECT\nout of memory, error" >&2; exit 1',
      /^pg_dump failed: bad$/,
    ],
  ])('never becomes a backup: %s', async (_case, script, message) => {
    const { url } = await numbersDatabase(1);
    const folder = await mkdtemp(join(tmpdir(), 'cronhook-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'pg_dump');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    const dump = dumpDatabase({
      program: { ...(await pgDump()), path },
      url: new Secret(url),
      snapshotId: '0-0-0',
      signal: new AbortController().signal,
      log: quiet,
    });
    await expect(readAll(dump)).rejects.toThrow(message);
  });
});

describe.skipIf(missingPrograms)(`a dump that is ended${missingPrograms}`, () => {
  test('by a signal leaves no pg_dump behind', async () => {
    const { url, sql } = await largeTable();
    const abort = new AbortController();
    const { snapshot, sql: dump } = await startDump(url, { signal: abort.signal });
    await expect(reading(dump, () => abort.abort(new Error('time is up')))).rejects.toThrow('time is up');
    await expect(snapshot.count()).rejects.toThrow('time is up');
    await snapshot.close();
    await nobodyLeft(sql);
  });

  test('by its reader leaves no pg_dump behind', async () => {
    const { url, sql } = await largeTable();
    const { snapshot, sql: dump } = await startDump(url);
    for await (const _ of dump) break;
    await snapshot.close();
    await nobodyLeft(sql);
  });

  test('by kill -9 of our process leaves no pg_dump behind', async () => {
    const { url, sql } = await largeTable();
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SLOW_READER], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { PATH: process.env.PATH, TEST_URL: url, TEST_DUMP: JSON.stringify(await pgDump()) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    expect(await sql.unsafe(PGDUMP_PIDS)).toHaveLength(2);
    child.kill('SIGKILL');
    await nobodyLeft(sql);
  });
});

test.skipIf(missingPrograms)(`a slow reader holds pg_dump up${missingPrograms}`, async () => {
  const { url, sql } = await largeTable();
  const { snapshot, sql: dump } = await startDump(url);
  onTestFinished(() => snapshot.close());
  let progress = 0;
  for await (const _ of dump) {
    await sleep(1000);
    const [row] = await sql`select bytes_processed from pg_stat_progress_copy`;
    progress = Number(row?.bytes_processed);
    break;
  }
  expect(progress).toBeGreaterThan(0);
  expect(progress).toBeLessThan(24 * 1024 * 1024);
});

describe('a database that cannot be asked', () => {
  test.each([
    [
      'a wrong password',
      { password: 'wrong-password' },
      /refuses the user cronhook or its password: check BACKUP_DATABASE_URL/,
    ],
    [
      'a database that is not there',
      { pathname: '/nowhere' },
      /has no database nowhere: check the end of BACKUP_DATABASE_URL/,
    ],
    ['a port where nothing listens', { port: '1' }, /127\.0\.0\.1:1 does not answer/],
    [
      'a host that is not found',
      { hostname: 'nowhere.invalid' },
      /The host of nowhere\.invalid:\d+ is not found/,
    ],
  ])('is told of: %s', async (_case, change, message) => {
    const url = Object.assign(new URL(inject('postgresUrl')), change);
    const opening = openSnapshot(new Secret(url.toString()));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toMatchObject({ code: 'unprocessable' });
    await expect(opening).rejects.not.toThrow(url.password);
  });

  test.skipIf(!pgbouncerAvailable())(
    'is told of: a pooler in transaction mode, through which no dump is safe (needs pgbouncer)',
    async () => {
      const pooled = await startPgbouncer((await numbersDatabase(1)).url);
      await expect(openSnapshot(new Secret(pooled))).rejects.toThrow(
        /is a connection pooler .* in transaction mode/,
      );
    },
  );
});

/** Far more than all the buffers between the server and us hold. */
const LARGE = 'create table large as select repeat(md5(i::text), 1000) as t from generate_series(1, 2000) i';

async function largeTable() {
  const database = await numbersDatabase(1);
  await database.sql.unsafe(LARGE);
  return database;
}

const readAll = (dump: AsyncIterable<Buffer>) => reading(dump, () => {});

/** Reads a dump, and does something after the first piece. */
async function reading(dump: AsyncIterable<Buffer>, act: () => unknown): Promise<void> {
  let pieces = 0;
  for await (const _ of dump) {
    if (++pieces === 1) await act();
  }
}

/** A server to stop, with a large table. */
async function ownServer() {
  const directory = await mkdtemp(join(tmpdir(), 'cronhook-test-'));
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory, durable: false });
  onTestFinished(async () => {
    await server.stop().catch(() => {});
    await rm(directory, { recursive: true, force: true });
  });
  const url = (await server.database('postgres')).reveal();
  const sql = postgres(url, { max: 1 });
  await sql.unsafe(LARGE);
  await sql.end();
  return { url, stop: server.stop };
}

const nobodyLeft = (sql: Sql) =>
  vi.waitFor(async () => expect(await sql.unsafe(PGDUMP_PIDS)).toEqual([]), {
    timeout: 10_000,
    interval: 100,
  });

async function pgDumpOf(parent: number): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (stat.includes('(pg_dump)') && stat.split(') ')[1]?.split(' ')[1] === String(parent))
      return Number(pid);
  }
  throw new Error('no pg_dump');
}

const SLOW_READER = `
  import { dumpDatabase } from './src/backups/dump.ts';
  import { openSnapshot } from './src/backups/snapshot.ts';
  import { Secret } from './src/secret.ts';
  const url = new Secret(process.env.TEST_URL);
  const { id: snapshotId } = await openSnapshot(url);
  const program = JSON.parse(process.env.TEST_DUMP);
  const signal = new AbortController().signal;
  for await (const chunk of dumpDatabase({ program, url, snapshotId, signal, log: console })) {
    console.log(chunk.length);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
`;
