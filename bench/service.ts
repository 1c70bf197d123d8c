import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createApp } from '../src/app.js';
import { loadConfig } from '../src/config.js';
import { createContext } from '../src/context.js';
import { startEmbeddedPostgres } from '../src/db/embedded.js';
import { migrate } from '../src/db/migrate.js';
import { Secret } from '../src/secret.js';
import { listen } from '../src/server.js';
import type { AnyTask } from '../src/tasks/define.js';
import type { BenchOptions } from './bench.js';

export const POSTGRES_NOTE =
  'PostgreSQL 15 with its own defaults (fsync, synchronous_commit and full_page_writes on)';

type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** A server as in production: what it has committed is on the disk. */
export async function startPostgres({ atEnd }: Pick<BenchOptions, 'atEnd'>) {
  const directory = await mkdtemp(join(tmpdir(), 'cronhook-bench-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  // As root the server runs as another user, who must get there.
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory, durable: true });
  atEnd(() => server.stop());
  let count = 0;
  return { newDatabase: () => server.database(`bench_${count++}`) };
}

const SECRET = randomBytes(24).toString('hex');

interface ServiceOptions {
  tasks?: AnyTask[];
  env?: Record<string, string>;
}

export type BenchService = Awaited<ReturnType<typeof startService>>;

/** The service as in production, in this process, on a free port and a database of its own; its log goes nowhere. */
export async function startService(postgres: Postgres, { tasks, env = {} }: ServiceOptions = {}) {
  const databaseUrl = await postgres.newDatabase();
  const config = loadConfig({
    NODE_ENV: 'production',
    PORT: '0',
    HOST: '127.0.0.1',
    CRON_SECRET: SECRET,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    LOG_FORMAT: 'json',
    DATABASE_URL: databaseUrl.reveal(),
    ...env,
  });
  const context = createContext(config, {
    databaseUrl: new Secret(databaseUrl.reveal()),
    logOutput: nowhere(),
    ...(tasks && { tasks }),
  });
  await migrate(context.db);
  const { messages, now } = context;
  const server = await listen({ app: createApp(context), port: 0, host: config.HOST, messages, now });
  const client = openClient(server.address.port, { 'x-cron-secret': SECRET });
  return {
    config,
    db: context.db,
    call: client.call,
    async stop() {
      client.close();
      await context.runner.drain(0);
      await server.close();
      await context.close();
    },
  };
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/** One caller on one connection: node's own client, which costs little beside what it calls. */
export function openClient(port: number, headers: Record<string, string> = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const call = (method: string, path: string, body?: unknown) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const type = payload === undefined ? {} : { 'content-type': 'application/json' };
      const options = { host: '127.0.0.1', port, method, path, agent, headers: { ...headers, ...type } };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path} answered ${status}: ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(payload);
    });
  return { call, close: () => agent.destroy() };
}
