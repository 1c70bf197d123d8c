import { Hono } from 'hono';
import { isMigrated } from '../db/migrate.js';
import { databaseUnavailable, migrationsPending } from '../errors.js';
import type { AppDependencies, AppEnvironment } from './environment.js';

/** How long `/readyz` waits for the database before it says no. */
const READY_TIMEOUT_MS = 5_000;

export function healthRoutes({ db }: AppDependencies): Hono<AppEnvironment> {
  return new Hono<AppEnvironment>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      const timeout = new Promise<never>((_resolve, reject) => {
        setTimeout(() => reject(databaseUnavailable(undefined)), READY_TIMEOUT_MS).unref();
      });
      let problem = databaseUnavailable(undefined);
      try {
        if (await Promise.race([isMigrated(db), timeout])) return c.json({ status: 'ready' });
        problem = migrationsPending(undefined);
      } catch {
        // Whatever went wrong, the database is of no use at the moment.
      }
      throw problem;
    });
}
