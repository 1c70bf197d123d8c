import { Hono } from 'hono';
import { pricingStats } from '../tasks/pricing/stats.js';
import type { AppDependencies, AppEnvironment } from './environment.js';
import { requireSecret } from './request.js';

/** How the pricing batch fares. */
export function pricingRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  return new Hono<AppEnvironment>().get('/pricing/stats', async (c) => {
    await requireSecret(c, deps);
    return c.json(await pricingStats(deps.db, deps.now()));
  });
}
