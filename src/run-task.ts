import { setMaxListeners } from 'node:events';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from './db/client.js';
import { enabledSetting } from './db/leases.js';
import { AppError, isDatabaseUnavailable } from './errors.js';
import { startHeartbeat } from './heartbeat.js';
import { inTime } from './in-time.js';
import type { Messages } from './locales/index.js';
import type { Logger } from './log.js';
import { createClaiming } from './run-claim.js';
import { createRunContext, RunJournal } from './run-context.js';
import { createEnding } from './run-ending.js';
import { RunLog } from './run-log.js';
import { completed, databaseAway, explain, type Outcome } from './run-outcome.js';
import type { RunPings } from './run-pings.js';
import { isLost, RunStopped, TaskSkipped, UNWIND_MS, unlessLeftBehind } from './run-stop.js';
import { type Scrub, scrubValue } from './secret.js';
import type { Site } from './site.js';
import type { AnyTask, Capabilities } from './tasks/define.js';

export interface RunRequest {
  task: AnyTask;
  input: unknown;
  dryRun: boolean;
  force: boolean;
  trigger: 'http' | 'cli';
}

export type Started =
  | { overlap: false; runId: string; outcome: Promise<Outcome> }
  | { overlap: true; runId: string | null; runningForMs: number | null };

export interface RunnerOptions {
  db: Database;
  /** What is configured beside the database. */
  capabilities: Partial<Omit<Capabilities, 'db'>>;
  /** Names the variables that a task lacks. */
  missing(task: AnyTask): string[];
  messages: Messages;
  site: Site;
  log: Logger;
  scrub: Scrub;
  /** Told of every run that says how its task fares, where that is configured. */
  pings?: RunPings | undefined;
  now(): Date;
}

interface ActiveRun {
  controller: AbortController;
  done: Promise<unknown>;
}

export type Runner = ReturnType<typeof createRunner>;

/** Runs tasks: at most one of each over all replicas, each leaving its row in `task_runs`. */
export function createRunner(options: RunnerOptions) {
  const { db, messages, log, scrub, now } = options;
  const active = new Set<ActiveRun>();
  let draining = false;
  const ending = createEnding(options, () => draining);
  const claimInTime = createClaiming(options);

  /**
   * Claims the task and starts it; the outcome comes later.
   * @throws {AppError} not_configured, shutting_down or database_unavailable, before anything ran
   */
  async function start(request: RunRequest): Promise<Started> {
    const missing = options.missing(request.task);
    if (missing.length > 0) throw new AppError('not_configured', (t) => t.errors.notConfigured(missing));
    if (draining)
      throw new AppError('shutting_down', (t) => t.errors.shuttingDown, { retryAfterSeconds: 10 });
    const runId = uuidv7();
    const startedAt = now();
    const startedTicks = performance.now();
    const controller = new AbortController();
    // Every mailbox of a sync listens to it, and more: that is no leak.
    setMaxListeners(0, controller.signal);
    const claiming = claimInTime(request, runId, startedAt);
    // From here on a shutdown waits for it.
    const run: ActiveRun = { controller, done: claiming };
    active.add(run);
    const claimed = await claiming.catch((error) => {
      active.delete(run);
      if (!request.dryRun && isDatabaseUnavailable(error)) ending.missed(request.task.name);
      throw error;
    });
    if (!claimed.claimed) {
      active.delete(run);
      const runningForMs = claimed.holderStartedAt
        ? now().getTime() - claimed.holderStartedAt.getTime()
        : null;
      return { overlap: true, runId: claimed.holderId ?? null, runningForMs };
    }
    const outcome = execute(request, runId, startedTicks, claimed, controller);
    run.done = outcome;
    outcome.finally(() => active.delete(run)).catch(() => {});
    return { overlap: false, runId, outcome: outcome.then((result) => result.outcome) };
  }

  async function execute(
    request: RunRequest,
    runId: string,
    startedTicks: number,
    { disabled, troubled, tookOver }: { disabled: boolean; troubled: boolean; tookOver: boolean },
    controller: AbortController,
  ) {
    const { task } = request;
    const logger = log.child({ task: task.name, runId });
    const runLog = new RunLog(logger, now, scrub);
    const journal = new RunJournal();
    const limit = setTimeout(() => controller.abort(new RunStopped('time_limit')), task.timeoutMs);
    const progress = () => journal.progress;
    const heart = startHeartbeat({ db, task: task.name, runId, controller, progress, log: logger });
    logger.info({ trigger: request.trigger, dryRun: request.dryRun }, 'run started');
    const isPart = task.isPart?.(request.input as never) ?? false;
    const tellEnd = request.dryRun || isPart || disabled ? undefined : options.pings?.begin(task.name, runId);
    const caughtUp = !request.dryRun && (await ending.catchUp(task, runId));
    const diedBefore = tookOver && !request.dryRun && (await ending.takeOver(task, runId));
    let result: Omit<Outcome, 'durationMs' | 'errors' | 'details'>;
    try {
      // A shutdown may have come while the task was being claimed.
      controller.signal.throwIfAborted();
      if (disabled) throw new TaskSkipped((t) => t.run.disabled(enabledSetting(task.name)));
      const context = createRunContext({
        ...request,
        runId,
        db,
        now,
        controller,
        log: runLog,
        messages,
        site: options.site,
        scrub,
        journal,
      });
      const work = task.run({ ...options.capabilities, ...context } as never);
      const stats = await unlessLeftBehind(work, controller.signal);
      // Whoever has it now does the work again: this outcome is not the one that counts.
      if (isLost(controller.signal)) throw controller.signal.reason;
      result = {
        ...completed(task, journal, stats, messages),
        stats: scrubValue({ ...stats, failed: journal.failed }, scrub),
      };
    } catch (error) {
      result = {
        ...explain(error, controller.signal, task, runId, messages),
        stats: { failed: journal.failed },
      };
      if (result.status === 'failed') runLog.error({ err: error }, 'run failed');
      // Whatever the task left running stops too.
      controller.abort(new RunStopped('ended'));
    } finally {
      clearTimeout(limit);
      heart.stop();
    }
    const outcome: Outcome = {
      ...result,
      message: scrub(result.message),
      durationMs: Math.round(performance.now() - startedTicks),
      errors: journal.errors,
      ...(request.dryRun && { details: journal.details }),
    };
    const { status, durationMs, message, stats } = outcome;
    const level = status === 'failed' ? 'error' : status === 'partial' ? 'warn' : 'info';
    logger[level]({ status, durationMs, stats }, `run finished: ${message}`);
    const row = {
      id: runId,
      task: task.name,
      finishedAt: now(),
      progress: journal.progress,
      log: runLog.lines,
      // What a caller asked for and is not there is no failure of the task.
      aside: isPart || outcome.code === 'invalid_parameters',
    };
    const counts = !isLost(controller.signal);
    if (counts && !request.dryRun && !row.aside)
      await ending.tell(task, runId, outcome, troubled || caughtUp || diedBefore);
    const recorded = await ending.record({ ...row, ...outcome, details: outcome.details }, logger);
    const isSaid = recorded || outcome.code === 'database_unavailable';
    const final = isSaid ? outcome : { ...outcome, ...databaseAway(messages) };
    tellEnd?.(final, counts);
    return { outcome: final };
  }

  /** What a task would show, from what there is: nothing is claimed, written or recorded. */
  async function preview({ preview, ...task }: AnyTask, input: unknown): Promise<string> {
    if (!preview) throw new Error(`${task.name} has no preview`);
    const controller = new AbortController();
    const limit = setTimeout(() => controller.abort(new RunStopped('time_limit')), task.timeoutMs);
    const runId = uuidv7();
    const context = createRunContext({
      ...options,
      ...{ runId, task, input, controller },
      dryRun: true,
      force: false,
      log: new RunLog(log.child({ task: task.name, preview: runId }), now, scrub),
      journal: new RunJournal(),
    });
    try {
      const work = preview({ ...options.capabilities, ...context } as never);
      return await unlessLeftBehind(work, controller.signal);
    } finally {
      clearTimeout(limit);
    }
  }

  /** No new runs; running ones get `graceMs` to finish, then are told to stop and recorded as interrupted. */
  async function drain(graceMs: number): Promise<void> {
    draining = true;
    const done = () => Promise.allSettled([...active].map((run) => run.done));
    await inTime(done(), graceMs);
    for (const run of active) run.controller.abort(new RunStopped('interrupted'));
    await inTime(done(), UNWIND_MS * 2);
  }

  return { start, preview, drain, missing: options.missing, isDraining: () => draining };
}
