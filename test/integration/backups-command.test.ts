import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Storage } from '../../src/clients/storage.js';
import { bytesOf, missingPrograms, setsIn } from '../support/backups.js';
import { lokario, startLokario } from '../support/lokario.js';
import { databaseWith, dumpText } from '../support/restore.js';
import { startS3 } from '../support/s3.js';
import { read, SECRET } from '../support/service.js';

const PROGRAM = fileURLToPath(new URL('../../bin/cronhook.js', import.meta.url));
/** In the past, whatever the clock of the machine that tests: the command line looks at that one. */
const NOW = new Date('2025-11-21T14:30:00.400Z');
const HOUR_MS = 3_600_000;
/** Each command starts a process, which takes seconds on a busy machine. */
const SLOW = { timeout: 240_000 };

/** `npx cronhook …` on a machine that knows the bucket and nothing else. */
function cronhook(args: string[], env: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'cronhook-disaster-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, NODE_NO_WARNINGS: '1', ...env },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (said.stdout += chunk));
  child.stderr.on('data', (chunk) => (said.stderr += chunk));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
    child.once('close', (code) => done({ code, ...said })),
  );
  return { child, said, ended };
}

/** A service that keeps its backups in a bucket. */
async function startBackups(env: Record<string, string> = {}, s3?: Awaited<ReturnType<typeof startS3>>) {
  const clock = { now: NOW };
  const bucket = s3 ?? (await startS3());
  const service = await startLokario({
    now: () => clock.now,
    env: { ...bucket.env, BACKUP_NAME: 'prod', ...env },
  });
  const storage = service.context.services.storage as Storage;
  return {
    ...service,
    ...lokario(service),
    clock,
    s3: bucket,
    storage,
    backUp: async () => {
      expect(await read(service.call('/backups/database'))).toMatchObject({ status: 'succeeded' });
      return (await setsIn(storage))[0]?.stem ?? '';
    },
    backups: (args: string[], more: Record<string, string> = {}) =>
      cronhook(['backups', ...args], { ...bucket.env, ...more }),
  };
}

describe.skipIf(missingPrograms)(
  `cronhook backups list${missingPrograms ? ` (needs ${missingPrograms})` : ''}`,
  () => {
    test('shows every set: when, its key, how large, kept by which rule, and whether it is verified', async () => {
      const { backUp, clock, call, backups } = await startBackups();
      const stems: string[] = [];
      for (const hours of [0, 24, 48]) {
        clock.now = new Date(NOW.getTime() + hours * HOUR_MS);
        stems.unshift(await backUp());
      }
      expect(await read(call(`/backups/verify?key=${stems[1]}`))).toMatchObject({ status: 'succeeded' });
      const [list, json] = await Promise.all([backups(['list']).ended, backups(['list', '--json']).ended]);
      expect([list.code, list.stderr]).toEqual([0, '']);
      const lines = list.stdout.trimEnd().split('\n');
      expect(lines[0]).toMatch(/^WHEN +KEY +SIZE +COMPRESSED +KEPT BY +VERIFIED$/);
      expect(lines[1]).toMatch(
        new RegExp(`^2025-11-23 15:30:00 CET +${stems[0]} +[\\d.]+ .B +[\\d.]+ .B +newest.* never$`),
      );
      expect(lines[2]).toMatch(/ verified.* 2025-11-23 15:30:00 CET$/);
      expect(lines).toHaveLength(4);
      const described = JSON.parse(json.stdout) as { key: string; verified: boolean; keptBy: string[] }[];
      expect(described.map(({ key }) => key)).toEqual(stems);
      expect(described[1]).toMatchObject({ verified: true, keptBy: expect.arrayContaining(['verified']) });
    });

    test('says where it looked when there is nothing, and what to set when there is no storage', async () => {
      const s3 = await startS3();
      const nothing = await cronhook(['backups', 'list'], { ...s3.env, BACKUP_PREFIX: 'elsewhere' }).ended;
      expect(nothing).toMatchObject({ code: 0, stdout: 'No complete backup under elsewhere/\n' });
      const without = await cronhook(['backups', 'list'], {}).ended;
      expect(without).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('set S3_BUCKET'),
      });
      const missing = await cronhook(['backups', 'list'], { ...s3.env, S3_BUCKET: 'none-of-ours' }).ended;
      expect([missing.code, missing.stdout]).toEqual([1, '']);
      expect(missing.stderr).toContain('none-of-ours');
    });
  },
);

describe.skipIf(missingPrograms)('cronhook backups restore', SLOW, () => {
  test('brings everything back with the bucket’s keys alone, and says what is left to do', async () => {
    const service = await startBackups();
    await service.message({ recipient: 'pending@example.com' });
    await service.backUp();
    const erasure = { userId: '01970000-0000-4000-8000-000000000000', deletedAt: NOW.toISOString() };
    await service.storage.put('erasures/01970000-0000-4000-8000-000000000001.json', JSON.stringify(erasure), {
      contentType: 'application/json',
    });
    const target = await databaseWith();
    const { code, stdout, stderr } = await service.backups(['restore', 'latest', '--to', target.url]).ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^Restored and counted: \d+ table\(s\), \d+ row\(s\), all as in the backup$/m);
    expect(stdout).toContain('1 pending message(s) held');
    const { username, host, pathname, password } = new URL(target.url);
    const command = `DATABASE_URL='postgresql://${username}:PASSWORD@${host}${pathname}' npx cronhook erasures replay`;
    expect(stdout).toContain(`1 erasure(s) lie in the storage`);
    expect(stdout).toContain(command);
    expect(stderr).toMatch(/^100 %, .* of .* left$/m);
    expect(stdout + stderr).not.toContain(password);
    expect(await target.run('select status from cronhook.outbox_messages')).toEqual([{ status: 'held' }]);
    await service.db.rows(sql`update cronhook.outbox_messages set status = 'held'`);
    const tables = ['--schema=public', '--schema=cronhook', '--exclude-table=cronhook.task_*'];
    expect(await dumpText(target.url, '--schema-only')).toBe(
      await dumpText(service.databaseUrl, '--schema-only'),
    );
    expect(await dumpText(target.url, ...tables)).toBe(await dumpText(service.databaseUrl, ...tables));

    const replay = await cronhook(['erasures', 'replay'], { ...service.s3.env, DATABASE_URL: target.url })
      .ended;
    expect(replay).toMatchObject({ code: 0, stdout: expect.stringContaining('1 erasure(s) read') });
  });

  test('refuses what is not empty, and replaces it when it is told to', async () => {
    const { backUp, backups } = await startBackups();
    const stem = await backUp();
    const target = await databaseWith('create table public.kept (id int)');
    const before = await dumpText(target.url);
    const refused = await backups(['restore', stem, '--to', target.url]).ended;
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('1 table (public.kept)');
    expect(await dumpText(target.url)).toBe(before);
    const forced = await backups(['restore', `${stem}.sql.gz`, '--to', target.url, '--force']).ended;
    expect(forced.code, forced.stderr).toBe(0);
    expect(await target.run("select to_regclass('public.kept') as kept")).toEqual([{ kept: null }]);
  });

  test('leaves the target as it was when the object is damaged, cut short or gone', async () => {
    const { backUp, backups, storage } = await startBackups();
    const stem = await backUp();
    const key = `${stem}.sql.gz`;
    const bytes = await bytesOf(storage, key);
    const target = await databaseWith('create table public.kept (id int)');
    const before = await dumpText(target.url);
    const attempt = () => backups(['restore', stem, '--to', target.url, '--force']).ended;
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 6] = (flipped[bytes.length - 6] ?? 0) ^ 1;
    await storage.upload(key, one(flipped), { contentType: 'application/gzip' });
    const damaged = await attempt();
    expect([damaged.code, damaged.stdout]).toEqual([1, '']);
    expect(damaged.stderr).toContain(key);
    await storage.upload(key, one(bytes.subarray(0, -100)), { contentType: 'application/gzip' });
    expect(await attempt()).toMatchObject({ code: 1, stderr: expect.stringContaining(stem) });
    await storage.remove(key);
    expect((await attempt()).code).toBe(1);
    expect(await dumpText(target.url)).toBe(before);
  });

  test('decrypts with the identity in a file, and refuses a wrong one before anything is changed', async () => {
    const { generateIdentity, identityToRecipient } = await import('age-encryption');
    const identity = await generateIdentity();
    const { backUp, backups } = await startBackups({
      BACKUP_AGE_RECIPIENT: await identityToRecipient(identity),
    });
    await backUp();
    const folder = mkdtempSync(join(tmpdir(), 'cronhook-identity-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'right'), `# created: 2026\n${identity}\n`);
    writeFileSync(join(folder, 'wrong'), await generateIdentity());
    const target = await databaseWith();
    const attempt = (...flags: string[]) =>
      backups(['restore', 'latest', '--to', target.url, ...flags]).ended;
    const [none, wrong, absent] = await Promise.all([
      attempt(),
      attempt('--identity', join(folder, 'wrong')),
      attempt('--identity', join(folder, 'absent')),
    ]);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('--identity') });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('identité age') });
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') });
    const right = await attempt('--identity', join(folder, 'right'));
    expect(right.code, right.stderr).toBe(0);
  });

  test('unpacks the files of the set', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cronhook-files-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'proxy.conf'), 'listen 80');
    const { backUp, backups } = await startBackups({ BACKUP_EXTRA_PATHS: join(folder, 'proxy.conf') });
    await backUp();
    const [first, second] = [await databaseWith(), await databaseWith()];
    const hint = await backups(['restore', 'latest', '--to', first.url]).ended;
    expect(hint.stdout).toContain('--extra-to');
    const to = join(folder, 'unpacked');
    const ended = await backups(['restore', 'latest', '--to', second.url, '--extra-to', to]).ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(readFileSync(join(to, folder, 'proxy.conf'), 'utf8')).toBe('listen 80');
  });

  test('asks which database is meant when there are several', async () => {
    const one = await startBackups();
    const two = await startBackups({ BACKUP_NAME: 'other' }, one.s3);
    const stems = [await one.backUp()];
    two.clock.now = new Date(NOW.getTime() + HOUR_MS);
    stems.push(await two.backUp());
    const target = await databaseWith();
    const ended = await one.backups(['restore', 'latest', '--to', target.url]).ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('Backups of 2 databases');
    for (const stem of stems) expect(ended.stderr).toContain(`  ${stem} (`);
    expect(
      (await one.backups(['restore', 'other_backup_20251121_153000', '--to', target.url]).ended).code,
    ).toBe(0);
    expect((await one.backups(['list']).ended).stdout).toMatch(/^WHEN +KEY +DATABASE/);
  });

  test('leaves the database as it was at Ctrl-C', async () => {
    const service = await startBackups();
    await service.db.rows(sql`create materialized view public.slow as select pg_sleep(3) is null as done`);
    const stem = await service.backUp();
    const target = await databaseWith('create table public.kept (id int)');
    const before = await dumpText(target.url);
    const { child, said, ended } = service.backups(['restore', stem, '--to', target.url, '--force']);
    while (!said.stderr.includes('All is read')) await sleep(20);
    await sleep(300);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('Interrupted: the database is as it was')]);
    expect(await dumpText(target.url)).toBe(before);
  });

  test('says what is wrong with the target, without its password', async () => {
    const { backUp, backups } = await startBackups();
    await backUp();
    const away = await backups(['restore', 'latest', '--to', 'postgresql://app:hidden@127.0.0.1:1/none'])
      .ended;
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('La base none de 127.0.0.1:1') });
    const odd = await backups(['restore', 'latest', '--to', 'mysql://app:hidden@db/none']).ended;
    expect(odd).toMatchObject({ code: 1, stderr: expect.stringContaining('--to: expected postgresql://') });
    const unknown = await backups(['restore', 'prod_x', '--to', 'postgresql://app:hidden@db/none']).ended;
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('No complete backup prod_x') });
    for (const { stdout, stderr } of [away, odd, unknown]) expect(stdout + stderr).not.toContain('hidden');
  });
});

describe.skipIf(missingPrograms)('cronhook backups prune', SLOW, () => {
  test('removes what no rule keeps, after telling so without doing it', async () => {
    const { backUp, clock, backups, storage, databaseUrl } = await startBackups({ BACKUP_KEEP_DAYS: '100' });
    const stems: string[] = [];
    for (const hours of [-50, -49, -48]) {
      clock.now = new Date(NOW.getTime() + hours * HOUR_MS);
      stems.unshift(await backUp());
    }
    const env = { DATABASE_URL: databaseUrl, CRON_SECRET: SECRET, BACKUP_KEEP_DAYS: '0' };
    const dry = await backups(['prune', '--dry-run'], env).ended;
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stdout).toContain(`would remove ${stems[1]} (days:`);
    expect(await setsIn(storage)).toHaveLength(3);
    const done = await backups(['prune'], env).ended;
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('1 backup(s) kept, 2 removed');
    expect((await setsIn(storage)).map(({ stem }) => stem)).toEqual([stems[0]]);
    const without = await backups(['prune']).ended;
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('DATABASE_URL') });
  });
});

async function* one(bytes: Uint8Array) {
  yield bytes;
}
