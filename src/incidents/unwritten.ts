import type { Database } from '../db/client.js';
import { lockIncidents } from './lock.js';
import { observe } from './observe.js';
import { stillStanding } from './task-history.js';
import { endLateness, type TaskFailure, troubleOf } from './task-incidents.js';
import type { Telling } from './telling.js';

/** What failed while the database was away: written down as soon as it is back. */
export class Unwritten {
  readonly #failures = new Map<string, TaskFailure>();
  #writing: Promise<TaskFailure[]> | undefined;

  /** True while something waits, or is just being written. */
  get isAny(): boolean {
    return this.#failures.size > 0 || this.#writing !== undefined;
  }

  /** Of several failures of one task the first. */
  add(...failures: TaskFailure[]): void {
    for (const failure of failures)
      if (!this.#failures.has(failure.task)) this.#failures.set(failure.task, failure);
  }

  /** Nobody else writes these down now: whoever cannot adds them again. */
  take(): TaskFailure[] {
    const taken = [...this.#failures.values()];
    this.#failures.clear();
    return taken;
  }

  /**
   * Writes it down as one look, once for all runs that begin now.
   * @returns the failures that still stand
   */
  write(db: Database, telling: Telling): Promise<TaskFailure[]> {
    this.#writing ??= this.#write(db, telling).finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(db: Database, telling: Telling): Promise<TaskFailure[]> {
    const missed = this.take();
    try {
      return await db.transaction(async (tx) => {
        await lockIncidents(tx);
        const standing = await stillStanding(tx, missed);
        await endLateness(tx, standing, telling.tools.now);
        await observe(tx, { wrong: standing.map((one) => troubleOf(one, telling)), well: [] }, telling);
        return standing;
      });
    } catch (error) {
      this.add(...missed);
      throw error;
    }
  }
}
