import { setTimeout as sleep } from 'node:timers/promises';

const TRIES = 4;
const PAUSE_MS = 100;
/** Deadlock, and a conflict under stricter isolation. */
const CODES = new Set(['40P01', '40001']);

/**
 * Of two that wait for each other PostgreSQL ends one, rolled back: that one is done again. Tasks lock the same rows
 * for reasons that know no common order (a delivery by what was sent, a deletion by whose it is).
 */
export async function unlessDeadlocked<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !isDeadlock(error)) throw error;
      await sleep(PAUSE_MS * tries * (0.5 + Math.random()));
    }
  }
}

function isDeadlock(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return CODES.has(String((cause as { code?: unknown } | undefined)?.code));
}
