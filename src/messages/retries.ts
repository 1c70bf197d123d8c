import type { DeliveryVerdict } from '../clients/delivery-problem.js';
import type { QueuedMessage, Settlement } from '../db/outbox.js';

const MINUTE_MS = 60_000;
const FIRST_DELAYS_MINUTES = [1, 5, 30, 120, 360];
const LATER_DELAY_MINUTES = 720;
const LONGEST_MINUTES = 4 * 24 * 60;

/** The delays between attempts: growing, then every 12 hours, up to 4 days in all. */
export const RETRY_DELAYS_MINUTES: number[] = [...FIRST_DELAYS_MINUTES];
for (let total = sum(FIRST_DELAYS_MINUTES); total + LATER_DELAY_MINUTES <= LONGEST_MINUTES; ) {
  RETRY_DELAYS_MINUTES.push(LATER_DELAY_MINUTES);
  total += LATER_DELAY_MINUTES;
}

/** What becomes of a message after a reply that refused it. */
export function afterAttempt(
  { attempts }: Pick<QueuedMessage, 'attempts'>,
  verdict: Extract<DeliveryVerdict, 'temporary' | 'permanent' | 'address'>,
  now: Date,
): Pick<Settlement, 'status' | 'counted' | 'nextAttemptAt'> {
  const delay = RETRY_DELAYS_MINUTES[attempts];
  if (verdict !== 'temporary' || delay === undefined) return { status: 'failed', counted: true };
  const nextAttemptAt = new Date(now.getTime() + delay * MINUTE_MS);
  return { status: 'pending', counted: true, nextAttemptAt };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
