import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { Storage } from '../../src/clients/storage.js';
import { temporaryFolder } from '../support/folder.js';
import { type ArchivedLine, archivedLines, levelsIn, writeLines } from '../support/log-lines.js';
import { spawnRun } from '../support/run-process.js';
import { startS3 } from '../support/s3.js';
import { type S3Kind, startS3Faults } from '../support/s3-faults.js';
import { read, startTestService, type TestService } from '../support/service.js';
import { startSmtp } from '../support/smtp.js';

const IMPORTANT = 2_600;

/** Old lines of which some matter, and a bucket behind a proxy that breaks what it is told to. */
async function startWithLines() {
  const s3 = await startS3();
  const faults = await startS3Faults(s3.endpoint);
  const env = { ...s3.env, S3_ENDPOINT: faults.endpoint };
  const service = await startTestService({ env });
  const { db } = service;
  const { storage } = service.context.services;
  if (!storage) throw new Error('no storage');
  await writeLines(db, new Date(), { level: 'error', count: IMPORTANT });
  await writeLines(db, new Date(), { level: 'info', count: 6_000 });
  const [row] = await db.rows<{ ids: number[] }>(sql`
    select json_agg(id) as ids from cronhook.application_logs where level = 'error'
  `);
  const ids = row?.ids ?? [];
  const start = () => spawnRun('cleanup-logs', { ...env, DATABASE_URL: service.databaseUrl });
  const kill = async (run: ReturnType<typeof spawnRun>) => {
    // One that could not even start proves nothing.
    expect(run.child.exitCode ?? 0, run.output()).toBe(0);
    run.child.kill('SIGKILL');
    await run.ended;
    // What waiting for a minute does.
    await db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
  };
  /** What is neither in the table nor in an archive that can be read. */
  const lost = async () => {
    const archived = new Set((await readable()).map(({ id }) => id));
    const [left] = await db.rows<{ ids: number[] | null }>(
      sql`select json_agg(id) as ids from cronhook.application_logs where level = 'error'`,
    );
    const live = new Set(left?.ids ?? []);
    return ids.filter((id) => !archived.has(id) && !live.has(id));
  };
  const readable = async (): Promise<ArchivedLine[]> => [...(await archivedLines(storage)).values()].flat();
  const clean = () => read(service.call('/maintenance/cleanup-logs?wait=300'));
  return { service, db, faults, start, kill, lost, readable, clean };
}

it('a run killed at any step has deleted nothing that cannot be read, and the next archives nothing twice', async () => {
  const { db, faults, start, kill, lost, readable, clean } = await startWithLines();
  // As it is written, after it was written, as it is read back; of the first archive and of the second.
  const steps: [S3Kind, number, 'silent' | 'after'][] = [
    ['Put', 1, 'silent'],
    ['Put', 1, 'after'],
    ['Get', 1, 'silent'],
    ['Put', 2, 'after'],
  ];
  for (const [kind, nth, fault] of steps) {
    const before = faults.count(kind);
    faults.fail(kind, fault, { nth: before + nth });
    const run = start();
    const until = Date.now() + 30_000;
    while (faults.count(kind) < before + nth && run.child.exitCode === null && Date.now() < until)
      await sleep(5);
    await kill(run);
    faults.mend();
    expect(await lost(), `${kind} ${nth} ${fault}`).toEqual([]);
  }
  expect((await levelsIn(db)).error).toBe(IMPORTANT - 2_000);
  expect(new Set((await readable()).map(({ id }) => id)).size).toBe(IMPORTANT);
  // What expires between the runs makes the last archive longer.
  await writeLines(db, new Date(), { level: 'error', count: 5, days: 90.5 });
  expect(await clean()).toMatchObject({ status: 'succeeded', stats: { remaining: 0 } });
  expect(await levelsIn(db)).toEqual({});
  const archived = (await readable()).map(({ id }) => id);
  expect(new Set(archived).size).toBe(IMPORTANT + 5);
  expect(archived).toHaveLength(IMPORTANT + 5);
}, 180_000);

it('runs killed again and again at any moment lose nothing', async () => {
  const { db, start, kill, lost, readable, clean } = await startWithLines();
  for (let kills = 0; kills < 6; kills++) {
    const run = start();
    const [before] = await db.rows<{ count: number }>(
      sql`select count(*)::int as count from cronhook.application_logs`,
    );
    // Somewhere after it has begun to delete.
    const wanted = (before?.count ?? 0) - Math.floor(Math.random() * 2_000);
    const until = Date.now() + 15_000;
    for (;;) {
      const [now] = await db.rows<{ count: number }>(
        sql`select count(*)::int as count from cronhook.application_logs`,
      );
      if ((now?.count ?? 0) < wanted || run.child.exitCode !== null || Date.now() > until) break;
      await sleep(2);
    }
    await kill(run);
    expect(await lost()).toEqual([]);
  }
  expect(await clean()).toMatchObject({ status: 'succeeded', stats: { remaining: 0 } });
  expect(await levelsIn(db)).toEqual({});
  const archived = (await readable()).map(({ id }) => id);
  expect(archived).toHaveLength(IMPORTANT);
  expect(new Set(archived).size).toBe(IMPORTANT);
}, 180_000);

/** Each line takes a while to delete. */
async function slowDown({ db }: Pick<TestService, 'db'>): Promise<() => Promise<unknown>> {
  await db.rows(sql`
    create function public.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.005); return old; end $$
  `);
  await db.rows(sql`
    create trigger slow before delete on cronhook.application_logs for each row execute function public.slow()
  `);
  return () => db.rows(sql`drop trigger slow on cronhook.application_logs`);
}

/** Until a run has deleted some of so many lines, and not all. */
async function untilSomeAreGone({ db }: Pick<TestService, 'db'>, level: string, all: number): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    const left = (await levelsIn(db))[level] ?? 0;
    if (left < all) return expect(left).toBeGreaterThan(0);
    if (Date.now() > until) throw new Error('no line was deleted');
    await sleep(5);
  }
}

it('a run killed while it deletes what it has archived: the next deletes the rest and archives it no second time', async () => {
  const { service, start, kill, readable, clean } = await startWithLines();
  await service.db.rows(sql`delete from cronhook.application_logs where level = 'info' or id % 4 > 0`);
  const mend = await slowDown(service);
  const all = (await levelsIn(service.db)).error ?? 0;
  const run = start();
  await untilSomeAreGone(service, 'error', all);
  await kill(run);
  const left = (await levelsIn(service.db)).error ?? 0;
  expect(await readable()).toHaveLength(all);
  await mend();
  expect(await clean()).toMatchObject({
    status: 'succeeded',
    stats: { error: left, archived: left, archives: 0, remaining: 0 },
  });
  expect(await levelsIn(service.db)).toEqual({});
  const archived = (await readable()).map(({ id }) => id);
  expect(archived).toHaveLength(all);
  expect(new Set(archived).size).toBe(all);
}, 180_000);

it('one mail tells all that has gone since the last one, by runs that were stopped too', async () => {
  const smtp = await startSmtp();
  const env = { SMTP_URL: smtp.url, MAIL_FROM: 'Cron <cron@example.fr>', ADMIN_EMAIL: 'admin@example.fr' };
  const service = await startTestService({ env });
  const { db, databaseUrl } = service;
  const storageFolder = await temporaryFolder();
  const mend = await slowDown(service);
  await writeLines(db, new Date(), { level: 'info', count: 400 });
  await writeLines(db, new Date(), { level: 'error', count: 400 });
  for (const level of ['info', 'error']) {
    const replica = await startTestService({ env, databaseUrl, storageFolder });
    await replica.call('/maintenance/cleanup-logs?wait=0');
    await untilSomeAreGone(service, level, 400);
    await replica.stop();
  }
  expect(smtp.mails).toHaveLength(0);
  await mend();
  const last = await startTestService({ env, databaseUrl, storageFolder });
  const answer = await read(last.call('/maintenance/cleanup-logs?wait=300'));
  expect(answer).toMatchObject({ status: 'succeeded', stats: { info: 0, archives: 0 } });
  expect(smtp.mails).toHaveLength(1);
  const text = (await smtp.mails[0]?.text) ?? '';
  expect(text).toMatch(/Lignes «.info.».: 400/);
  expect(text).toMatch(/Lignes «.error.».: 400/);
  expect(text).toMatch(/Archivées avant suppression.: 400/);
  const { storage } = last.context.services;
  for (const key of (await archivedLines(storage as Storage)).keys()) expect(text).toContain(key);
  expect(await db.rows(sql`select key from cronhook.settings where key like 'cleanup-logs.%'`)).toEqual([]);
}, 180_000);

it('lines that come or go between a killed run and the next are archived once all the same', async () => {
  const { db, faults, start, kill, readable, clean } = await startWithLines();
  faults.fail('Get', 'silent', { nth: faults.count('Get') + 1 });
  const before = faults.count('Get');
  const run = start();
  const until = Date.now() + 60_000;
  while (faults.count('Get') === before && run.child.exitCode === null && Date.now() < until) await sleep(5);
  await kill(run);
  faults.mend();
  expect((await readable()).length).toBe(2_000);
  // One is older than all that was archived, and the first of these is gone.
  await db.rows(sql`
    delete from cronhook.application_logs
    where id = (select id from cronhook.application_logs where level = 'error' order by created_at, id limit 1)
  `);
  await writeLines(db, new Date(), { level: 'error', count: 1, days: 200 });
  expect(await clean()).toMatchObject({ status: 'succeeded', stats: { archived: IMPORTANT, remaining: 0 } });
  const archived = (await readable()).map(({ id }) => id);
  expect(archived).toHaveLength(IMPORTANT);
  expect(new Set(archived).size).toBe(IMPORTANT);
});
