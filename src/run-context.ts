import pMap from 'p-map';
import type { Database } from './db/client.js';
import { holdLease } from './db/leases.js';
import { brokenTable, missingTable } from './db/table-problem.js';
import { AppError, describeError, isDatabaseUnavailable } from './errors.js';
import type { Messages } from './locales/index.js';
import type { RunLog } from './run-log.js';
import { RunStopped, TaskSkipped } from './run-stop.js';
import { type Scrub, scrubValue } from './secret.js';
import type { Site } from './site.js';
import type { RunContext, TaskDatabase } from './tasks/define.js';

export interface ItemError {
  item: string;
  message: string;
}

const KEPT_ERRORS = 100;
const KEPT_DETAILS = 500;
/** Tasks with a backlog stop themselves at this share of their limit. */
const SELF_STOP = 0.9;

/** What one run gathers while it works. */
export class RunJournal {
  readonly errors: ItemError[] = [];
  readonly details: Record<string, unknown>[] = [];
  failed = 0;
  /** Whose absence failed the items; undefined stands for every other reason. */
  readonly brokenTables = new Set<string | undefined>();
  progress: Record<string, unknown> | undefined;
}

interface ContextOptions {
  runId: string;
  task: { name: string; timeoutMs: number };
  input: unknown;
  dryRun: boolean;
  force: boolean;
  db: Database;
  now: () => Date;
  controller: AbortController;
  log: RunLog;
  messages: Messages;
  site: Site;
  scrub: Scrub;
  journal: RunJournal;
}

/** Everything a task receives but the third parties it asked for. */
export function createRunContext(options: ContextOptions): RunContext<unknown> & { db: TaskDatabase } {
  const { runId, task, journal, controller, messages, scrub, dryRun } = options;
  const { signal } = controller;
  const startedAt = performance.now();

  const fail = (item: string, error: unknown) => {
    journal.failed += 1;
    journal.brokenTables.add(brokenTable(error)?.name);
    options.log.warn({ item, err: error }, 'item failed');
    if (journal.errors.length < KEPT_ERRORS) {
      journal.errors.push({ item: scrub(item), message: scrub(wordsOf(error, messages)) });
    }
  };

  return {
    runId,
    input: options.input,
    now: options.now,
    signal,
    outOfTime: () => signal.aborted || performance.now() - startedAt > task.timeoutMs * SELF_STOP,
    log: options.log,
    messages,
    site: options.site,
    dryRun,
    force: options.force,
    fail,
    progress: (value) => {
      journal.progress = scrubValue(value, scrub);
    },
    would: (item, action) => {
      if (journal.details.length < KEPT_DETAILS) journal.details.push(scrubValue({ item, ...action }, scrub));
    },
    skip: (reason) => {
      throw new TaskSkipped(reason);
    },
    async each(items, { concurrency, name }, work) {
      const attempt = async (item: Parameters<typeof work>[0]) => {
        signal.throwIfAborted();
        try {
          await work(item);
        } catch (error) {
          if (signal.aborted || error instanceof RunStopped || isDatabaseUnavailable(error)) throw error;
          fail(name(item), error);
        }
      };
      await pMap(items, attempt, { concurrency });
    },
    db: createTaskDatabase(options.db, task.name, runId, controller, dryRun),
  };
}

function wordsOf(error: unknown, messages: Messages): string {
  const missing = error instanceof AppError ? undefined : missingTable(error);
  return missing?.(messages) ?? describeError(error, messages);
}

function createTaskDatabase(
  db: Database,
  task: string,
  runId: string,
  controller: AbortController,
  dryRun: boolean,
): TaskDatabase {
  return {
    rows: db.rows,
    lookUps: db.lookUps,
    async write(work) {
      controller.signal.throwIfAborted();
      if (dryRun) throw new Error('a dry run writes nothing');
      return db.transaction(async (tx) => {
        if (!(await holdLease(tx, task, runId))) {
          controller.abort(new RunStopped('lease_lost'));
          throw controller.signal.reason;
        }
        return work(tx);
      });
    },
  };
}
