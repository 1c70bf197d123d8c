import type { Context } from 'hono';
import type { Authenticator } from '../auth.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import type { Messages } from '../locales/index.js';
import type { Logger } from '../log.js';
import type { Runner } from '../run-task.js';
import type { Scrub } from '../secret.js';
import type { Services } from '../services.js';
import type { Site } from '../site.js';
import type { TaskHealthReader } from '../task-health.js';
import type { AnyTask } from '../tasks/define.js';

/** What the routes work with. */
export interface AppDependencies {
  config: Config;
  tasks: AnyTask[];
  runner: Runner;
  services: Services;
  taskHealth: TaskHealthReader;
  db: Database;
  auth: Authenticator;
  messages: Messages;
  site: Site;
  log: Logger;
  scrub: Scrub;
  now(): Date;
}

export interface AppEnvironment {
  Bindings: { incoming?: { socket?: { remoteAddress?: string } } };
  Variables: { requestId: string };
}

export type AppContext = Context<AppEnvironment>;
