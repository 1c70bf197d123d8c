import { Hono } from 'hono';
import { isMigrated } from '../db/migrate.js';
import { AppError, databaseUnavailable, migrationsPending } from '../errors.js';
import { inTime } from '../in-time.js';
import type { AppDependencies, AppEnvironment } from './environment.js';

/** How long `/readyz` waits for the database before it says no. */
const READY_TIMEOUT_MS = 5_000;

export function healthRoutes({ db, runner }: AppDependencies): Hono<AppEnvironment> {
  return new Hono<AppEnvironment>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      if (runner.isDraining()) throw new AppError('shutting_down', (t) => t.errors.shuttingDown);
      // Whatever goes wrong here, the database is of no use at the moment.
      const migrated = await inTime(isMigrated(db), READY_TIMEOUT_MS).catch(() => undefined);
      if (migrated) return c.json({ status: 'ready' });
      throw migrated === false ? migrationsPending(undefined) : databaseUnavailable(undefined);
    });
}
