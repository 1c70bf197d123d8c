import type { DeliveryVerdict } from '../clients/delivery-problem.js';
import type { QueuedMessage, Settlement } from '../db/outbox.js';
import { ALERTS } from './queue.js';

const MINUTE_MS = 60_000;
const LONGEST_MINUTES = 4 * 24 * 60;

/** The delays between attempts: growing, then every 12 hours, up to 4 days in all. */
export const RETRY_DELAYS_MINUTES: number[] = delays([1, 5, 30, 120, 360], 720);
/** An alert is of use while what it tells of lasts: soon, then every hour, for as long. */
export const ALERT_DELAYS_MINUTES: number[] = delays([1, 5, 5, 10, 15, 30], 60);

function delays(first: number[], later: number): number[] {
  const all = [...first];
  for (let total = sum(first); total + later <= LONGEST_MINUTES; total += later) all.push(later);
  return all;
}

/** What becomes of a message after a reply that refused it. */
export function afterAttempt(
  { attempts, task }: Pick<QueuedMessage, 'attempts' | 'task'>,
  verdict: Extract<DeliveryVerdict, 'temporary' | 'permanent' | 'address'>,
  now: Date,
): Pick<Settlement, 'status' | 'counted' | 'nextAttemptAt'> {
  const delay = (task === ALERTS ? ALERT_DELAYS_MINUTES : RETRY_DELAYS_MINUTES)[attempts];
  if (verdict !== 'temporary' || delay === undefined) return { status: 'failed', counted: true };
  const nextAttemptAt = new Date(now.getTime() + delay * MINUTE_MS);
  return { status: 'pending', counted: true, nextAttemptAt };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
