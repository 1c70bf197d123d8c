import { Writable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createContext } from '../../src/context.js';
import { openDatabase } from '../../src/db/client.js';
import { migrate } from '../../src/db/migrate.js';
import { Secret } from '../../src/secret.js';
import { listen } from '../../src/server.js';
import type { AnyTask } from '../../src/tasks/define.js';
import { temporaryFolder } from './folder.js';
import { createDatabase } from './postgres.js';

export const SECRET = 'test-secret-0123456789-0123456789-abc';

interface ServiceOptions {
  env?: Record<string, string>;
  tasks?: AnyTask[];
  now?: () => Date;
  /** A database to share with another replica, or one that is not there. */
  databaseUrl?: string;
  /** Where objects are kept; a folder of its own unless it is said. */
  storageFolder?: string;
  /** False for a database that cannot be migrated (yet). */
  migrated?: boolean;
}

export type TestService = Awaited<ReturnType<typeof startTestService>>;

/** The real service, listening on a free port, on a database of its own. Gone when the test ends. */
export async function startTestService(options: ServiceOptions = {}) {
  const { migrated = true } = options;
  const database = options.databaseUrl ? undefined : await databaseFor(migrated);
  const databaseUrl = options.databaseUrl ?? (database?.url as string);
  const config = loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    HOST: '127.0.0.1',
    CRON_SECRET: SECRET,
    PUBLIC_URL: 'https://cron.example.com',
    DATABASE_URL: databaseUrl,
    ...options.env,
  });
  const lines: string[] = [];
  const logOutput = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const context = createContext(config, {
    databaseUrl: new Secret(databaseUrl),
    logOutput,
    storageFolder: options.storageFolder ?? (await temporaryFolder()),
    ...(options.tasks && { tasks: options.tasks }),
    ...(options.now && { now: options.now }),
  });
  if (migrated) await migrate(context.db);
  const { messages, now } = context;
  const server = await listen({
    app: createApp(context),
    port: config.PORT,
    host: config.HOST,
    messages,
    now,
  });
  const url = `http://127.0.0.1:${server.address.port}`;
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await context.runner.drain(0);
    await server.close();
    await context.close();
  };
  onTestFinished(async () => {
    await stop();
    await database?.drop();
  });
  const headers = { 'x-cron-secret': SECRET };
  return {
    url,
    databaseUrl,
    config,
    context,
    db: context.db,
    stop,
    /** Everything logged so far. */
    log: () => lines.join(''),
    /** Calls with the secret in a header. */
    call: (path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } }),
    /** Calls as it is told. */
    fetch: (path: string, init?: RequestInit) => fetch(url + path, init),
  };
}

const databaseFor = (migrated: boolean) =>
  createDatabase(inject('postgresUrl'), migrated ? inject('migratedDatabase') : undefined);

/** For files of many small tests: services on one migrated database, emptied before each. */
export function onSharedDatabase(): (options?: ServiceOptions) => Promise<TestService> {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  beforeAll(async () => {
    database = await databaseFor(true);
    const db = openDatabase(new Secret(database.url), { max: 1 });
    await migrate(db);
    await db.close();
  });
  afterAll(() => database.drop());
  return async (options = {}) => {
    const service = await startTestService({ ...options, databaseUrl: database.url, migrated: false });
    await service.db.rows(sql`truncate cronhook.task_runs, cronhook.task_leases, cronhook.settings`);
    return service;
  };
}

/** What the service answers, as far as tests look at it. */
export interface Answer {
  success: boolean;
  status: string;
  message: string;
  runId: string;
  stats: Record<string, number | string>;
  errors: { item: string; message: string }[];
  error?: string;
  details?: unknown[];
  log: { level: string; message: string }[];
}

export async function read(response: Response | Promise<Response>): Promise<Answer> {
  return (await (await response).json()) as Answer;
}
