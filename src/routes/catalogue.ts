import { Hono } from 'hono';
import { catalogue } from '../catalogue.js';
import { AppError, databaseUnavailable } from '../errors.js';
import { inTime } from '../in-time.js';
import { requireRead } from './access.js';
import type { AppDependencies, AppEnvironment } from './environment.js';
import { healthAnswer } from './tasks-health.js';

/** An uptime monitor waits for its answer. */
const HEALTH_TIMEOUT_MS = 10_000;

export function catalogueRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const entries = () => catalogue({ ...deps, missing: deps.runner.missing, now: deps.now() });
  return (
    new Hono<AppEnvironment>()
      .get('/tasks', async (c) => {
        await requireRead(c, deps);
        return c.json({ tasks: await entries() });
      })
      // Before the names of tasks: none is called so.
      .get('/tasks/health', async (c) => {
        await requireRead(c, deps);
        const tasks = await inTime(deps.taskHealth(), HEALTH_TIMEOUT_MS);
        if (!tasks) throw databaseUnavailable('no answer in time');
        const { status, body } = healthAnswer(tasks, deps.messages, deps.now());
        return c.json(body, status);
      })
      .get('/tasks/:name', async (c) => {
        await requireRead(c, deps);
        const entry = (await entries()).find((task) => task.name === c.req.param('name'));
        if (!entry) throw new AppError('not_found', (t) => t.errors.notFound);
        return c.json(entry);
      })
  );
}
