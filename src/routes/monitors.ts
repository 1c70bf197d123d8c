import { Hono } from 'hono';
import { validate as isUuid } from 'uuid';
import { z } from 'zod';
import { SEVERITIES } from '../db/schema/messages.js';
import { AppError } from '../errors.js';
import { STATUS, TIMEOUT } from '../tasks/monitoring/availability/monitors.js';
import {
  addMonitor,
  changeMonitor,
  findMonitor,
  listMonitors,
  type MonitorFields,
  removeMonitor,
  type ShownMonitor,
} from '../tasks/monitoring/monitors.js';
import type { AppDependencies, AppEnvironment } from './environment.js';
import { collect, requireSecret } from './request.js';
import { integerParameter, validateBody } from './validate.js';

const DEFAULT_LIMIT = 20;
const MOST = 50;
/** Readers of answers give up on longer ones (SPEC 2.2). */
const LONGEST_ANSWER = 7_500;

const text = (max: number, given = z.string()) =>
  given
    .min(1)
    .max(max)
    .refine((value) => !/\p{Cc}/u.test(value) && value.isWellFormed());

const fields = {
  name: text(200, z.string().trim()),
  kind: z.enum(['http', 'tcp']),
  target: text(1_000, z.string().trim()),
  expectedStatus: integerParameter(STATUS.min, STATUS.max),
  timeoutMs: integerParameter(TIMEOUT.min, TIMEOUT.max),
  keyword: text(200).nullable(),
  followRedirects: z.boolean(),
  severity: z.enum(SEVERITIES),
  enabled: z.boolean(),
};

export const monitorBody = z.strictObject({
  ...fields,
  expectedStatus: fields.expectedStatus.default(STATUS.default),
  timeoutMs: fields.timeoutMs.default(TIMEOUT.default),
  keyword: fields.keyword.default(null),
  followRedirects: fields.followRedirects.default(false),
  severity: fields.severity.default('critical'),
  enabled: fields.enabled.default(true),
});

export const monitorChanges = z.strictObject(fields).partial();

const page = z.strictObject({
  secret: z.string().optional(),
  limit: integerParameter(1, MOST).default(DEFAULT_LIMIT),
  after: z.uuid().optional(),
});

/** What is watched from outside, and how it fares. */
export function monitorRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const { db, messages } = deps;
  return new Hono<AppEnvironment>()
    .post('/monitors', async (c) => {
      const body = await requireSecret(c, deps);
      const id = await addMonitor(db, validateBody(monitorBody, body, messages));
      c.header('Location', `/monitors/${id}`);
      return c.json(await findMonitor(db, id, deps.now()), 201);
    })
    .get('/monitors', async (c) => {
      await requireSecret(c, deps);
      const { limit, after } = validateBody(page, collect(new URL(c.req.url).searchParams), messages);
      const monitors = await listMonitors(db, { limit: limit + 1, after, now: deps.now() });
      return c.json(pageOf(monitors, limit));
    })
    .get('/monitors/:id', async (c) => {
      await requireSecret(c, deps);
      return c.json(await findMonitor(db, monitorId(c.req.param('id')), deps.now()));
    })
    .patch('/monitors/:id', async (c) => {
      const body = await requireSecret(c, deps);
      const id = monitorId(c.req.param('id'));
      const changes = validateBody(monitorChanges, body, messages) as Partial<MonitorFields>;
      await changeMonitor(db, id, changes, deps.now());
      return c.json(await findMonitor(db, id, deps.now()));
    })
    .delete('/monitors/:id', async (c) => {
      await requireSecret(c, deps);
      await removeMonitor(db, monitorId(c.req.param('id')), deps.now());
      return c.body(null, 204);
    });
}

/** As many as are asked for and fit, but one at least; `nextAfter` where there are more. */
function pageOf(monitors: ShownMonitor[], limit: number) {
  const shown: ShownMonitor[] = [];
  let bytes = 0;
  for (const monitor of monitors.slice(0, limit)) {
    bytes += Buffer.byteLength(JSON.stringify(monitor)) + 1;
    if (bytes > LONGEST_ANSWER && shown.length > 0) break;
    shown.push(monitor);
  }
  return { monitors: shown, nextAfter: shown.length < monitors.length ? shown.at(-1)?.id : null };
}

function monitorId(value: string): string {
  if (isUuid(value)) return value;
  throw new AppError('not_found', (t) => t.monitors.notFound(value));
}
