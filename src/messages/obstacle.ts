import { isSuppressed, lookAgain, type Settlement } from '../db/outbox.js';
import type { Channel } from '../db/schema/messages.js';
import type { Checks } from './checks.js';
import type { DeliveryContext } from './lane-delivery.js';
import type { OpenMessage } from './lanes.js';
import { notBefore } from './marketing.js';
import type { Claimed } from './stock.js';

export interface Questioning {
  context: DeliveryContext;
  channel: Channel;
  checks: Checks;
}

/** Older knowledge is looked up again before a message goes out. */
const FRESH_MS = 250;
/** Until a message that waits for a working day is looked at again. */
const WAIT_MS = 60 * 60_000;

/** Why a message must not go out, looked at a moment before it would. */
export async function obstacleTo(
  message: Claimed,
  opened: OpenMessage,
  { context, channel, checks }: Questioning,
): Promise<Settlement | undefined> {
  const { db, runId, now, site, messages } = context;
  const { id, lastError } = message;
  if (performance.now() - message.lookedAtTicks > FRESH_MS) {
    const state = await lookAgain(db, id, runId, checks.questions());
    Object.assign(message, state ?? { standing: 'gone' }, { lookedAtTicks: performance.now() });
  }
  if (message.standing === 'gone') return { id, status: 'cancelled', lastError: messages.delivery.causeGone };
  if (message.standing === 'waits')
    return { id, status: 'pending', nextAttemptAt: new Date(now().getTime() + WAIT_MS), lastError };
  if (message.suppressed || (message.ephemeral && (await isSuppressed(db, opened.recipient))))
    return { id, status: 'suppressed' };
  const nextAttemptAt = channel === 'sms' && notBefore(opened, now(), site.timeZone);
  return nextAttemptAt ? { id, status: 'pending', nextAttemptAt, lastError } : undefined;
}
