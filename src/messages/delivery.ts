import { countDue, freeOrphans } from '../db/outbox.js';
import { type DeliveryContext, type DeliveryTally, LaneDelivery } from './lane-delivery.js';
import { mailLane, smsLane } from './lanes.js';
import { holdAfterRestore } from './restored.js';

/** Delivers what is due, of one task or of all. No message is handed over twice in a run. */
export async function deliver(
  context: DeliveryContext,
  { task }: { task?: string } = {},
): Promise<DeliveryTally> {
  const tally = { sent: 0, postponed: 0, refused: 0, cancelled: 0, suppressed: 0, remaining: 0 };
  if (!context.dryRun) {
    await holdAfterRestore(context);
    await context.db.write(freeOrphans);
    const { mail, sms } = context;
    const lanes = [...(mail ? [mailLane(mail)] : []), ...(sms ? [smsLane(sms)] : [])];
    await Promise.all(lanes.map((lane) => new LaneDelivery(context, lane, task, tally).run()));
  }
  tally.remaining = await countDue(context.db, task, context.now());
  return tally;
}
