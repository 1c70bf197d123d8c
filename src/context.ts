import { createAuthenticator } from './auth.js';
import { type Config, ConfigError } from './config.js';
import { secretValues } from './config-secrets.js';
import { type Database, openDatabase } from './db/client.js';
import { messagesFor } from './locales/index.js';
import { createLogger } from './log.js';
import type { AppDependencies } from './routes/environment.js';
import { createRunPings } from './run-pings.js';
import { createRunner } from './run-task.js';
import { createScrubber, type Secret } from './secret.js';
import { createServices, missingVariables } from './services.js';
import { createSite } from './site.js';
import { createTaskHealth } from './task-health.js';
import type { AnyTask } from './tasks/define.js';
import { selectTasks } from './tasks/index.js';

interface ContextOptions {
  databaseUrl: Secret;
  /** Where log lines go when standard output is taken. */
  logOutput?: NodeJS.WritableStream;
  /** Where the storage outside production keeps its objects. */
  storageFolder?: string;
  /** Other tasks than those that `TASKS` selects (benchmarks, tests). */
  tasks?: AnyTask[];
  now?: () => Date;
}

/** Everything that the service and the command line have in common. */
export function createContext(
  config: Config,
  options: ContextOptions,
): AppDependencies & { close(): Promise<void> } {
  const tasks = options.tasks ?? chosenTasks(config);
  const secrets = [config.CRON_SECRET, config.CRON_SECRET_PREVIOUS].filter((secret) => secret !== undefined);
  const auth = createAuthenticator(
    secrets,
    tasks.map((task) => task.name),
  );
  const scrub = createScrubber([...secretValues(config), ...auth.derivedKeys]);
  const log = createLogger({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    scrub,
    ...(options.logOutput && { output: options.logOutput }),
  });
  const db: Database = openDatabase(options.databaseUrl, { max: config.DATABASE_POOL_MAX });
  const { databaseUrl, storageFolder } = options;
  const services = createServices(config, { databaseUrl, storageFolder });
  const messages = messagesFor(config.LOCALE);
  const site = createSite(config, services.vault);
  const now = options.now ?? (() => new Date());
  const missing = (task: AnyTask) => missingVariables(config, task);
  const taskHealth = createTaskHealth({ db, config, tasks, missing, now });
  const capabilities = Object.assign(services, { taskHealth });
  const pings = services.healthchecks && createRunPings({ healthchecks: services.healthchecks, log });
  const runner = createRunner({ db, capabilities, missing, messages, site, log, scrub, pings, now });
  return {
    config,
    tasks,
    runner,
    services,
    taskHealth,
    db,
    auth,
    messages,
    site,
    log,
    scrub,
    now,
    async close() {
      await pings?.settle();
      await db.close();
    },
  };
}

/** @throws {ConfigError} for names that `TASKS` does not know */
export function chosenTasks(config: Config): AnyTask[] {
  try {
    return selectTasks(config.TASKS);
  } catch (error) {
    throw new ConfigError([(error as Error).message]);
  }
}
