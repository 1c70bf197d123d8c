import { Hono } from 'hono';
import { z } from 'zod';
import { STATISTICS_PERIODS } from '../db/schema/back-office.js';
import { METRIC_NAMES } from '../tasks/statistics/metrics.js';
import { readSeries } from '../tasks/statistics/series.js';
import type { AppDependencies, AppEnvironment } from './environment.js';
import { collect, requireSecret } from './request.js';
import { expects, validateBody } from './validate.js';

/** PostgreSQL knows no year zero. */
const DAY = /^(?!0000)\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4]):?[0-5]\d)$/;

const dayOrMoment = z.string().refine(
  // A date that the calendar does not have (2026-02-30) comes back as another one.
  (text) =>
    (DAY.test(text) || MOMENT.test(text)) &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10)),
  expects('dayOrMoment'),
);

const parameters = z.strictObject({
  secret: z.string().optional(),
  metric: z.enum(METRIC_NAMES),
  period: z.enum(STATISTICS_PERIODS).default('day'),
  from: dayOrMoment.optional(),
  to: dayOrMoment.optional(),
});

/** The points of one metric, for the team's own charts. */
export function statisticsRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  return new Hono<AppEnvironment>().get('/statistics', async (c) => {
    await requireSecret(c, deps);
    const query = validateBody(parameters, collect(new URL(c.req.url).searchParams), deps.messages);
    const calendar = { now: deps.now(), timeZone: deps.site.timeZone };
    return c.json(await readSeries(deps.db, query, calendar));
  });
}
