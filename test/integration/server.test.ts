import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/client.js';
import { Secret } from '../../src/secret.js';
import { createDatabase } from '../support/postgres.js';
import { SECRET } from '../support/service.js';

const ROOT = new URL('../../', import.meta.url);
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const HAS_IPV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

/** Without a `.env` file, whatever the checkout holds. */
const directory = mkdtempSync(join(tmpdir(), 'cronhook-server-'));
let database: Awaited<ReturnType<typeof createDatabase>>;

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
});

afterAll(async () => {
  rmSync(directory, { recursive: true });
  await database.drop();
});

interface LogLine {
  level: string;
  msg: string;
  address?: string;
  port?: number;
}

/** `npm start`, on the sources. */
function start(env: Record<string, string> = {}, flags: string[] = []) {
  const child = spawn(
    process.execPath,
    [...flags, '--import', TSX, fileURLToPath(new URL('src/index.ts', ROOT))],
    {
      cwd: directory,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NODE_ENV: 'test',
        PORT: '0',
        DATABASE_URL: database.url,
        CRON_SECRET: SECRET,
        ...env,
      },
    },
  );
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const lines = () =>
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine);
  const listening = new Promise<{ address: string; port: number }>((done, fail) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (!stdout.endsWith('\n')) return;
      const line = lines().find(({ msg }) => msg === 'listening');
      if (line) done({ address: line.address ?? '', port: line.port ?? 0 });
    });
    void ended.then((code) => fail(new Error(`ended with ${code} before it listened: ${stderr}${stdout}`)));
  });
  listening.catch(() => {});
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return { child, ended, listening, lines, output: () => stdout + stderr };
}

/** Flags for a process that answers SIGUSR2 with the megabytes it still holds once all garbage is gone. */
const TELLING_MEMORY = [
  '--expose-gc',
  '--import',
  `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', async () => {
    for (let round = 0; round < 3; round++) {
      globalThis.gc();
      await new Promise((done) => setTimeout(done, 50));
    }
    const { heapUsed, external } = process.memoryUsage();
    process.stderr.write('held ' + (heapUsed + external) / 2 ** 20 + '\\n');
  })`)}`,
];

function heldMegabytes({ child }: { child: ChildProcess }): Promise<number> {
  return new Promise((done) => {
    const listen = (chunk: Buffer) => {
      const held = /^held (.+)$/m.exec(String(chunk))?.[1];
      if (held === undefined) return;
      child.stderr?.off('data', listen);
      done(Number(held));
    };
    child.stderr?.on('data', listen);
    child.kill('SIGUSR2');
  });
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url, { headers: { 'x-cron-secret': SECRET } });
  await response.arrayBuffer();
  return response.status;
}

describe('the process', () => {
  test('answers on IPv4 and on IPv6 when HOST is unset', async () => {
    const { port } = await start().listening;
    expect(await statusOf(`http://127.0.0.1:${port}/readyz`)).toBe(200);
    if (HAS_IPV6) expect(await statusOf(`http://[::1]:${port}/readyz`)).toBe(200);
  });

  test('in development is open, says so in its log, and listens on this machine only', async () => {
    const service = start({ NODE_ENV: 'development', CRON_SECRET: '' });
    const { address, port } = await service.listening;
    expect(address).toBe('127.0.0.1');
    expect((await fetch(`http://127.0.0.1:${port}/tasks`)).status).toBe(200);
    expect(service.lines()).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'CRON_SECRET is not set: every endpoint is open' }),
    );
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends on %s with code 0, were connections still open',
    async (signal) => {
      const service = start();
      const { port } = await service.listening;
      const idle = connect(port, '127.0.0.1').on('error', () => {});
      onTestFinished(() => void idle.destroy());
      expect(await statusOf(`http://127.0.0.1:${port}/healthz`)).toBe(200);
      const began = performance.now();
      service.child.kill(signal);
      expect(await service.ended).toBe(0);
      expect(performance.now() - began).toBeLessThan(5000);
      expect(service.lines().at(-1)?.msg).toBe('stopped');
    },
  );

  test('that finds its port taken exits with 1 and names PORT', async () => {
    const other = createServer().listen(0, '::');
    onTestFinished(() => void other.close());
    await new Promise((done) => other.once('listening', done));
    const service = start({ PORT: String((other.address() as AddressInfo).port) });
    expect(await service.ended).toBe(1);
    expect(service.output()).toMatch(/Port \d+ is taken by another program: set PORT/);
    expect(service.output()).not.toMatch(/\bat .*:\d+:\d+/);
  });

  test('exits with 1 and lists every problem of its configuration', async () => {
    const service = start({ PORT: 'x', TASKS: 'inbox-sink', LOCALE: 'de', DATABASE_URL: 'nonsense' });
    expect(await service.ended).toBe(1);
    for (const name of ['PORT', 'TASKS', 'LOCALE', 'DATABASE_URL'])
      expect(service.output()).toContain(`  - ${name}: `);
    expect(service.output()).not.toMatch(/\bat .*:\d+:\d+/);
  });

  test.each([
    ['without CRON_SECRET', '', 'required in production'],
    ['with a CRON_SECRET of 31 characters', 'hidden-'.padEnd(31, 'x'), 'at least 32 characters'],
  ])('refuses to start in production %s and says why', async (_what, CRON_SECRET, reason) => {
    const service = start({ NODE_ENV: 'production', CRON_SECRET });
    expect(await service.ended).toBe(1);
    expect(service.output()).toContain('CRON_SECRET: ');
    expect(service.output()).toContain(reason);
    expect(service.output()).not.toContain('hidden-');
  });

  test('started three times at once on an empty database migrates it once, and all three serve', async () => {
    const empty = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => empty.drop());
    const env = { DATABASE_URL: empty.url, NODE_ENV: 'production' };
    const services = [start(env), start(env), start(env)];
    const places = await Promise.all(services.map(({ listening }) => listening));
    for (const { port } of places) expect(await statusOf(`http://127.0.0.1:${port}/readyz`)).toBe(200);
    const db = openDatabase(new Secret(empty.url), { max: 1 });
    const applied = await db.rows(sql`select hash from cronhook.migrations`);
    await db.close();
    const migrations = readMigrationFiles({ migrationsFolder: fileURLToPath(new URL('drizzle', ROOT)) });
    expect(applied).toHaveLength(migrations.length);
    for (const { child } of services) child.kill('SIGTERM');
    expect(await Promise.all(services.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  });

  test('takes 10,000 calls in a row without growing', async () => {
    const service = start({}, TELLING_MEMORY);
    const { port } = await service.listening;
    service.child.stdout.removeAllListeners('data').resume();
    const paths = [
      '/readyz',
      '/inbox/integrations/sync-all',
      '/inbox/integrations/sync-all?bad=1',
      '/nothing',
    ];
    const statuses = new Map<number, number>();
    const call = async (count: number) => {
      let left = count;
      const caller = async () => {
        while (left > 0) {
          left -= 1;
          const status = await statusOf(`http://127.0.0.1:${port}${paths[left % paths.length]}`);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: 4 }, caller));
    };
    await call(3000);
    const before = await heldMegabytes(service);
    await call(7000);
    const grown = (await heldMegabytes(service)) - before;
    expect(Object.fromEntries(statuses)).toEqual({ 200: 5000, 400: 2500, 404: 2500 });
    expect(grown).toBeLessThan(4);
  }, 180_000);
});
