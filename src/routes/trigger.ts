import { Hono } from 'hono';
import { z } from 'zod';
import { clientAddress, isAllowed } from '../auth.js';
import { AppError } from '../errors.js';
import { inTime } from '../in-time.js';
import { booleanParameter } from '../parameters.js';
import type { AnyTask } from '../tasks/define.js';
import { outcomeAnswer, overlapAnswer, runningAnswer } from './answer.js';
import type { AppContext, AppDependencies, AppEnvironment } from './environment.js';
import { type Body, collect, forbidden, identify } from './request.js';
import { integerParameter, validate } from './validate.js';

const METHODS = ['GET', 'POST'];
const LONGEST_WAIT_SECONDS = 3600;

const commonParameters = z.strictObject({
  secret: z.string().optional(),
  wait: integerParameter(0, LONGEST_WAIT_SECONDS).optional(),
  dryRun: booleanParameter().optional(),
  force: booleanParameter().optional(),
});

/** Each task's URL: it runs the task and answers with a short status. */
export function triggerRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const routes = new Hono<AppEnvironment>();
  for (const task of deps.tasks) {
    const parameters = z.strictObject({ ...task.input.shape, ...commonParameters.shape });
    routes.all(task.path, (c) => trigger(c, task, parameters, deps));
  }
  return routes;
}

async function trigger(
  c: AppContext,
  task: AnyTask,
  parameters: typeof commonParameters,
  deps: AppDependencies,
) {
  // Hono gives HEAD to GET handlers: a link checker must not run a task.
  if (!METHODS.includes(c.req.method)) throw methodNotAllowed(c, METHODS);
  checkAddress(c, deps);
  const { access, body } = await identify(c, deps);
  if (access?.kind !== 'all' && !(access?.kind === 'task' && access.task === task.name)) throw forbidden();

  const {
    secret: _,
    wait,
    dryRun = false,
    force = false,
    ...input
  } = readParameters(c, body, parameters, deps);
  if (task.preview && 'preview' in input && input.preview === true) return showPreview(c, task, input, deps);
  const preference = preferredWait(c);
  const waitSeconds = wait ?? preference?.seconds ?? deps.config.RESPONSE_WAIT_SECONDS;

  const startedTicks = performance.now();
  const started = await deps.runner.start({ task, input, dryRun, force, trigger: 'http' });
  if (started.overlap) return c.json(overlapAnswer(task.name, started, deps.messages, deps.now()));
  if (wait === undefined && preference) c.header('Preference-Applied', preference.applied);
  const outcome = await inTime(started.outcome, waitSeconds * 1000);
  if (!outcome) {
    c.header('Location', `/runs/${started.runId}`);
    const run = { runId: started.runId, durationMs: Math.round(performance.now() - startedTicks) };
    return c.json(runningAnswer(task.name, run, deps.messages, deps.now()), 202);
  }
  const answer = outcomeAnswer(task.name, started.runId, outcome, dryRun, deps.now());
  if (answer.retryAfterSeconds) c.header('Retry-After', String(answer.retryAfterSeconds));
  return c.json(answer.body, answer.status);
}

/** A mail as a page: its own styles and pictures, and nothing else. */
const PREVIEW_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

async function showPreview(c: AppContext, task: AnyTask, input: object, { runner }: AppDependencies) {
  const page = await runner.preview(task, input);
  c.header('Content-Security-Policy', PREVIEW_POLICY);
  c.header('Referrer-Policy', 'no-referrer');
  return c.html(page);
}

/** Marks an answer of 405 with what would be accepted. */
export function methodNotAllowed(c: AppContext, allowed: string[]): AppError {
  c.header('Allow', allowed.join(', '));
  return new AppError('method_not_allowed', (t) => t.errors.methodNotAllowed(c.req.method, allowed));
}

function checkAddress(c: AppContext, { config, log }: AppDependencies): void {
  if (!config.CRON_ALLOWED_IPS) return;
  const remote = c.env?.incoming?.socket?.remoteAddress;
  const address = clientAddress(remote, c.req.header('x-forwarded-for'), config.TRUST_PROXY);
  if (isAllowed(address, config.CRON_ALLOWED_IPS)) return;
  log.warn({ address, path: c.req.path }, 'caller outside CRON_ALLOWED_IPS');
  throw new AppError('forbidden', (t) => t.errors.addressNotAllowed(address ?? '?'));
}

function readParameters(
  c: AppContext,
  body: Body,
  parameters: typeof commonParameters,
  deps: AppDependencies,
) {
  const query = collect(new URL(c.req.url).searchParams);
  if ('error' in query) throw query.error;
  if ('error' in body) throw body.error;
  const twice = Object.keys(query.fields).find(
    (name) => name !== 'secret' && Object.hasOwn(body.fields, name),
  );
  if (twice !== undefined) throw new AppError('invalid_parameters', (t) => t.errors.parameterTwice(twice));
  const fields = { ...query.fields, ...body.fields };
  const known = Object.keys(parameters.shape);
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const shown = unknown.slice(0, 10);
    throw new AppError('invalid_parameters', (t) => t.errors.parameterUnknown(shown, known));
  }
  return validate(parameters, fields, deps.messages);
}

/** `Prefer: respond-async, wait=25` (RFC 7240): what it does not understand it ignores. */
function preferredWait(c: AppContext): { seconds: number; applied: string } | undefined {
  const preferences = (c.req.header('prefer') ?? '').split(/[,;]/).map((part) => part.trim().toLowerCase());
  const wait = preferences.map((part) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(part)?.[1]).find(Boolean);
  if (wait !== undefined) {
    const seconds = Math.min(Number(wait), LONGEST_WAIT_SECONDS);
    return { seconds, applied: `wait=${seconds}` };
  }
  return preferences.includes('respond-async') ? { seconds: 0, applied: 'respond-async' } : undefined;
}
