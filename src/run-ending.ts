import { setTimeout as sleep } from 'node:timers/promises';
import { type FinishedRun, finish, LEASE_MS } from './db/leases.js';
import { inTime } from './in-time.js';
import { deliverAlerts } from './incidents/deliver-alerts.js';
import { createTaskWatch } from './incidents/task-watch.js';
import type { Logger } from './log.js';
import { createRunContext, RunJournal } from './run-context.js';
import { RunLog } from './run-log.js';
import type { Outcome } from './run-outcome.js';
import { RunStopped } from './run-stop.js';
import type { RunnerOptions } from './run-task.js';
import type { AnyTask } from './tasks/define.js';

const RECORD_RETRY_MS = 1_000;
const TELLING_TIMEOUT_MS = 10_000;

/** What follows a run's work: the administrator learns of failures, and the outcome is written down. */
export function createEnding(options: RunnerOptions, isDraining: () => boolean) {
  const { db, log, now, scrub, capabilities } = options;
  const watch = createTaskWatch({ ...options, services: capabilities });

  /** What a run that ends tells the administrator; its answer does not wait long for it. */
  const tell = (task: AnyTask, runId: string, outcome: Outcome, troubled: boolean) =>
    tellIf(() => watch.ended({ task: task.name, runId, outcome, troubled }), task, runId);

  /** @returns true when the task has killed its process before, and the administrator is told */
  const takeOver = (task: AnyTask, runId: string) =>
    tellIf(() => watch.tookOver(task.name, runId), task, runId);

  /**
   * What failed while the database was away is told before anything else is judged.
   * @returns true when this task was among it
   */
  async function catchUp(task: AnyTask, runId: string): Promise<boolean> {
    if (!watch.isBehind()) return false;
    let failed: string[] = [];
    const isNews = async () => {
      failed = await watch.catchUp();
      return failed.length > 0;
    };
    await tellIf(isNews, task, runId);
    return failed.includes(task.name);
  }

  /** While the run has its lease, which its deliveries stand on. */
  async function tellIf(isNews: () => Promise<boolean>, task: AnyTask, runId: string): Promise<boolean> {
    const controller = new AbortController();
    let news = false;
    const work = async () => {
      news = await isNews();
      if (!news || !(capabilities.mail || capabilities.sms) || controller.signal.aborted) return;
      const context = createRunContext({
        ...options,
        ...{ task, runId, controller, input: {}, dryRun: false, force: false },
        log: new RunLog(log, now, scrub),
        journal: new RunJournal(),
      });
      await deliverAlerts({ ...capabilities, ...context });
    };
    const done = work().catch((error) => log.error({ err: error }, 'the administrator could not be told'));
    await inTime(done, TELLING_TIMEOUT_MS);
    controller.abort(new RunStopped('ended'));
    return news;
  }

  /** Writes the outcome down; a database that refuses is tried again for a minute, in the background. */
  async function record(row: FinishedRun, logger: Logger): Promise<boolean> {
    const attempt = () =>
      finish(db, row).then(
        () => true,
        (error) => {
          logger.error({ err: error }, 'the outcome could not be recorded');
          return false;
        },
      );
    if (await attempt()) return true;
    const keepTrying = async () => {
      const until = performance.now() + LEASE_MS;
      while (performance.now() < until && !isDraining()) {
        await sleep(RECORD_RETRY_MS);
        if (await attempt()) return;
      }
    };
    void keepTrying();
    return false;
  }

  return { tell, takeOver, catchUp, record, missed: watch.missed };
}
