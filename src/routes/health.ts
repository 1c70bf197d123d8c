import { Hono } from 'hono';
import { isMigrated } from '../db/migrate.js';
import { databaseUnavailable } from '../errors.js';
import { errorAnswer } from './answer.js';
import type { AppDependencies, AppEnvironment } from './environment.js';

/** How long `/readyz` waits for the database before it says no. */
const READY_TIMEOUT_MS = 5_000;

export function healthRoutes({ db, messages, now }: AppDependencies): Hono<AppEnvironment> {
  return new Hono<AppEnvironment>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      const timeout = new Promise<never>((_resolve, reject) => {
        setTimeout(() => reject(databaseUnavailable(undefined)), READY_TIMEOUT_MS).unref();
      });
      try {
        if (await Promise.race([isMigrated(db), timeout])) return c.json({ status: 'ready' });
        return c.json({ status: 'migrations_pending' }, 503);
      } catch {
        const { status, body } = errorAnswer(databaseUnavailable(undefined), messages, now());
        c.header('Retry-After', '30');
        return c.json({ status: 'database_unavailable', ...body }, status);
      }
    });
}
