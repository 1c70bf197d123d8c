import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort, startEmbeddedPostgres } from '../../src/db/embedded.js';
import { startFailing as start } from '../support/failing-tasks.js';

describe('a task that fails', () => {
  test('opens one incident, and the administrator gets one mail that says what, since when and where', async () => {
    const service = await start();
    const { runId } = await service.call1('alpha', 'badly');
    service.later(0.9);
    await service.call1('alpha', 'badly');
    expect(await service.incidents()).toMatchObject([{ source: 'task:alpha', resolved_at: null }]);
    const [mail, ...others] = service.smtp.mails;
    expect(others).toEqual([]);
    expect(mail?.to).toEqual(['admin@example.com']);
    const text = await mail?.text;
    expect(text).toContain('The disk of alpha is full: make room');
    expect(text).toContain(`https://cron.example.com/runs/${runId}`);
    expect(mail?.headers).not.toHaveProperty('list-unsubscribe');
    expect(await service.notifications()).toMatchObject([{ user_id: null, kind: 'task_failed' }]);
  });

  test('is told of after an hour, then once a day while it lasts, and once when it works again', async () => {
    const service = await start();
    for (let hour = 0; hour < 72; hour += 6) {
      await service.call1('alpha', 'badly');
      service.later(6);
    }
    // Its beginning, after six hours, after one day and after two.
    expect(service.smtp.mails).toHaveLength(4);
    await service.call1('alpha', 'well');
    await service.call1('alpha', 'well');
    expect(service.smtp.mails).toHaveLength(5);
    expect((await service.incidents())[0]?.resolved_at).not.toBeNull();
    await service.call1('alpha', 'badly');
    expect(service.smtp.mails).toHaveLength(6);
    expect(await service.incidents()).toHaveLength(2);
  });

  test('only partly is told of the second time in a row', async () => {
    const service = await start();
    await service.call1('alpha', 'partly');
    await service.call1('alpha', 'well');
    await service.call1('alpha', 'partly');
    expect(service.smtp.mails).toHaveLength(0);
    await service.call1('alpha', 'partly');
    expect(service.smtp.mails).toHaveLength(1);
    expect(await service.smtp.mails[0]?.text).toContain('alpha item broken');
  });

  test('since it kills its process is told of when that has happened twice in a row', async () => {
    const service = await start();
    const die = () =>
      service.db.rows(sql`
        with dead as (
          insert into cronhook.task_runs (task, status, trigger, host, started_at)
          values ('alpha', 'running', 'http', 'test', now()) returning id
        )
        insert into cronhook.task_leases (task, run_id, expires_at) select 'alpha', id, '-infinity' from dead
        on conflict (task) do update set run_id = excluded.run_id, expires_at = excluded.expires_at
      `);
    await die();
    await service.call1('alpha', 'well');
    expect(service.smtp.mails).toHaveLength(0);
    await die();
    await service.db.rows(sql`update cronhook.task_runs set status = 'lost' where status = 'running'`);
    await die();
    await service.call1('alpha', 'well');
    expect(await service.smtp.mails[0]?.text).toContain('mémoire');
    expect(service.smtp.mails).toHaveLength(2);
    expect((await service.incidents())[0]?.resolved_at).not.toBeNull();
  });

  test('in a dry run is no incident', async () => {
    const service = await start();
    await service.call1('alpha', 'badly', '&dryRun=true');
    expect(await service.incidents()).toEqual([]);
  });

  test('is written down where nobody can be told', async () => {
    const service = await start(['alpha'], { ADMIN_EMAIL: '' });
    await service.call1('alpha', 'badly');
    expect(await service.incidents()).toHaveLength(1);
    expect(await service.messages()).toHaveLength(0);
  });

  test('is told of later, when the SMTP server is down too; its answer does not wait for that', async () => {
    const service = await start();
    await service.smtp.down();
    expect((await service.call1('alpha', 'badly')).status).toBe('failed');
    await service.smtp.up();
    await service.deliver();
    expect(service.smtp.mails).toHaveLength(1);
  });
});

describe('one cause', () => {
  const TEN = Array.from({ length: 10 }, (_, n) => `task-${n}`);

  test.each(['no database', 'no SMTP'] as const)(
    'of ten tasks is one mail, and one at recovery: %s',
    async (what) => {
      const service = await start(TEN);
      for (let round = 0; round < 2; round++) await Promise.all(TEN.map((name) => service.call1(name, what)));
      expect((await service.incidents()).map(({ source }) => source).sort()).toEqual(
        TEN.map((name) => `task:${name}`),
      );
      expect(service.smtp.mails).toHaveLength(1);
      for (const name of TEN.slice(1)) await service.call1(name, 'well');
      expect(service.smtp.mails).toHaveLength(1);
      await service.call1('task-0', 'well');
      expect(service.smtp.mails).toHaveLength(2);
      expect(await service.smtp.mails[1]?.text).toContain('task-7');
    },
  );

  test('that was a database away is one mail as soon as it is back', { timeout: 240_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cronhook-away-'));
    await chmod(directory, 0o755);
    const settings = { port: String(await freePort()) };
    const startServer = () => startEmbeddedPostgres({ directory, durable: false, settings });
    let server = await startServer();
    onTestFinished(async () => {
      await server.stop().catch(() => {});
      await rm(directory, { recursive: true, force: true });
    });
    const databaseUrl = (await server.database('cronhook')).reveal();
    const service = await start(TEN, {}, { databaseUrl });
    const other = await start(TEN, { SMTP_URL: service.smtp.url }, { databaseUrl });
    await server.stop();
    for (const { call } of [service, other])
      for (const name of TEN) expect((await call(`/test/${name}`)).status).toBe(503);
    server = await startServer();
    await expect.poll(async () => (await service.call1('task-3', 'well')).status).toBe('succeeded');
    expect(service.smtp.mails).toHaveLength(1);
    expect(await service.smtp.mails[0]?.text).toContain('task-9');
    expect((await service.incidents()).filter(({ resolved_at }) => !resolved_at)).toHaveLength(9);
    for (const name of TEN) await service.call1(name, 'well');
    expect(service.smtp.mails).toHaveLength(2);
    expect((await service.incidents()).filter(({ resolved_at }) => !resolved_at)).toHaveLength(0);
    // The other replica has seen it too; by now it is over.
    await other.call1('task-5', 'well');
    expect(service.smtp.mails).toHaveLength(2);
  });

  test('is told apart from another', async () => {
    const service = await start(['alpha', 'beta']);
    await service.call1('alpha', 'badly');
    await service.call1('beta', 'badly');
    expect(service.smtp.mails).toHaveLength(2);
  });
});
