import { hostname } from 'node:os';
import { type Claim, claim, cutOffFrozen, finish } from './db/leases.js';
import { claimProblem, databaseUnavailable } from './errors.js';
import { inTime } from './in-time.js';
import { databaseAway } from './run-outcome.js';
import type { RunnerOptions, RunRequest } from './run-task.js';

const HOST = hostname();

/** How long an answer waits for a database that does not reply before it is given up. */
const CLAIM_TIMEOUT_MS = 10_000;
/** How long a claim waits for the last write of an old holder before it is looked into. */
const CLAIM_PATIENCE_MS = 3_000;

/** Takes tasks for runs, in time or not at all. */
export function createClaiming({ db, messages, log, now }: RunnerOptions) {
  /** @throws {AppError} database_unavailable */
  return async function claimInTime(request: RunRequest, runId: string, startedAt: Date): Promise<Claim> {
    const { task, trigger, dryRun } = request;
    const attempt = () =>
      claim(db, { id: runId, task: task.name, trigger, host: HOST, dryRun, startedAt }, messages.run.lost);
    const claiming = (async () => {
      let result = await attempt();
      // The holder may have finished, or just begun, between the claim and the look at who holds the task.
      for (let tries = 0; !result.claimed && !result.holderStartedAt && tries < 2; tries++)
        result = await attempt();
      return result;
    })();
    const claimed = await inTime(unblocked(claiming, task.name), CLAIM_TIMEOUT_MS).catch((error) => {
      throw claimProblem(error);
    });
    if (claimed) return claimed;
    claiming.then((late) => (late.claimed ? giveBack(request, runId) : undefined)).catch(() => {});
    throw databaseUnavailable('no answer in time');
  };

  /** A claim that waits does so for the last write of an expired lease, which may never end by itself. */
  async function unblocked<Result>(claiming: Promise<Result>, task: string): Promise<Result> {
    const claimed = await inTime(claiming, CLAIM_PATIENCE_MS);
    if (claimed) return claimed;
    const cutOff = await cutOffFrozen(db, task).catch((err: unknown) => {
      log.warn({ err }, 'sessions that a takeover waits for could not be looked at');
      return 0;
    });
    if (cutOff > 0) log.warn({ sessions: cutOff }, 'cut off a frozen process in the middle of a write');
    return claiming;
  }

  /** Nobody works on a claim that came too late: the task is free again. */
  async function giveBack({ task }: RunRequest, runId: string): Promise<void> {
    const { message } = databaseAway(messages);
    const nothing = {
      durationMs: 0,
      progress: undefined,
      stats: {},
      errors: [],
      details: undefined,
      log: [],
    };
    await finish(db, {
      id: runId,
      task: task.name,
      status: 'failed',
      aside: false,
      finishedAt: now(),
      message,
      ...nothing,
    });
  }
}
