import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { parseVerification, VERIFIED } from '../../src/backups/set.js';
import { Secret } from '../../src/secret.js';
import { bytesOf, missingPrograms, setsIn } from '../support/backups.js';
import { spawnRun } from '../support/run-process.js';
import { startS3 } from '../support/s3.js';
import { read, SECRET, startTestService } from '../support/service.js';

const NOW = new Date('2026-11-21T14:30:00.400Z');
const HOUR_MS = 3_600_000;

async function startVerifying(options: Parameters<typeof startTestService>[0] = {}) {
  const clock = { now: NOW };
  const env = { BACKUP_NAME: 'prod', ...options.env };
  const service = await startTestService({ now: () => clock.now, ...options, env });
  const { storage } = service.context.services;
  if (!storage) throw new Error('no storage');
  return {
    ...service,
    storage,
    clock,
    backUp: async () => {
      expect(await read(service.call('/backups/database'))).toMatchObject({ status: 'succeeded' });
      const [set] = await setsIn(storage);
      if (!set) throw new Error('no set');
      return set;
    },
    verify: (query = '') => read(service.call(`/backups/verify${query}`)),
    recorded: async (stem: string) => parseVerification((await storage.get(stem + VERIFIED)) ?? ''),
  };
}

/** What runs have left on the server: scratch databases and roles. */
async function remains(): Promise<string[]> {
  const client = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} });
  const rows = await client<{ name: string }[]>`
    select datname as name from pg_database where datname like 'cronhook\_verify\_%'
    union all select rolname from pg_roles where shobj_description(oid, 'pg_authid') like 'cronhook backup-verify%'
  `;
  await client.end();
  return rows.map(({ name }) => name);
}

async function onServer(statement: string): Promise<void> {
  const client = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} });
  await client.unsafe(statement);
  await client.end();
}

describe.skipIf(missingPrograms)(
  `backup-verify${missingPrograms ? ` (needs ${missingPrograms})` : ''}`,
  () => {
    test('restores the newest set, counts its rows and records it beside the manifest', async () => {
      const { db, backUp, verify, recorded, storage, clock } = await startVerifying();
      await db.rows(sql`insert into cronhook.companies (name) select 'x' from generate_series(1, 123)`);
      const older = await backUp();
      clock.now = new Date(NOW.getTime() + HOUR_MS);
      const newest = await backUp();
      const answer = await verify();
      const tables = Object.keys(newest.manifest.tables).length;
      expect(answer).toMatchObject({
        status: 'succeeded',
        message: 'Vérification de la sauvegarde terminée avec succès',
        stats: { key: newest.stem, check: 'restored', verified: true, tables, failed: 0 },
      });
      expect(answer.stats.rows).toBeGreaterThan(123);
      const at = clock.now.toISOString();
      expect(await recorded(newest.stem)).toEqual({
        runId: answer.runId,
        verifiedAt: at,
        checksumAt: at,
        failure: null,
      });
      expect(await recorded(older.stem)).toBeUndefined();
      expect((await setsIn(storage)).map(({ verified }) => verified)).toEqual([true, false]);
      expect(await remains()).toEqual([]);
    });

    test('takes the set that key names, by its stem or one of its objects', async () => {
      const { backUp, verify, clock, db } = await startVerifying();
      const older = await backUp();
      clock.now = new Date(NOW.getTime() + HOUR_MS);
      await backUp();
      for (const key of [older.stem, `${older.stem}.sql.gz`, older.stem.split('/').at(-1) ?? ''])
        expect(await verify(`?key=${key}`)).toMatchObject({ stats: { key: older.stem, verified: true } });
      expect(await verify('?key=backups/none')).toMatchObject({
        status: 'failed',
        error: 'invalid_parameters',
        message: expect.stringContaining('Aucune sauvegarde complète backups/none'),
      });
      expect(await verify('?kye=x')).toMatchObject({ error: 'invalid_parameters' });
      // Nobody is woken up by a caller's mistake.
      expect(await db.rows(sql`select source from cronhook.incidents`)).toEqual([]);
    });

    test('names the set that a dry run would take, and changes nothing', async () => {
      const { backUp, verify, recorded } = await startVerifying();
      const { stem } = await backUp();
      const answer = await verify('?dryRun=true');
      expect(answer).toMatchObject({ status: 'succeeded', details: [{ item: stem, action: 'verify' }] });
      expect(await recorded(stem)).toBeUndefined();
    });

    test('says what to do when there is no set of this database, whatever lies there of others', async () => {
      const other = await startVerifying();
      await other.backUp();
      const { verify, context } = await startVerifying();
      context.services.storage = other.storage;
      const answer = await verify();
      expect(answer).toMatchObject({ status: 'failed', error: 'task_failed' });
      expect(answer.message).toContain('lancez d’abord la tâche backup');
    });

    test('decrypts with the identity; without it only the checksum counts, and never as verified', async () => {
      const { generateIdentity, identityToRecipient } = await import('age-encryption');
      const identity = await generateIdentity();
      const BACKUP_AGE_RECIPIENT = await identityToRecipient(identity);
      const blind = await startVerifying({ env: { BACKUP_AGE_RECIPIENT } });
      const { stem } = await blind.backUp();
      expect(await blind.verify()).toMatchObject({
        status: 'succeeded',
        stats: { key: stem, check: 'checksum', verified: false },
      });
      expect(await blind.recorded(stem)).toMatchObject({ verifiedAt: null, checksumAt: NOW.toISOString() });
      expect((await setsIn(blind.storage))[0]?.verified).toBe(false);

      const seeing = await startVerifying({
        env: { BACKUP_AGE_RECIPIENT, BACKUP_AGE_IDENTITY: identity },
        databaseUrl: blind.databaseUrl,
        migrated: false,
      });
      seeing.context.services.storage = blind.storage;
      expect(await seeing.verify()).toMatchObject({ stats: { check: 'restored', verified: true } });
      expect((await setsIn(blind.storage))[0]?.verified).toBe(true);

      const wrong = await startVerifying({
        env: { BACKUP_AGE_RECIPIENT, BACKUP_AGE_IDENTITY: await generateIdentity() },
        databaseUrl: blind.databaseUrl,
        migrated: false,
      });
      wrong.context.services.storage = blind.storage;
      expect((await wrong.verify()).message).toContain('Cette identité age n’est pas celle');
      expect((await setsIn(blind.storage))[0]?.verified).toBe(true);
    });

    test('fails on a set that has been damaged, and takes its proof away', async () => {
      const { backUp, verify, recorded, storage } = await startVerifying();
      const { stem } = await backUp();
      expect((await verify()).status).toBe('succeeded');
      const key = `${stem}.sql.gz`;
      const bytes = await bytesOf(storage, key);
      for (const at of [20, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        await storage.upload(key, one(damaged), { contentType: 'application/gzip' });
        const answer = await verify();
        expect(answer).toMatchObject({ status: 'failed', error: 'task_failed' });
        expect(answer.message).toContain(`La sauvegarde ${stem} n’a pas pu être vérifiée. L’objet ${key}`);
        expect(await recorded(stem)).toMatchObject({
          verifiedAt: NOW.toISOString(),
          failure: { at: NOW.toISOString(), message: expect.stringContaining(key) },
        });
        expect((await setsIn(storage))[0]?.verified).toBe(false);
      }
      await storage.upload(key, one(bytes), { contentType: 'application/gzip' });
      expect((await verify()).status).toBe('succeeded');
      expect((await setsIn(storage))[0]?.verified).toBe(true);
      expect(await remains()).toEqual([]);
    });

    test('fails when rows are missing, and names the tables', async () => {
      const { backUp, verify, storage, recorded } = await startVerifying();
      const { stem, manifest } = await backUp();
      const tables = { ...manifest.tables, 'cronhook.users': 7 };
      await storage.put(`${stem}.json`, JSON.stringify({ ...manifest, tables }), {
        contentType: 'application/json',
      });
      expect((await verify()).message).toContain('cronhook.users : 0 au lieu de 7');
      expect((await recorded(stem))?.failure?.message).toContain('cronhook.users');
      expect(await remains()).toEqual([]);
    });

    test('makes the roles that policies name for as long as it takes', async () => {
      const { db, backUp, verify } = await startVerifying();
      const role = sql.raw(`"only ""there"" verify ${process.pid}"`);
      await db.rows(sql`create role ${role}`);
      await db.rows(sql`create policy own on cronhook.users to ${role} using (true)`);
      await backUp();
      await db.rows(sql`drop policy own on cronhook.users`);
      await db.rows(sql`drop role ${role}`);
      expect(await verify()).toMatchObject({ status: 'succeeded', stats: { verified: true } });
      expect(
        await db.rows(sql`select rolname from pg_roles where rolname like 'only "there" verify%'`),
      ).toEqual([]);
    });

    test('says what the server lacks, without a word against the set', async () => {
      const user = `verifier_${process.pid}`;
      await onServer(`create role ${user} login password 'x'`);
      onTestFinished(() => onServer(`drop role ${user}`));
      const url = new URL(inject('postgresUrl'));
      [url.username, url.password] = [user, 'x'];
      const { backUp, recorded, ...service } = await startVerifying({
        env: { BACKUP_VERIFY_URL: url.toString() },
      });
      const { stem } = await backUp();
      expect((await service.verify()).message).toContain('accordez-lui CREATEDB');
      service.context.services.verifyServer = new Secret('postgresql://x:hidden-word@127.0.0.1:1/none');
      const { message } = await service.verify();
      expect(message).toContain('La base none de 127.0.0.1:1 ne répond pas');
      expect(message).not.toContain('hidden');
      expect(await recorded(stem)).toBeUndefined();
    });

    test('that was killed leaves nothing that the next run does not remove', {
      timeout: 240_000,
    }, async () => {
      const s3 = await startS3();
      const { db, databaseUrl, backUp, verify, clock } = await startVerifying({ env: s3.env });
      const role = sql.raw(`"killed verify ${process.pid}"`);
      await db.rows(sql`create materialized view public.slow as select pg_sleep(3) is null as done`);
      await db.rows(sql`create role ${role}`);
      await db.rows(sql`create policy own on cronhook.users to ${role} using (true)`);
      await backUp();
      await db.rows(sql`drop policy own on cronhook.users`);
      await db.rows(sql`drop role ${role}`);
      const env = { DATABASE_URL: databaseUrl, CRON_SECRET: SECRET, BACKUP_NAME: 'prod', ...s3.env };
      const { child, ended, output } = spawnRun('backup-verify', env);
      while ((await remains()).length < 2 && child.exitCode === null) await sleep(20);
      await sleep(500);
      expect(child.exitCode, output()).toBeNull();
      child.kill('SIGKILL');
      await ended;
      expect(await remains()).toHaveLength(2);
      await db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);

      // Another service may share the server: what may still be at work stays.
      clock.now = new Date(Date.now() + HOUR_MS);
      expect((await verify()).status).toBe('succeeded');
      expect((await remains()).length).toBeGreaterThan(0);
      clock.now = new Date(Date.now() + 3 * HOUR_MS);
      expect((await verify()).status).toBe('succeeded');
      expect(await remains()).toEqual([]);
    });

    test('that is told to stop drops its scratch database', { timeout: 240_000 }, async () => {
      const { db, backUp, call, context, recorded } = await startVerifying();
      await db.rows(sql`create materialized view public.slow as select pg_sleep(2) is null as done`);
      const { stem } = await backUp();
      expect((await call('/backups/verify?wait=0')).status).toBe(202);
      while ((await remains()).length === 0) await sleep(20);
      await sleep(500);
      await context.runner.drain(0);
      expect(await remains()).toEqual([]);
      expect(await recorded(stem)).toBeUndefined();
    });
  },
);

async function* one(bytes: Buffer) {
  yield bytes;
}
