import { Hono } from 'hono';
import { catalogue } from '../catalogue.js';
import { AppError } from '../errors.js';
import { requireRead } from './access.js';
import type { AppDependencies, AppEnvironment } from './environment.js';

export function catalogueRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const entries = () => catalogue({ ...deps, missing: deps.runner.missing, now: deps.now() });
  return new Hono<AppEnvironment>()
    .get('/tasks', async (c) => {
      await requireRead(c, deps);
      return c.json({ tasks: await entries() });
    })
    .get('/tasks/:name', async (c) => {
      await requireRead(c, deps);
      const entry = (await entries()).find((task) => task.name === c.req.param('name'));
      if (!entry) throw new AppError('not_found', (t) => t.errors.notFound);
      return c.json(entry);
    });
}
