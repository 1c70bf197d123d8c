import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/client.js';
import { type Settlement, settleMessages } from '../db/outbox.js';
import { refusalCode } from '../db/table-problem.js';
import { isDatabaseUnavailable } from '../errors.js';
import type { TaskLog } from '../run-log.js';

interface Waiting {
  settlement: Settlement;
  resolve(): void;
  reject(error: unknown): void;
}

/** What was sent and is not written down goes out again: a moment's absence of the database is waited for. */
const RETRY_AFTER_MS = [200, 1_000, 3_000];

/** Writes down what became of messages; what comes in during one statement goes with the next. */
export class Settler {
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(
    private readonly db: Pick<Database, 'rows'>,
    private readonly runId: string,
    private readonly now: () => Date,
    private readonly log: TaskLog,
  ) {}

  settle(settlement: Settlement): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ settlement, resolve, reject });
      if (!this.#busy) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#settleAll(batch.map(({ settlement }) => settlement));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy = false;
  }

  /** Where no address can be suppressed, what became of the messages is written down all the same. */
  async #settleAll(settlements: Settlement[]): Promise<void> {
    try {
      await this.#statement(settlements);
    } catch (error) {
      const isSuppressing = settlements.some(({ suppress }) => suppress !== undefined);
      if (!isSuppressing || refusalCode(error) === undefined) throw error;
      await this.#statement(settlements.map(({ suppress: _, ...rest }) => rest));
      this.log.error({ err: error }, 'suppressed_addresses cannot be written: a dead address is not in it');
    }
  }

  async #statement(settlements: Settlement[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await settleMessages(this.db, this.runId, settlements, this.now());
      } catch (error) {
        const pause = RETRY_AFTER_MS[tries];
        if (pause === undefined || !isDatabaseUnavailable(error)) throw error;
        await sleep(pause);
      }
    }
  }
}
