import type { Database } from '../db/client.js';
import { isDatabaseUnavailable } from '../errors.js';
import type { Messages } from '../locales/index.js';
import type { Logger } from '../log.js';
import type { Outcome } from '../run-outcome.js';
import type { Services } from '../services.js';
import type { Site } from '../site.js';
import { lockIncidents } from './lock.js';
import { observe } from './observe.js';
import { isAnythingOwed } from './owed.js';
import { diedTwice, stillStanding, wasPartial } from './task-history.js';
import { endLateness, isLate, sourceOf, type TaskFailure, troubleOf } from './task-incidents.js';
import { createTelling } from './telling.js';
import { Unwritten } from './unwritten.js';

interface WatchOptions {
  db: Database;
  services: Pick<Services, 'mail' | 'sms' | 'vault'>;
  messages: Messages;
  site: Site;
  log: Logger;
  now(): Date;
}

/** A run that has ended. */
interface EndedRun {
  task: string;
  runId: string;
  outcome: Outcome;
  /** An incident of this task was open when the run began. */
  troubled: boolean;
}

/** What several tasks stumble over at once, by the name that their errors give it. */
const SHARED = new Set(['SMTP', 'SMS', 'storage']);
const DATABASE = 'database';
const QUOTED_ERRORS = 3;
/** How often runs that go well look for what another process has left to tell. */
const LOOK_EVERY_MS = 15 * 60_000;

/** Turns the ends of runs into incidents, and incidents into messages to the administrator. */
export function createTaskWatch({ db, services, messages, site, log, now }: WatchOptions) {
  const unwritten = new Unwritten();

  const remember = (task: string, runId: string | null, message: string) =>
    unwritten.add({ task, runId, message, cause: DATABASE, since: now() });

  /** True when the last attempt to tell something has left something to tell. */
  let owes = false;
  let lookedAt = now().getTime();

  const isOwing = async () => {
    if (owes || now().getTime() - lookedAt < LOOK_EVERY_MS) return owes;
    lookedAt = now().getTime();
    return isAnythingOwed(db);
  };

  const { mail, sms, vault } = services;
  const telling = () => createTelling({ site, messages, mail, sms, vault, now, log });

  return {
    /** A run that takes over from a dead one: a task that kills its process never gets to its end. */
    async tookOver(task: string, runId: string): Promise<boolean> {
      return db.transaction(async (tx) => {
        if (!(await diedTwice(tx, task, runId))) return false;
        await lockIncidents(tx);
        const message = messages.incidents.diedTwice;
        const told = telling();
        const failure = { task, runId, message, cause: sourceOf(task), since: now() };
        await observe(tx, { wrong: [troubleOf(failure, told)], well: [] }, told);
        owes ||= told.refused.size > 0;
        return true;
      });
    },

    /** A task could not be claimed, since the database did not answer. */
    missed: (task: string) => remember(task, null, messages.errors.databaseUnavailable),

    /** True when something failed that could not be written down. */
    isBehind: () => unwritten.isAny,

    /** Writes that down; @returns the tasks */
    async catchUp(): Promise<string[]> {
      const told = telling();
      const failures = await unwritten.write(db, told);
      owes ||= told.refused.size > 0 || told.owesMore;
      return failures.map(({ task }) => task);
    },

    /** @returns true when there may be something to deliver; a run that went well as ever costs no statement, but for a look now and then */
    async ended({ task, runId, outcome, troubled }: EndedRun): Promise<boolean> {
      const { status } = outcome;
      if (!['succeeded', 'partial', 'failed'].includes(status)) return false;
      // What a caller asked for and is not there is no failure of the task.
      if (outcome.code === 'invalid_parameters') return false;
      const missed = unwritten.take();
      try {
        if (status === 'succeeded' && !troubled && missed.length === 0 && !(await isOwing())) return false;
        const { refused, owesMore } = await db.transaction(async (tx) => {
          const told = telling();
          await lockIncidents(tx);
          const failed =
            status === 'failed' ||
            (status === 'partial' &&
              ((troubled && !(await isLate(tx, task))) || (await wasPartial(tx, task, runId))));
          const failures = await stillStanding(tx, missed);
          if (failed) failures.push(failureOf(task, runId, outcome, now()));
          const wrong = failures.map((failure) => troubleOf(failure, told));
          await endLateness(tx, failures, now());
          // Whoever missed a run while the database was away, and has done well since, has failed all the same.
          await observe(tx, { wrong, well: [] }, told);
          if (status === 'succeeded') await observe(tx, { wrong: [], well: [sourceOf(task)] }, told);
          return told;
        });
        owes = refused.size > 0 || owesMore;
        return !refused.has('mail');
      } catch (error) {
        unwritten.add(...missed);
        log.error({ err: error }, 'the incident could not be written down');
        if (status === 'failed' && isDatabaseUnavailable(error)) remember(task, runId, outcome.message);
        return false;
      }
    },
  };
}

function failureOf(task: string, runId: string, outcome: Outcome, since: Date): TaskFailure {
  const { code, errors } = outcome;
  if (code === 'database_unavailable')
    return { task, runId, message: outcome.message, cause: DATABASE, since };
  if (outcome.sharedCause) return { task, runId, message: words(outcome), cause: outcome.sharedCause, since };
  const [first] = errors;
  const shared = first && SHARED.has(first.item) && errors.every(({ item }) => item === first.item);
  return { task, runId, message: words(outcome), cause: shared ? first.item : `task:${task}`, since };
}

function words({ status, errors, message }: Outcome): string {
  const quoted = errors.slice(0, QUOTED_ERRORS).map((error) => `${error.item} : ${error.message}`);
  return status === 'partial' ? quoted.join('\n') : message;
}
