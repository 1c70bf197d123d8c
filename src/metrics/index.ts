import type { Database } from '../db/client.js';
import { isDatabaseUnavailable } from '../errors.js';
import { inTime } from '../in-time.js';
import type { Logger } from '../log.js';
import type { Scrub } from '../secret.js';
import type { TaskHealthReader } from '../task-health.js';
import { exposition, type Family } from './exposition.js';
import { outboxFigures } from './outbox-figures.js';
import { createProcessFigures } from './process-figures.js';
import { runFigures } from './run-figures.js';
import { taskFigures } from './task-figures.js';
import { incidentFigures, monitorFigures } from './watch-figures.js';

interface Source {
  db: Database;
  /** Those that are served. */
  tasks: { name: string }[];
  taskHealth: TaskHealthReader;
  log: Logger;
  scrub: Scrub;
  now(): Date;
}

/** A scrape answers within five seconds, with or without the database: Prometheus gives up after ten. */
const READ_TIMEOUT_MS = 4_000;
/** A read that has hung for so long is left behind by the next scrape. */
const ABANDONED_MS = 30_000;

/** What Prometheus reads: the database's figures, the same at every replica, and this process's own. */
export function createMetrics(source: Source): () => Promise<string> {
  const read = shared(() => databaseFigures(source));
  let processFigures: ReturnType<typeof createProcessFigures> | undefined;
  return async () => {
    const figures = await inTime(
      read().catch((err: unknown) => void source.log.warn({ err }, 'the metrics could not be read')),
      READ_TIMEOUT_MS,
    );
    // Only a service that is scraped measures its event loop.
    processFigures ??= createProcessFigures();
    return exposition([databaseUp(figures !== undefined), ...(figures ?? []), ...(await processFigures())]);
  };
}

/** Scrapes that come together are answered from one read. */
function shared(read: () => Promise<Family[]>): () => Promise<Family[]> {
  let current: { result: Promise<Family[]>; startedAt: number } | undefined;
  return () => {
    if (current && performance.now() - current.startedAt < ABANDONED_MS) return current.result;
    const reading = { result: read(), startedAt: performance.now() };
    current = reading;
    const forget = () => {
      if (current === reading) current = undefined;
    };
    reading.result.then(forget, forget);
    return reading.result;
  };
}

const databaseUp = (up: boolean): Family => ({
  name: 'cronhook_database_up',
  help: 'Whether the database could be read for this scrape; without it there are the figures of the process only.',
  type: 'gauge',
  samples: [{ value: up ? 1 : 0 }],
});

/** One statement after the other: a scrape takes one connection, never the pool. */
async function databaseFigures({ db, tasks, taskHealth, log, scrub, now }: Source): Promise<Family[]> {
  const names = tasks.map((task) => task.name);
  const runs = await runFigures(db, names);
  const last = await taskFigures(db, names, await taskHealth());
  const outbox = await outboxFigures(db, now());
  const incidents = await incidentFigures(db);
  // A view of the team's that is broken must not hide how the tasks fare.
  const monitors = await monitorFigures(db, scrub).catch((err: unknown) => {
    if (isDatabaseUnavailable(err)) throw err;
    log.warn({ err }, 'the monitors could not be read for the metrics');
    return [];
  });
  return [...runs, ...last, ...outbox, ...incidents, ...monitors];
}
