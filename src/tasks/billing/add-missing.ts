import { sql } from 'drizzle-orm';
import { chased, todayIn } from '../../db/billing.js';
import { rowsOf } from '../../db/client.js';
import type { FollowupContext } from './model.js';

/** Rows added in one transaction. */
const BATCH_SIZE = 5_000;

/** A document that is to be chased and has no follow-up gets one. */
export async function addMissing({ db, site, now, dryRun, outOfTime }: FollowupContext): Promise<void> {
  if (dryRun) return;
  const today = todayIn(now(), site.timeZone);
  for (let added = BATCH_SIZE; added === BATCH_SIZE && !outOfTime(); ) {
    added = await db.write(async (tx) => {
      const rows = await rowsOf(
        tx,
        sql`
          insert into cronhook.followups (document_id)
          select id from (
            select document.id from cronhook.billing_documents document
            where ${chased(today)}
              and not exists (select from cronhook.followups where document_id = document.id)
            limit ${BATCH_SIZE}
          ) as missing
          -- In the order in which a company that is closed adds its own.
          order by id
          on conflict (document_id) do nothing returning 1
        `,
      );
      return rows.length;
    });
  }
}
