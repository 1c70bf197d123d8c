import type { DeliveryProblem } from '../clients/delivery-problem.js';

/** Connections that come to nothing one after the other: the server is not well. */
const MOST_LOST = 3;
/** Messages refused one after the other: it is not their fault. */
const MOST_REFUSED = 10;

/** Why no more messages go out: the channel does not work, or it refuses them all alike. */
type GiveUp = 'broken' | 'refuses-all';

/** Counts what went wrong since a message last went out, and says when that is enough. */
export class Patience {
  #hasWorked = false;
  #lost = 0;
  #refused = 0;
  readonly #alike = new Map<string, number>();

  sent(): void {
    this.#hasWorked = true;
    this.#lost = 0;
    this.#refused = 0;
    this.#alike.clear();
  }

  failed({ verdict, hungUp, kind }: DeliveryProblem): GiveUp | undefined {
    if (verdict === 'channel' && !this.#hasWorked) return 'broken';
    if (isLost(verdict)) {
      this.#lost += 1;
      return this.#lost >= MOST_LOST ? 'broken' : undefined;
    }
    this.#hasWorked = true;
    this.#lost = 0;
    if (verdict === 'not-allowed' || hungUp) {
      this.#refused += 1;
      return this.#refused >= MOST_REFUSED ? 'broken' : undefined;
    }
    // Ten bad addresses in a mailing are nothing special, ten times the same words are.
    if (kind === undefined) return undefined;
    const alike = (this.#alike.get(kind) ?? 0) + 1;
    this.#alike.set(kind, alike);
    return alike >= MOST_REFUSED ? 'refuses-all' : undefined;
  }
}

/** The other side took nothing, or did not say that it has. */
export const isLost = (verdict: DeliveryProblem['verdict']): boolean =>
  ['channel', 'broken-off', 'uncertain', 'silent'].includes(verdict);
