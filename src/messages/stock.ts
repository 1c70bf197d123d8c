import type { QueuedMessage } from '../db/outbox.js';

/** A claimed message, and when its cause was last looked at. */
export type Claimed = QueuedMessage & { lookedAtTicks: number };

/** Messages are claimed for so many rounds at once. */
const ROUNDS = 4;

/** Claimed messages that nobody works on yet; the next ones are claimed while the last ones go out. */
export class Stock {
  #claimed: Claimed[] = [];
  #claiming: Promise<void> | undefined;
  #exhausted = false;

  constructor(
    private readonly workers: number,
    private readonly claim: (limit: number) => Promise<QueuedMessage[]>,
  ) {}

  get left(): readonly Claimed[] {
    return this.#claimed;
  }

  /** @returns undefined also when more are on their way: the caller sees whether it still wants them */
  take(): Claimed | undefined {
    if (this.#claimed.length < this.workers && !this.#exhausted && !this.#claiming) {
      this.#claiming = this.#refill();
      // Whoever waits for it hears of a failure; with nobody waiting, the next one to come tries again.
      this.#claiming.catch(() => {});
    }
    return this.#claimed.shift();
  }

  /** What `take` has to wait for. */
  get coming(): Promise<void> | undefined {
    return this.#claiming;
  }

  async #refill(): Promise<void> {
    const limit = this.workers * ROUNDS;
    try {
      const claimed = await this.claim(limit);
      this.#exhausted = claimed.length < limit;
      const lookedAtTicks = performance.now();
      this.#claimed.push(...claimed.map((message) => ({ ...message, lookedAtTicks })));
    } finally {
      this.#claiming = undefined;
    }
  }
}
