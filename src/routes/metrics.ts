import { Hono } from 'hono';
import { CONTENT_TYPE } from '../metrics/exposition.js';
import { createMetrics } from '../metrics/index.js';
import { requireRead } from './access.js';
import type { AppDependencies, AppEnvironment } from './environment.js';

/** What Prometheus scrapes. */
export function metricsRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const metrics = createMetrics(deps);
  return new Hono<AppEnvironment>().get('/metrics', async (c) => {
    await requireRead(c, deps);
    return c.body(await metrics(), 200, { 'Content-Type': CONTENT_TYPE });
  });
}
