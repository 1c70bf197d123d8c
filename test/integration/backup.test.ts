import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Storage } from '../../src/clients/storage.js';
import { unpack } from '../../src/clients/tar.js';
import { bytesOf, fillTable, keysIn, missingPrograms, PREFIX, setsIn, sqlOf } from '../support/backups.js';
import { temporaryFolder } from '../support/folder.js';
import { startLokario } from '../support/lokario.js';
import { createDatabase } from '../support/postgres.js';
import { read, startTestService, type TestService } from '../support/service.js';

const NOW = new Date('2026-11-21T14:30:00.400Z');
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** A service under a clock that stands still, until the test turns it. */
async function startBackups(options: Parameters<typeof startTestService>[0] = {}) {
  const clock = { now: NOW };
  const service = await startTestService({
    now: () => clock.now,
    ...options,
    env: { BACKUP_NAME: 'prod', ...options.env },
  });
  return { ...withBackups(service), clock };
}

function withBackups(service: TestService) {
  const storage = service.context.services.storage;
  if (!storage) throw new Error('no storage');
  return { ...service, storage, backUp: (query = '') => read(service.call(`/backups/database${query}`)) };
}

describe.skipIf(missingPrograms)(`backup${missingPrograms ? ` (needs ${missingPrograms})` : ''}`, () => {
  it('leaves a dump under its UTC time, and a manifest that says what is in it', async () => {
    const { db, backUp, storage, databaseUrl } = await startBackups();
    await db.rows(
      sql`insert into cronhook.companies (name) select 'Société ' || n from generate_series(1, 1234) n`,
    );
    const answer = await backUp();
    const stem = `${PREFIX}/2026/11/21/prod_backup_20261121_143000`;
    expect(answer).toMatchObject({
      status: 'succeeded',
      errors: [],
      stats: { key: stem, anomalies: 0, kept: 1 },
    });
    expect(await keysIn(storage)).toEqual([`${stem}.json`, `${stem}.sql.gz`]);
    const [set] = await setsIn(storage);
    const stored = await bytesOf(storage, `${stem}.sql.gz`);
    const text = await sqlOf(storage, `${stem}.sql.gz`);
    expect(set?.manifest).toMatchObject({
      database: { name: new URL(databaseUrl).pathname.slice(1) },
      runId: answer.runId,
      startedAt: NOW.toISOString(),
      compressedBytes: stored.length,
      sha256: createHash('sha256').update(stored).digest('hex'),
      sizeBytes: Buffer.byteLength(text),
      encryption: null,
      extra: null,
    });
    expect(set?.manifest.tables['cronhook.companies']).toBe(1234);
    expect(text).toContain('\tSociété 1234\t');
    expect(text).not.toMatch(/^(ALTER .* OWNER TO|GRANT|REVOKE) /m);
  });

  it('confirms the first backup of a day to the administrator, in the words of the site', async () => {
    const clock = { now: NOW };
    const env = { ADMIN_EMAIL: 'admin@example.fr', BACKUP_NAME: 'prod' };
    const service = await startLokario({ now: () => clock.now, env });
    const { backUp } = withBackups(service);
    for (const hours of [0, 1, 2]) {
      clock.now = new Date(NOW.getTime() + hours * HOUR_MS);
      expect(await backUp()).toMatchObject({ status: 'succeeded' });
    }
    expect(service.smtp.mails).toHaveLength(1);
    expect(service.smtp.mails[0]?.headers.subject).toMatch(/^Sauvegarde de test_.* réussie$/);
    clock.now = new Date(NOW.getTime() + DAY_MS);
    await backUp();
    expect(service.smtp.mails).toHaveLength(2);
  });

  it('tells of what has lost more than half, once, and not of what it empties itself', async () => {
    const env = { ADMIN_EMAIL: 'admin@example.fr', BACKUP_NAME: 'prod' };
    const service = await startLokario({ now: () => new Date(), env });
    const { backUp, db } = withBackups(service);
    await db.rows(sql`create table "Élan ""vital""" as select n from generate_series(1, 5000) n`);
    await db.rows(sql`create table small as select n from generate_series(1, 1000) n`);
    await db.rows(sql`
      insert into cronhook.notifications (kind, severity, dedupe_key, title, body)
      select 'x', 'info', n::text, 'x', 'x' from generate_series(1, 2000) n
    `);
    expect(await backUp()).toMatchObject({ stats: { anomalies: 0 } });
    await db.rows(sql`delete from "Élan ""vital""" where n > 2499`);
    await db.rows(sql`delete from small`);
    await db.rows(sql`delete from cronhook.notifications`);
    expect((await backUp()).stats.anomalies).toBeGreaterThanOrEqual(1);
    expect(await backUp()).toMatchObject({ status: 'succeeded', stats: { anomalies: 0 } });
    const told = await db.rows<{ body: string }>(
      sql`select body from cronhook.notifications where kind = 'backup_anomaly'`,
    );
    expect(told).toHaveLength(1);
    expect(told[0]?.body).toContain('"Élan ""vital"""');
    expect(told[0]?.body).toMatch(/5.000 lignes avant, 2.499 maintenant/);
    expect(told[0]?.body).not.toMatch(/small|notifications/);
    expect(service.smtp.mails).toHaveLength(2);
  });

  it('encrypts for BACKUP_AGE_RECIPIENT: nothing in the bucket can be read without the identity', async () => {
    const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
    const recipient = await identityToRecipient(await generateX25519Identity());
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'proxy.conf'), 'secret_marker_in_a_file');
    const { db, backUp, storage } = await startBackups({
      env: { BACKUP_AGE_RECIPIENT: recipient, BACKUP_EXTRA_PATHS: folder },
    });
    await db.rows(sql`insert into cronhook.companies (name) values ('secret_marker_in_a_row')`);
    expect(await backUp()).toMatchObject({ status: 'succeeded' });
    const stem = `${PREFIX}/2026/11/21/prod_backup_20261121_143000`;
    expect(await keysIn(storage)).toEqual([`${stem}.json`, `${stem}.sql.gz.age`, `${stem}.tar.gz.age`]);
    for (const key of [`${stem}.sql.gz.age`, `${stem}.tar.gz.age`])
      expect((await bytesOf(storage, key)).toString('latin1')).toMatch(/^age-encryption.org\/v1\n-> X25519 /);
    const [set] = await setsIn(storage);
    expect(set?.manifest.encryption).toEqual({ method: 'age', keyId: recipient });
  });

  it('archives BACKUP_EXTRA_PATHS beside the dump; a path that is not there is named and spoils nothing', async () => {
    const folder = await temporaryFolder();
    const target = await temporaryFolder();
    await mkdir(join(folder, 'été 2026'));
    await writeFile(join(folder, 'été 2026', 'nginx.conf'), 'listen 443;');
    await symlink('/etc/passwd', join(folder, 'link'));
    const { backUp, storage } = await startBackups({
      env: { BACKUP_EXTRA_PATHS: `${folder},/nowhere at all` },
    });
    expect(await backUp()).toMatchObject({
      status: 'partial',
      stats: { failed: 1 },
      errors: [{ item: '/nowhere at all', message: expect.stringContaining('BACKUP_EXTRA_PATHS') }],
    });
    const [set] = await setsIn(storage);
    expect(set?.manifest.extra?.paths).toEqual([folder]);
    const archived = await storage.download(set?.manifest.extra?.key ?? '');
    if (!archived) throw new Error('no archive');
    await unpack(archived, target);
    expect(await readFile(join(target, folder, 'été 2026', 'nginx.conf'), 'utf8')).toBe('listen 443;');
    expect(await readlink(join(target, folder, 'link'))).toBe('/etc/passwd');
  });

  it('leaves nothing when PostgreSQL ends the dump in the middle', async () => {
    const { db, backUp, storage } = await startBackups();
    await fillTable(db, 20);
    const running = backUp();
    const ended = async () => {
      const rows = await db.rows(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'COPY %big%'
      `);
      return rows.length > 0;
    };
    while (!(await ended())) await sleep(5);
    const answer = await running;
    expect(answer).toMatchObject({ status: 'failed', error: 'task_failed' });
    expect(answer.message).toMatch(/pg_dump|PostgreSQL/);
    expect(await keysIn(storage)).toEqual([]);
    for await (const upload of storage.listUnfinished('')) expect(upload).toBeUndefined();
    expect(await backUp()).toMatchObject({ status: 'succeeded' });
  }, 240_000);

  it('never stands between two databases under one prefix, nor on what it did not write', async () => {
    const storageFolder = await temporaryFolder();
    const options = {
      storageFolder,
      env: {
        BACKUP_KEEP_DAYS: '0',
        BACKUP_KEEP_DAILY: '1',
        BACKUP_KEEP_WEEKLY: '0',
        BACKUP_KEEP_MONTHLY: '0',
      },
    };
    const first = await startBackups(options);
    const second = await startBackups(options);
    const foreign = `${PREFIX}/2020/01/01/prod_backup_20200101_000000.sql.gz`;
    const notes = `${PREFIX}/2020/01/01/prod_backup_20200101_000001.json`;
    await first.storage.put(foreign, 'an older script of ours', { contentType: 'application/gzip' });
    await first.storage.put(notes, '{"not":"a manifest"}', { contentType: 'application/json' });
    await first.storage.put(`${PREFIX}/README.txt`, 'hello', { contentType: 'text/plain' });
    for (let hour = 0; hour < 4; hour++) {
      for (const { clock, backUp } of [first, second]) {
        clock.now = new Date(NOW.getTime() + hour * HOUR_MS);
        expect(await backUp()).toMatchObject({
          status: 'succeeded',
          stats: { kept: 1, removed: hour > 0 ? 1 : 0 },
        });
      }
    }
    expect(await setsIn(first.storage)).toHaveLength(2);
    expect(await keysIn(first.storage)).toEqual(
      expect.arrayContaining([foreign, notes, `${PREFIX}/README.txt`]),
    );
  });

  it('removes after a day what a killed backup left: a dump that lost its manifest does not exist', async () => {
    const { clock, backUp, storage } = await startBackups();
    await backUp();
    const stem = `${PREFIX}/2026/11/21/prod_backup_20261121_143000`;
    await storage.remove(`${stem}.json`);
    clock.now = new Date(NOW.getTime() + DAY_MS - HOUR_MS);
    expect(await backUp()).toMatchObject({ stats: { leftovers: 0 } });
    clock.now = new Date(NOW.getTime() + DAY_MS + 1_000);
    expect(await backUp('?dryRun=true')).toMatchObject({ stats: { leftovers: 1 } });
    expect(await keysIn(storage)).toContain(`${stem}.sql.gz`);
    expect(await backUp()).toMatchObject({ stats: { leftovers: 1 } });
    expect(await keysIn(storage)).not.toContain(`${stem}.sql.gz`);
  });

  it('gives two backups of one second two names', async () => {
    const { backUp, storage } = await startBackups();
    await backUp();
    await backUp();
    const stems = (await setsIn(storage)).map(({ stem }) => stem);
    expect(new Set(stems).size).toBe(2);
    expect(await keysIn(storage)).toHaveLength(4);
  });

  it('keeps two databases of one name apart that begin in the same second', async () => {
    const storageFolder = await temporaryFolder();
    const services = await Promise.all([1, 2, 3].map(() => startBackups({ storageFolder })));
    for (let round = 1; round <= 3; round++) {
      const answers = await Promise.all(services.map(({ backUp }) => backUp()));
      expect(answers.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      expect(await setsIn(services[0]?.storage as Storage)).toHaveLength(3 * round);
    }
  }, 240_000);

  it('tells once of a set that the bucket has lost, and never takes it for a backup', async () => {
    const { clock, backUp, call, storage, db } = await startBackups();
    await backUp();
    const stem = `${PREFIX}/2026/11/21/prod_backup_20261121_143000`;
    await storage.put(`${stem}.sql.gz`, 'half of it', { contentType: 'application/gzip' });
    expect(await setsIn(storage)).toEqual([]);
    const verified = await read(call('/backups/verify'));
    expect(verified).toMatchObject({ status: 'failed', message: expect.stringContaining(stem) });
    for (const hours of [1, 2]) {
      clock.now = new Date(NOW.getTime() + hours * HOUR_MS);
      expect(await backUp()).toMatchObject({ status: 'succeeded' });
    }
    const told = await db.rows<{ body: string }>(
      sql`select body from cronhook.notifications where kind = 'backup_damaged'`,
    );
    expect(told).toHaveLength(1);
    expect(told[0]?.body).toContain(stem);
    expect(await keysIn(storage)).toContain(`${stem}.sql.gz`);
    expect(await read(call('/backups/verify'))).toMatchObject({ status: 'succeeded' });
  });

  it('counts in spite of an ALTER that comes while the dump runs', async () => {
    const { db, databaseUrl, backUp, storage } = await startBackups();
    await fillTable(db, 40);
    const running = backUp();
    const dumping = async () =>
      (
        await db.rows(
          sql`select 1 from pg_stat_activity where datname = current_database() and query like 'COPY %big%'`,
        )
      ).length > 0;
    while (!(await dumping())) await sleep(5);
    const other = postgres(databaseUrl, { max: 1 });
    const altering = other`alter table public.big add column later int`;
    expect(await running).toMatchObject({ status: 'succeeded' });
    await altering;
    await other.end();
    expect((await setsIn(storage))[0]?.manifest.tables['public.big']).toBe(40_000);
  }, 240_000);

  it('archives what it can of files that go, that change, that are no files', async () => {
    const folder = await temporaryFolder();
    const target = await temporaryFolder();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await writeFile(join(folder, 'zeros'), Buffer.alloc(30_000_000));
    await mkdir(join(folder, 'many'));
    for (let n = 0; n < 2_000; n++) await writeFile(join(folder, 'many', `${n}`), `${n}`);
    const { backUp, storage } = await startBackups({ env: { BACKUP_EXTRA_PATHS: folder } });
    const log = setInterval(() => void appendFile(join(folder, 'zeros'), 'more').catch(() => {}), 1);
    const running = backUp();
    await rm(join(folder, 'many'), { recursive: true });
    const answer = await running;
    clearInterval(log);
    expect(['succeeded', 'partial']).toContain(answer.status);
    const [set] = await setsIn(storage);
    await unpack(
      (await storage.download(set?.manifest.extra?.key ?? '')) as AsyncIterable<Uint8Array>,
      target,
    );
    expect((await stat(join(target, folder, 'zeros'))).size).toBeGreaterThanOrEqual(30_000_000);
  }, 240_000);

  it('says in a dry run what would go and why, and changes nothing', async () => {
    const { clock, backUp, storage } = await startBackups({ env: { BACKUP_KEEP_DAYS: '0' } });
    await backUp();
    const before = await keysIn(storage);
    clock.now = new Date(NOW.getTime() + HOUR_MS);
    const answer = await backUp('?dryRun=true');
    expect(answer).toMatchObject({ status: 'succeeded', stats: { removed: 1 } });
    expect(answer.details?.[1]).toMatchObject({
      item: `${PREFIX}/2026/11/21/prod_backup_20261121_143000`,
      action: 'remove',
      why: expect.arrayContaining(['daily: 2026-11-21 has a newer set']),
    });
    expect(await keysIn(storage)).toEqual(before);
  });

  it('dumps BACKUP_DATABASE_URL where that is another database, and names it when it is away', async () => {
    const other = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => other.drop());
    const { backUp, storage } = await startBackups({
      env: { BACKUP_DATABASE_URL: other.url, BACKUP_NAME: '' },
    });
    expect(await backUp()).toMatchObject({ status: 'succeeded', stats: { tables: 0 } });
    const name = new URL(other.url).pathname.slice(1);
    expect((await setsIn(storage))[0]?.stem).toBe(`${PREFIX}/2026/11/21/${name}_backup_20261121_143000`);
    const away = await startBackups({ env: { BACKUP_DATABASE_URL: 'postgres://u:hidden@127.0.0.1:1/x' } });
    const answer = await away.backUp();
    expect(answer).toMatchObject({ status: 'failed', error: 'task_failed' });
    expect(answer.message).toContain('BACKUP_DATABASE_URL');
    expect(answer.message).not.toContain('hidden');
  });
});
