import { Hono } from 'hono';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from './errors.js';
import { errorAnswer } from './routes/answer.js';
import { catalogueRoutes } from './routes/catalogue.js';
import { docsRoutes } from './routes/docs.js';
import type { AppContext, AppDependencies, AppEnvironment } from './routes/environment.js';
import { healthRoutes } from './routes/health.js';
import { inboxRoutes } from './routes/inbox.js';
import { metricsRoutes } from './routes/metrics.js';
import { monitorRoutes } from './routes/monitors.js';
import { pricingRoutes } from './routes/pricing.js';
import { reactivationRoutes } from './routes/reactivate.js';
import { runRoutes } from './routes/runs.js';
import { settingRoutes } from './routes/settings.js';
import { statisticsRoutes } from './routes/statistics.js';
import { methodNotAllowed, triggerRoutes } from './routes/trigger.js';
import { unsubscribeRoutes } from './routes/unsubscribe.js';

/** Messages quote what they refuse, and what they refuse may be long. */
const LONGEST_MESSAGE = 500;

/**
 * The HTTP service: middleware, routes, and the one place where errors become answers.
 * @param extra routes of development
 */
export function createApp(deps: AppDependencies, extra?: Hono<AppEnvironment>): Hono<AppEnvironment> {
  const app = new Hono<AppEnvironment>();

  app.use(async (c, next) => {
    const requestId = /^[\w.-]{1,64}$/.exec(c.req.header('x-request-id') ?? '')?.[0] ?? uuidv7();
    c.set('requestId', requestId);
    c.header('X-Request-Id', requestId);
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    await next();
  });

  for (const routes of [
    triggerRoutes,
    healthRoutes,
    catalogueRoutes,
    runRoutes,
    metricsRoutes,
    docsRoutes,
    settingRoutes,
    unsubscribeRoutes,
  ])
    app.route('/', routes(deps));
  const serves = (name: string) => deps.tasks.some((task) => task.name === name);
  if (serves('inbox-sync')) app.route('/', inboxRoutes(deps));
  if (serves('pricing')) app.route('/', pricingRoutes(deps));
  if (serves('statistics')) app.route('/', statisticsRoutes(deps));
  if (serves('clients-archive')) app.route('/', reactivationRoutes(deps));
  if (serves('monitor-availability')) app.route('/', monitorRoutes(deps));
  if (extra) app.route('/', extra);
  refuseOtherMethods(app);

  app.notFound((c) => answerError(c, new AppError('not_found', (t) => t.errors.notFound), deps));
  app.onError((error, c) => answerError(c, error, deps));
  return app;
}

/** Every path answers 405, with what it accepts, to the methods it does not know. */
function refuseOtherMethods(app: Hono<AppEnvironment>): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (path === '/*' || method === 'ALL') continue;
    methods.set(path, (methods.get(path) ?? new Set()).add(method));
  }
  for (const [path, known] of methods) {
    const allowed = known.has('GET') ? [...known, 'HEAD'] : [...known];
    app.all(path, (c) => {
      throw methodNotAllowed(c, allowed);
    });
  }
}

function answerError(
  c: AppContext,
  error: unknown,
  { messages, log, scrub, now }: AppDependencies,
): Response {
  const answer = errorAnswer(error, messages, now());
  const requestId = c.get('requestId');
  if (answer.status >= 500 && answer.body.error === 'internal') {
    log.error({ err: error, requestId, method: c.req.method, path: scrub(c.req.path) }, 'request failed');
  } else if (answer.status === 403) {
    log.warn({ requestId, method: c.req.method, path: c.req.path }, 'request refused');
  }
  if (answer.retryAfterSeconds) c.header('Retry-After', String(answer.retryAfterSeconds));
  // Cut after scrubbing: half a secret is one that scrubbing does not know.
  const message = scrub(answer.body.message).slice(0, LONGEST_MESSAGE).toWellFormed();
  return c.json({ ...answer.body, message }, answer.status);
}
