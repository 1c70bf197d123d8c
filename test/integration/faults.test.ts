import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createVault } from '../../src/clients/vault.js';
import { freePort, startEmbeddedPostgres } from '../../src/db/embedded.js';
import { Secret } from '../../src/secret.js';
import { sealPassword } from '../../src/tasks/inbox/credentials.js';
import { PGBOUNCER_PACKAGE, pgbouncerAvailable, startPgbouncer } from '../support/pgbouncer.js';
import { spawnService } from '../support/process.js';
import { read, SECRET, startTestService, type TestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const PATH = '/inbox/integrations/sync-all';
const ENCRYPTION_KEY = randomBytes(32).toString('base64');

/** A mailbox on a server that accepts connections and never says a word: its sync takes about ten seconds. */
async function addSilentMailbox(service: TestService): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const id = randomUUID();
  const sealed = sealPassword(createVault([new Secret(ENCRYPTION_KEY)]), id, 'password');
  await service.db.rows(sql`
    insert into cronhook.inbox_integrations (id, email, host, port, tls, username, secret_encrypted)
    values (${id}::uuid, 'silent@example.com', '127.0.0.1', ${(server.address() as AddressInfo).port}, 'none', 'silent', ${sealed})
  `);
}

async function spawnReplica(service: TestService, env: Record<string, string> = {}) {
  const replica = await spawnService({
    DATABASE_URL: service.databaseUrl,
    CRON_SECRET: SECRET,
    ENCRYPTION_KEY,
    ...env,
  });
  const call = (path: string) => fetch(replica.url + path, { headers: { 'x-cron-secret': SECRET } });
  return { ...replica, call };
}

const runs = (service: TestService) =>
  service.db.rows<{ id: string; status: string }>(
    sql`select id, status from cronhook.task_runs order by started_at`,
  );

describe('a replica', () => {
  test('killed while it holds the lease is replaced once 60 s have passed without renewal', async () => {
    const service = await startTestService({ env: { ENCRYPTION_KEY } });
    await addSilentMailbox(service);
    const replica = await spawnReplica(service);
    const first = await read(replica.call(`${PATH}?wait=0`));
    expect(first.status).toBe('running');
    replica.child.kill('SIGKILL');
    await replica.exited;
    expect(await read(service.call(PATH))).toMatchObject({ status: 'skipped', runId: first.runId });
    const [lease] = await service.db.rows<{ left: number }>(
      sql`select extract(epoch from expires_at - clock_timestamp())::float as left from cronhook.task_leases`,
    );
    expect(lease?.left).toBeGreaterThan(50);
    expect(lease?.left).toBeLessThan(75);
    // The clock of the lease is the server's: this is what waiting does.
    await service.db.rows(
      sql`update cronhook.task_leases set expires_at = expires_at - interval '66 seconds'`,
    );
    const second = await read(service.call(`${PATH}?wait=0`));
    expect(second.status).toBe('running');
    expect((await runs(service))[0]).toEqual({ id: first.runId, status: 'lost' });
  });

  test('told to stop during a run interrupts it after the grace and ends with exit code 0', async () => {
    const service = await startTestService({ env: { ENCRYPTION_KEY } });
    await addSilentMailbox(service);
    const replica = await spawnReplica(service, { SHUTDOWN_GRACE_SECONDS: '1' });
    const call = replica.call(PATH);
    await sleep(500);
    replica.child.kill('SIGTERM');
    await sleep(200);
    expect((await replica.call(PATH)).status).toBe(503);
    const answer = await call;
    expect(answer.status).toBe(503);
    expect(await read(answer)).toMatchObject({ status: 'interrupted', success: false });
    expect(await replica.exited).toBe(0);
    expect((await runs(service)).map(({ status }) => status)).toEqual(['interrupted']);
    expect((await read(service.call(`${PATH}?wait=0`))).status).toBe('running');
  });
});

describe('the database', () => {
  test('stopped and started under load gives 503 with Retry-After, then service again without a restart', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cronhook-restart-'));
    await chmod(directory, 0o755);
    const settings = { port: String(await freePort()) };
    const start = () => startEmbeddedPostgres({ directory, durable: false, settings });
    let server = await start();
    onTestFinished(async () => {
      await server.stop().catch(() => {});
      await rm(directory, { recursive: true, force: true });
    });
    const url = await server.database('cronhook');
    const task = testTask({ run: async ({ db }) => ({ one: (await db.rows(sql`select 1`)).length }) });
    const service = await startTestService({ databaseUrl: url.reveal(), tasks: [task] });
    const seen: { status: number; error?: string; retryAfter: string | null; at: number }[] = [];
    let loading = true;
    const load = Promise.all(
      Array.from({ length: 5 }, async () => {
        while (loading) {
          const response = await service.call('/test/probe');
          const { error } = await read(response);
          const retryAfter = response.headers.get('retry-after');
          seen.push({ status: response.status, retryAfter, at: performance.now(), ...(error && { error }) });
          await sleep(20);
        }
      }),
    );
    await sleep(500);
    await server.stop();
    await sleep(1_500);
    expect((await service.fetch('/readyz')).status).toBe(503);
    expect((await service.fetch('/healthz')).status).toBe(200);
    server = await start();
    const back = performance.now();
    await expect.poll(async () => (await service.call('/test/probe')).status, { timeout: 10_000 }).toBe(200);
    expect(performance.now() - back).toBeLessThan(5_000);
    expect((await service.fetch('/readyz')).status).toBe(200);
    loading = false;
    await load;
    const away = seen.filter(({ status }) => status !== 200);
    expect(away.length).toBeGreaterThan(0);
    for (const answer of away) {
      expect(answer).toMatchObject({ status: 503, error: 'database_unavailable', retryAfter: '30' });
    }
    expect(service.log()).not.toMatch(/insert into|select /);
  });

  test('that answers a claim too late does not leave the task claimed by nobody', async () => {
    const service = await startTestService({ tasks: [testTask({ run: async () => ({}) })] });
    await service.call('/test/probe');
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    // The row is locked by somebody for longer than a claim waits.
    const locked = service.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from cronhook.task_leases for update`);
      await released;
    });
    const response = await service.call('/test/probe');
    expect(response.status).toBe(503);
    release();
    await locked;
    await expect
      .poll(async () => (await read(service.call('/test/probe'))).status, { timeout: 5_000 })
      .toBe('succeeded');
    // The late claim may get the task before the next call, or after it; then it leaves nothing.
    const [first, ...late] = (await runs(service)).map(({ status }) => status);
    expect([first, late.pop()]).toEqual(['succeeded', 'succeeded']);
    expect(['', 'failed']).toContain(late.join());
  });

  test('that is not there at all gives 503 within seconds', async () => {
    const nowhere = `postgresql://cronhook:hidden-password@127.0.0.1:${await freePort()}/cronhook`;
    const service = await startTestService({ databaseUrl: nowhere, migrated: false });
    const response = await service.call(PATH);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('30');
    const body = await response.text();
    expect(body).toContain('database_unavailable');
    expect(body + service.log()).not.toContain('hidden-password');
  });

  test('that has not been migrated gives 503 and names the command', async () => {
    const service = await startTestService({ migrated: false });
    for (const path of [PATH, '/readyz']) {
      const response = await service.call(path);
      expect(response.status).toBe(503);
      expect(await read(response)).toMatchObject({
        success: false,
        error: 'database_unavailable',
        message: expect.stringContaining('npx cronhook migrate'),
      });
    }
  });

  test('that accepts connections and never answers gives 503 within seconds', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const service = await startTestService({
      databaseUrl: `postgresql://cronhook:x@127.0.0.1:${port}/cronhook`,
      migrated: false,
    });
    const started = performance.now();
    expect((await service.call(PATH)).status).toBe(503);
    expect(performance.now() - started).toBeLessThan(12_000);
  });

  test.skipIf(!pgbouncerAvailable())(
    `may sit behind PgBouncer in transaction mode${pgbouncerAvailable() ? '' : ` (install ${PGBOUNCER_PACKAGE})`}`,
    async () => {
      const direct = await startTestService({ migrated: false });
      const pooled = await startPgbouncer(direct.databaseUrl);
      const task = testTask({
        run: async ({ db, runId }) => {
          await db.write((tx) =>
            tx.execute(sql`insert into cronhook.settings (key, value) values (${runId}, 'x')`),
          );
          return { rows: (await db.rows(sql`select 1 from cronhook.settings`)).length };
        },
      });
      const [one, two] = [
        await startTestService({ databaseUrl: `${pooled}?pgbouncer=true`, tasks: [task] }),
        await startTestService({ databaseUrl: pooled, tasks: [task] }),
      ];
      for (let round = 0; round < 10; round++) {
        const calls = Array.from({ length: 10 }, (_, index) => (index % 2 ? one : two).call('/test/probe'));
        const statuses = await Promise.all(calls.map(async (call) => (await read(call)).status));
        expect(new Set(statuses)).not.toContain('failed');
        expect(statuses).toContain('succeeded');
      }
      const [counts] = await direct.db.rows<{ runs: string; writes: string }>(sql`
        select (select count(*) from cronhook.task_runs where status = 'succeeded') as runs,
          (select count(*) from cronhook.settings where value = 'x') as writes
      `);
      expect(counts?.runs).toBe(counts?.writes);
    },
  );
});
