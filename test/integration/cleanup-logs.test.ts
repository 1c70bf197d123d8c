import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { bytesOf, keysIn } from '../support/backups.js';
import { archivedLines, LOG_ARCHIVES, levelsIn, writeLines } from '../support/log-lines.js';
import { startLokario } from '../support/lokario.js';
import { startS3 } from '../support/s3.js';
import { startS3Faults } from '../support/s3-faults.js';
import { read, startTestService, type TestService } from '../support/service.js';

/** The night in which the clocks go back. */
const NOW = new Date('2026-10-25T03:00:00.000Z');
const DAY_MS = 86_400_000;

async function startCleanup(options: Parameters<typeof startTestService>[0] = {}) {
  return withCleanup(await startTestService({ now: () => NOW, ...options }));
}

function withCleanup(service: TestService) {
  const { storage } = service.context.services;
  if (!storage) throw new Error('no storage');
  const clean = (query = '') => read(service.call(`/maintenance/cleanup-logs?wait=300${query}`));
  return { ...service, storage, clean };
}

const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS).toISOString();

const MOMENT = (iso: string) => sql`${iso}::timestamptz`;

describe('cleanup-logs', () => {
  it('removes the lines older than 90 days, not the others, and says how many of each level', async () => {
    const { db, clean } = await startCleanup();
    for (const level of ['debug', 'info', 'warn']) {
      await writeLines(db, NOW, { level, count: 3 });
      await writeLines(db, NOW, { level, days: 89 });
    }
    await db.rows(sql`
      insert into cronhook.application_logs (level, message, created_at) values
        ('info', 'exactly 90 days', ${MOMENT(daysAgo(90))}), ('info', 'a little more', ${MOMENT(daysAgo(90))} - interval '1 microsecond')
    `);
    const answer = await clean();
    expect(answer).toMatchObject({
      status: 'succeeded',
      message: 'Nettoyage des journaux terminé avec succès',
      stats: {
        logs: 10,
        debug: 3,
        info: 4,
        warn: 3,
        error: 0,
        critical: 0,
        archived: 0,
        archives: 0,
        remaining: 0,
      },
    });
    expect(answer.stats.bytesFreed).toBeGreaterThan(10 * 45);
    expect(await levelsIn(db)).toEqual({ debug: 1, info: 2, warn: 1 });
    expect((await clean()).stats).toMatchObject({ logs: 0, bytesFreed: 0 });
  });

  it('archives errors, critical and important lines whole before it removes them', async () => {
    const { db, clean, storage } = await startCleanup();
    await writeLines(db, NOW, { level: 'info', count: 50 });
    await writeLines(db, NOW, { level: 'error', count: 3, days: 95 });
    await writeLines(db, NOW, { level: 'critical', count: 2, days: 120 });
    await writeLines(db, NOW, { level: 'debug', count: 2, days: 110, important: true });
    const before = await db.rows<{ line: Record<string, unknown> }>(sql`
      select to_jsonb(line) as line from cronhook.application_logs line
      where level in ('error', 'critical') or important order by created_at, id
    `);
    expect(await clean()).toMatchObject({
      status: 'succeeded',
      stats: { logs: 57, info: 50, error: 3, critical: 2, debug: 2, archived: 7, archives: 1 },
    });
    expect(await levelsIn(db)).toEqual({});
    const archives = await archivedLines(storage);
    expect([...archives.values()]).toEqual([before.map(({ line }) => line)]);
    const ids = before.map(({ line }) => line.id);
    expect([...archives.keys()][0]).toMatch(
      new RegExp(`^archives/logs/2026/06/${ids[0]}-${ids.at(-1)}-[0-9a-f]{12}\\.ndjson\\.gz$`),
    );
  });

  it('cuts many important lines into objects, none of them twice', async () => {
    const { db, clean, storage } = await startCleanup();
    await writeLines(db, NOW, { level: 'error', count: 4_500 });
    await writeLines(db, NOW, { level: 'info', count: 12_000 });
    expect(await clean()).toMatchObject({ stats: { logs: 16_500, archived: 4_500, archives: 3 } });
    const lines = [...(await archivedLines(storage)).values()].flat();
    expect(lines).toHaveLength(4_500);
    expect(new Set(lines.map(({ message }) => message)).size).toBe(4_500);
    expect(await levelsIn(db)).toEqual({});
  });

  it('removes large lines by few, and their bytes are counted', async () => {
    const { db, clean, storage } = await startCleanup();
    await db.rows(sql`
      insert into cronhook.application_logs (level, message, context, created_at)
      select case when n % 2 = 0 then 'info' else 'error' end, 'large', (
        select jsonb_object_agg(m, md5(n::text || m)) from generate_series(1, 5000) m), ${MOMENT(daysAgo(91))}
      from generate_series(1, 60) n
    `);
    const answer = await clean();
    expect(answer).toMatchObject({ stats: { logs: 60, archived: 30 } });
    expect(answer.stats.bytesFreed).toBeGreaterThan(60 * 150_000);
    expect(Number(answer.stats.archives)).toBeGreaterThan(1);
    expect([...(await archivedLines(storage)).values()].flat()).toHaveLength(30);
  });

  it('levels count in any case, and a line of a level that nobody knows is archived', async () => {
    const { db, clean, storage } = await startCleanup();
    for (const level of ['ERROR', 'Critical', 'FATAL', 'INFO']) await writeLines(db, NOW, { level });
    expect(await clean()).toMatchObject({ stats: { logs: 4, error: 1, critical: 1, info: 1, archived: 3 } });
    const levels = [...(await archivedLines(storage)).values()].flat().map(({ level }) => level);
    expect(levels.sort()).toEqual(['Critical', 'ERROR', 'FATAL']);
  });

  it('an archive is cut by the length of its lines, however small PostgreSQL has made them', async () => {
    const { db, clean, storage } = await startCleanup();
    await db.rows(sql`
      insert into cronhook.application_logs (level, message, context, created_at)
      select 'error', 'stack ' || n, json_build_object('stack', repeat('at f (/app/x/index.js:10:20) ', 20000)),
        ${MOMENT(daysAgo(91))} + n * interval '1 second'
      from generate_series(1, 40) n
    `);
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { archived: 40, remaining: 0 } });
    const archives = [...(await archivedLines(storage)).values()];
    expect(archives.length).toBeGreaterThan(2);
    for (const lines of archives) expect(JSON.stringify(lines).length).toBeLessThan(6_000_000);
    expect(new Set(archives.flat().map(({ message }) => message)).size).toBe(40);
  });

  it('deletes archived lines by few where a statement would hold its locks for long', async () => {
    const { db, clean } = await startCleanup();
    const ROW_MS = 10;
    await db.rows(sql`create table public.deletions (lines int)`);
    await db.rows(sql`
      create function public.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(${sql.raw(String(ROW_MS / 1_000))}); return old; end $$
    `);
    await db.rows(sql`
      create function public.count_lines() returns trigger language plpgsql as $$
      begin insert into public.deletions select count(*) from gone; return null; end $$
    `);
    await db.rows(sql`
      create trigger slow before delete on cronhook.application_logs for each row execute function public.slow()
    `);
    await db.rows(sql`
      create trigger counting after delete on cronhook.application_logs referencing old table as gone
      for each statement execute function public.count_lines()
    `);
    await writeLines(db, NOW, { level: 'error', count: 120 });
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { archived: 120, archives: 1 } });
    const [row] = await db.rows<{ most: number; all: number }>(
      sql`select max(lines)::int as most, sum(lines)::int as all from public.deletions`,
    );
    expect(row?.all).toBe(120);
    // What gives up after 800 ms.
    expect(row?.most).toBeLessThanOrEqual(800 / ROW_MS);
  }, 90_000);

  it('encrypts the archives for BACKUP_AGE_RECIPIENT, and needs no identity to do so', async () => {
    const { Decrypter, generateX25519Identity, identityToRecipient } = await import('age-encryption');
    const identity = await generateX25519Identity();
    const env = { BACKUP_AGE_RECIPIENT: await identityToRecipient(identity) };
    for (const known of [{}, { BACKUP_AGE_IDENTITY: identity }]) {
      const { db, clean, storage } = await startCleanup({ env: { ...env, ...known } });
      await writeLines(db, NOW, { level: 'error', count: 5, message: 'secret_marker' });
      expect(await clean()).toMatchObject({ status: 'succeeded', stats: { archived: 5 } });
      const [key = ''] = await keysIn(storage, LOG_ARCHIVES);
      expect(key).toMatch(/\.ndjson\.gz\.age$/);
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      const { gunzipSync } = await import('node:zlib');
      const text = gunzipSync(await decrypter.decrypt(await bytesOf(storage, key))).toString();
      expect(text.match(/secret_marker \d/g)).toHaveLength(5);
    }
  });

  it('keeps every line whose archive could not be written or reads back otherwise; the others go', async () => {
    const s3 = await startS3();
    const faults = await startS3Faults(s3.endpoint);
    const { db, clean, storage } = await startCleanup({ env: { ...s3.env, S3_ENDPOINT: faults.endpoint } });
    await writeLines(db, NOW, { level: 'error', count: 2_010 });
    for (const [kind, fault] of [
      ['Put', { status: 403, code: 'AccessDenied' }],
      ['Get', { status: 404, code: 'NoSuchKey' }],
      ['Get', 'short'],
    ] as const) {
      await writeLines(db, NOW, { level: 'info', count: 10 });
      faults.fail(kind, fault);
      expect(await clean()).toMatchObject({
        status: 'partial',
        errors: [{ item: 'application_logs' }],
        stats: { logs: 10, archived: 0, remaining: 2_010, failed: 1 },
      });
      expect(await levelsIn(db)).toEqual({ error: 2_010 });
      faults.mend();
    }
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { archived: 2_010, archives: 2 } });
    const lines = [...(await archivedLines(storage)).values()].flat();
    expect(lines).toHaveLength(2_010);
    expect(await levelsIn(db)).toEqual({});
  }, 120_000);

  it('two databases in one bucket keep their archives apart', async () => {
    const { env } = await startS3();
    const [one, other] = [await startCleanup({ env }), await startCleanup({ env })];
    await writeLines(one.db, NOW, { level: 'error', count: 3, message: 'of one' });
    await writeLines(other.db, NOW, { level: 'error', count: 4, message: 'of the other' });
    expect((await one.clean()).stats.archived).toBe(3);
    expect((await other.clean()).stats.archived).toBe(4);
    const archives = [...(await archivedLines(one.storage)).values()];
    expect(archives.map(({ length }) => length).sort()).toEqual([3, 4]);
  });

  it('works on a view of the team’s own table, with columns of its own', async () => {
    const { db, clean, storage } = await startCleanup();
    await db.rows(sql`create schema team`);
    await db.rows(sql`alter table cronhook.application_logs set schema team`);
    await db.rows(sql`alter table team.application_logs add column service text default 'api'`);
    await db.rows(sql`create view cronhook.application_logs as select * from team.application_logs`);
    await writeLines(db, NOW, { level: 'info', count: 5 });
    await writeLines(db, NOW, { level: 'error', count: 5 });
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { logs: 10, archived: 5 } });
    const [lines = []] = (await archivedLines(storage)).values();
    expect(lines[0]).toMatchObject({ service: 'api', level: 'error' });
  });

  it('leaves lines that somebody else holds to the next run', async () => {
    const { db, clean } = await startCleanup();
    await writeLines(db, NOW, { count: 10 });
    await db.transaction(async (tx) => {
      await tx.execute(
        sql`update cronhook.application_logs set message = 'held' where message in ('line 3', 'line 7')`,
      );
      expect(await clean()).toMatchObject({ status: 'succeeded', stats: { logs: 8 } });
    });
    expect((await clean()).stats.logs).toBe(2);
  });

  it('removes finished runs older than 30 days, but no task’s newest 30, and none that runs', async () => {
    const { db, clean } = await startCleanup();
    const runs = (task: string, count: number, days: number, status = 'succeeded', dryRun = false) =>
      db.rows(sql`
        insert into cronhook.task_runs (task, status, trigger, host, dry_run, started_at, finished_at, log)
        select ${task}, ${status}, 'http', 'x', ${dryRun}::boolean, at, case when ${status} <> 'running' then at + interval '1 minute' end,
          jsonb_build_array(jsonb_build_object('message', repeat('x', 500)))
        from generate_series(1, ${count}::int) n
        cross join lateral (select ${MOMENT(daysAgo(days))} - n * interval '1 hour' as at) as moment
      `);
    await runs('often', 100, 31);
    await runs('often', 20, 1);
    await runs('often', 3, 200, 'running');
    await runs('often', 40, 40, 'succeeded', true);
    await runs('seldom', 25, 400);
    await runs('stopped', 60, 90, 'failed');
    const answer = await clean();
    expect(answer).toMatchObject({
      status: 'succeeded',
      stats: { logs: 0, runs: 90 + 40 + 30, remaining: 0 },
    });
    const left = await db.rows(sql`
      select task, count(*)::int as count, count(*) filter (where status = 'running')::int as running
      from cronhook.task_runs where task <> 'cleanup-logs' group by task order by task
    `);
    expect(left).toEqual([
      { task: 'often', count: 33, running: 3 },
      { task: 'seldom', count: 25, running: 0 },
      { task: 'stopped', count: 30, running: 0 },
    ]);
    const [oldest] = await db.rows<{ at: string }>(
      sql`select min(started_at)::text as at from cronhook.task_runs where task = 'often' and status <> 'running'`,
    );
    expect(new Date(oldest?.at ?? '')).toEqual(new Date(NOW.getTime() - 31 * DAY_MS - 10 * 3_600_000));
    expect((await clean()).stats.runs).toBe(0);
  });

  it('tells the administrator what has gone, once a run, and nothing when nothing has', async () => {
    const service = await startLokario({ now: () => NOW, env: { ADMIN_EMAIL: 'admin@example.fr' } });
    const { db, clean, storage } = withCleanup(service);
    await writeLines(db, NOW, { level: 'info', count: 1_234 });
    await writeLines(db, NOW, { level: 'error', count: 4 });
    expect(await clean()).toMatchObject({ status: 'succeeded' });
    expect(await clean()).toMatchObject({ status: 'succeeded' });
    expect(service.smtp.mails).toHaveLength(1);
    const [mail] = await db.rows<{ subject: string; text_body: string }>(
      sql`select subject, text_body from cronhook.outbox_messages where task = 'cleanup-logs'`,
    );
    expect(mail?.subject).toMatch(/^Nettoyage des journaux : 1.238 lignes supprimées$/);
    expect(mail?.text_body).toMatch(/Lignes «.info.».: 1.234/);
    expect(mail?.text_body).toMatch(/Lignes «.error.».: 4/);
    expect(mail?.text_body).toMatch(/Espace libéré.: environ \d/);
    expect(mail?.text_body).toContain((await keysIn(storage, LOG_ARCHIVES))[0]);
  });

  it('a dry run counts, and changes nothing', async () => {
    const { db, clean, storage } = await startCleanup();
    await writeLines(db, NOW, { level: 'info', count: 3_000 });
    await writeLines(db, NOW, { level: 'error', count: 4 });
    const answer = await clean('&dryRun=true');
    expect(answer).toMatchObject({
      status: 'succeeded',
      stats: { logs: 3_004, info: 3_000, error: 4, archived: 4, archives: 0 },
    });
    expect(await levelsIn(db)).toEqual({ info: 3_000, error: 4 });
    expect(await keysIn(storage)).toEqual([]);
  });

  it('ten calls at once remove and archive each line once', async () => {
    const { db, clean, storage } = await startCleanup();
    await writeLines(db, NOW, { level: 'error', count: 2_500 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => clean()));
    const sum = answers.reduce((total, { stats }) => total + Number(stats.archived ?? 0), 0);
    expect(sum).toBe(2_500);
    expect([...(await archivedLines(storage)).values()].flat()).toHaveLength(2_500);
  });
});
