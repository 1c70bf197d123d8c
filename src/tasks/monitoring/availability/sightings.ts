import type { Check } from './checks.js';
import type { Monitor } from './monitors.js';
import { judgeNetwork, type Network } from './network.js';

/** What earlier runs have seen. */
export interface Known {
  /** Monitors with an open incident. */
  open: Set<string>;
  /** Those of them whose last stored check was good. */
  lastGood: Set<string>;
}

/** What the passes of a run have seen so far. */
export class Sightings {
  /** By monitor, its checks in the order of the passes; without those that the network of this service has spoilt. */
  readonly checks: Map<string, Check[]>;
  /** Down: it was in every pass. */
  network: Network = { state: 'unknown', unreached: new Set() };
  #passes = 0;

  constructor(
    /** Those that nobody has changed meanwhile, as they are now. */
    public monitors: Monitor[],
    private readonly known: Known,
  ) {
    this.checks = new Map(monitors.map(({ id }) => [id, []]));
  }

  /**
   * @param unchanged the monitors that are as they were when they were checked
   * @returns the checks that count
   */
  add(pass: Check[], unchanged: Monitor[]): Check[] {
    this.#passes += 1;
    this.monitors = unchanged;
    const ids = new Set(unchanged.map(({ id }) => id));
    const looked = pass.filter(({ monitor }) => ids.has(monitor.id));
    // Once somebody has answered, whoever does not is to blame.
    if (this.#passes === 1 || this.network.state === 'down') this.network = judgeNetwork(pass);
    const counted = looked.filter(({ monitor }) => !this.network.unreached.has(monitor.id));
    for (const check of counted) this.checks.get(check.monitor.id)?.push(check);
    return counted;
  }

  /** Good twice in a row, with the last check of earlier runs; once is enough where no incident is open. */
  isWell({ id }: Monitor): boolean {
    const seen = this.#seen(id);
    if (!this.known.open.has(id)) return seen.at(-1) === true;
    return [this.known.lastGood.has(id), ...seen].slice(-2).every(Boolean) && seen.length > 0;
  }

  /** Bad in every pass. */
  isBad({ id }: Monitor): boolean {
    const seen = this.#seen(id);
    return seen.length === this.#passes && !seen.includes(true);
  }

  hasRecovered(monitor: Monitor): boolean {
    return this.known.open.has(monitor.id) && this.isWell(monitor);
  }

  #seen(id: string): boolean[] {
    return (this.checks.get(id) ?? []).map(({ result }) => result.ok);
  }
}
