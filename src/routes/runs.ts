import { Hono } from 'hono';
import { validate as isUuid } from 'uuid';
import { z } from 'zod';
import { findRun, listRuns } from '../db/runs.js';
import { RUN_STATUSES } from '../db/schema/service.js';
import { AppError } from '../errors.js';
import { requireRead } from './access.js';
import type { AppDependencies, AppEnvironment } from './environment.js';
import { collect, forbidden, identify } from './request.js';
import { integerParameter, validateBody } from './validate.js';

const DEFAULT_LIMIT = 20;

const filters = (names: string[]) =>
  z.strictObject({
    secret: z.string().optional(),
    task: z.enum(names).optional(),
    status: z.enum(RUN_STATUSES).optional(),
    limit: integerParameter(1, 200).default(DEFAULT_LIMIT),
    before: z.uuid().optional(),
  });

/** The history, newest first. A task's own key opens its own runs, one by one. */
export function runRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const names = deps.tasks.map((task) => task.name);
  const schema = filters(names);
  return new Hono<AppEnvironment>()
    .get('/runs', async (c) => {
      await requireRead(c, deps);
      const { task, status, limit, before } = validateBody(
        schema,
        collect(new URL(c.req.url).searchParams),
        deps.messages,
      );
      const runs = await listRuns(deps.db, { tasks: task ? [task] : names, status, limit, before });
      return c.json({ runs, nextBefore: runs.length === limit ? runs.at(-1)?.id : null });
    })
    .get('/runs/:id', async (c) => {
      const { access } = await identify(c, deps);
      if (!access) throw forbidden();
      const id = c.req.param('id');
      const run = isUuid(id) ? await findRun(deps.db, id) : undefined;
      if (access.kind === 'task' && run?.task !== access.task) throw forbidden();
      if (!run || !names.includes(run.task)) throw new AppError('not_found', (t) => t.errors.runNotFound(id));
      return c.json(run);
    });
}
