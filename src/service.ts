import { setTimeout as sleep } from 'node:timers/promises';
import type { Hono } from 'hono';
import { createApp } from './app.js';
import type { Config } from './config.js';
import { createContext } from './context.js';
import { databaseProblem, isRefusedForGood } from './database-problem.js';
import { type DatabaseLocation, locateDatabase } from './database-url.js';
import { migrate } from './db/migrate.js';
import type { AppDependencies, AppEnvironment } from './routes/environment.js';
import { listen } from './server.js';
import { taskSettings, warnOfSettings } from './task-settings.js';
import { administratorWarnings, configurationWarnings } from './warnings.js';

/** How long a start waits for a database that is not up yet. */
const DATABASE_PATIENCE_MS = 60_000;

export interface Service {
  /** Where it can be called. */
  url: string;
  deps: AppDependencies;
  /** No new runs; running ones get their grace. */
  stop(): Promise<void>;
}

/** Done between the migrations and the first request; may return routes to serve besides. */
type Prepare = (deps: AppDependencies) => Promise<Hono<AppEnvironment> | undefined>;

/** Applies what migrations are pending, then listens. */
export async function startService(config: Config, prepare?: Prepare): Promise<Service> {
  const database = await locateDatabase(config);
  try {
    return await start(config, database, prepare);
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function start(config: Config, database: DatabaseLocation, prepare?: Prepare): Promise<Service> {
  const context = createContext(config, { databaseUrl: database.url });
  const { log, messages, now } = context;
  if (database.data) log.info({ data: database.data }, 'embedded PostgreSQL');
  const applied = await migrateWithPatience(context);
  if (applied > 0) log.info({ applied }, 'migrations applied');
  const extra = await prepare?.(context);
  for (const warning of configurationWarnings(config, context.tasks)) log.warn(warning);
  warnOfSettings(await taskSettings(context.db), context.tasks, log);
  for (const warning of await administratorWarnings(config, context.db)) log.warn(warning);
  const host = config.HOST ?? (config.NODE_ENV === 'development' ? '127.0.0.1' : undefined);
  const server = await listen({ app: createApp(context, extra), port: config.PORT, host, messages, now });
  const { address, port } = server.address;
  log.info({ address, port, tasks: context.tasks.map((task) => task.name) }, 'listening');
  return {
    url: `http://localhost:${port}`,
    deps: context,
    async stop() {
      log.info({ graceSeconds: config.SHUTDOWN_GRACE_SECONDS }, 'shutting down');
      await context.runner.drain(config.SHUTDOWN_GRACE_SECONDS * 1000);
      await server.close();
      await context.close();
      await database.stop();
      log.info('stopped');
    },
  };
}

async function migrateWithPatience({ db, log }: AppDependencies): Promise<number> {
  const until = performance.now() + DATABASE_PATIENCE_MS;
  let told: string | undefined;
  for (;;) {
    try {
      return await migrate(db);
    } catch (error) {
      const problem = databaseProblem(error);
      if (!problem || isRefusedForGood(error) || performance.now() > until) throw error;
      if (problem !== told) log.warn(`${problem}; waiting for it`);
      told = problem;
      await sleep(1_000);
    }
  }
}
