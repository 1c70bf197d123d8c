import { sql } from 'drizzle-orm';
import type { FollowupContext } from './model.js';

/**
 * A step whose mail was cancelled is as if it had never been: the next mail must not speak of a reminder that nobody
 * got, and one whose document has changed meanwhile is written anew.
 */
export async function takeBackCancelled({ db, dryRun }: FollowupContext): Promise<void> {
  if (dryRun) return;
  await db.write((tx) =>
    tx.execute(sql`
      with withdrawn as (
        delete from cronhook.outbox_messages message using cronhook.followups followup
        where message.dedupe_key = 'followup:' || followup.id || ':' || followup.steps_sent
          and message.status = 'cancelled' and followup.stopped_at is null and followup.steps_sent > 0
        returning followup.id
      )
      update cronhook.followups followup
      set steps_sent = steps_sent - 1, last_sent_at = (
        select sent_at from cronhook.outbox_messages
        where dedupe_key = 'followup:' || followup.id || ':' || followup.steps_sent - 1
      )
      from withdrawn where followup.id = withdrawn.id
    `),
  );
}
