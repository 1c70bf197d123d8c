import { setTimeout as sleep } from 'node:timers/promises';
import { refusalCode } from '../../db/table-problem.js';

/** What one statement should take: whoever inserts meanwhile hardly notices. */
const TARGET_MS = 20;
/** Others use the database too: four fifths of the time are theirs. */
const RESTS = 4;
const FIRST_ROWS = 1_000;
const FEWEST_ROWS = 10;
const MOST_ROWS = 10_000;
/** No lock is held for a second, whatever a statement runs into. */
const LONGEST_MS = 800;
const TIMED_OUT = '57014';
const LONGEST_REST_MS = 500;

/** How much one statement may do. */
interface Share {
  rows: number;
  /** Undefined where no fewer rows can be tried: then it takes as long as it takes. */
  timeoutMs: number | undefined;
}

/** How many rows a statement takes: as many as it can in a moment, on this server and at this hour. */
export class Pace {
  #rows: number;
  #lastMs = 0;

  constructor(firstRows = FIRST_ROWS) {
    this.#rows = firstRows;
  }

  /** Does a share of the work; one that takes too long is tried again with fewer rows. */
  async take<Result>(signal: AbortSignal, work: (share: Share) => Promise<Result>): Promise<Result> {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.#measure(work);
      } catch (error) {
        if (!this.#slowDown(error)) throw error;
      }
    }
  }

  async rest(signal: AbortSignal): Promise<void> {
    await sleep(Math.min(RESTS * this.#lastMs, LONGEST_REST_MS), undefined, { signal }).catch(() =>
      signal.throwIfAborted(),
    );
  }

  async #measure<Result>(work: (share: Share) => Promise<Result>): Promise<Result> {
    const start = performance.now();
    const result = await work({
      rows: this.#rows,
      timeoutMs: this.#rows > FEWEST_ROWS ? LONGEST_MS : undefined,
    });
    this.#lastMs = performance.now() - start;
    const factor = Math.min(2, Math.max(0.5, TARGET_MS / this.#lastMs));
    this.#rows = Math.round(Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, this.#rows * factor)));
    return result;
  }

  #slowDown(error: unknown): boolean {
    if (refusalCode(error) !== TIMED_OUT || this.#rows === FEWEST_ROWS) return false;
    this.#rows = Math.max(FEWEST_ROWS, Math.floor(this.#rows / 4));
    return true;
  }
}
