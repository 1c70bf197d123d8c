import { adoptIdentity, isCopy } from '../db/identity.js';
import { holdMessages } from '../db/outbox.js';
import { AppError } from '../errors.js';
import type { DeliveryContext } from './lane-delivery.js';
import { addNotifications } from './notify.js';

/** What waits in a backup may have gone out since: a person says whether it goes. */
export async function holdAfterRestore(context: DeliveryContext): Promise<void> {
  const { db, messages, log, runId } = context;
  const held = await db.write(async (tx) => {
    if (!(await isCopy(tx)) || !(await adoptIdentity(tx))) return undefined;
    const count = await holdMessages(tx);
    const { title, body } = messages.delivery.held;
    if (count > 0) {
      const about = { kind: 'messages_held', severity: 'important', link: null } as const;
      const dedupeKey = `messages-held:${runId}`;
      await addNotifications(tx, [{ ...about, userId: null, dedupeKey, title, body: body(count) }]);
    }
    return count;
  });
  if (!held) return;
  log.warn({ held }, 'this database comes from a backup: its pending messages are held');
  context.fail('outbox', new AppError('unprocessable', (t) => t.delivery.heldAfterRestore(held)));
}
