import { sql } from 'drizzle-orm';
import type { TrialContext } from './model.js';

type Offer = 'help' | 'demo';

/**
 * An offer that was cancelled before anything of it had left is as if it had never been made: the company came back
 * at the last moment, and may need it later.
 */
export async function takeBackCancelled({ db, dryRun }: TrialContext): Promise<void> {
  if (dryRun) return;
  await db.write(async (tx) => {
    await tx.execute(withdraw('demo'));
    await tx.execute(withdraw('help'));
  });
}

function withdraw(offer: Offer) {
  const column = sql.raw(`${offer}_offered_at`);
  const key = sql`${`trial-${offer}:`} || contact.company_id || ':' || floor(extract(epoch from contact.${column}))`;
  const ofOffer = (status: string) => sql`(
    select from cronhook.outbox_messages message
    where message.dedupe_key in (${key}, ${key} || ':sms') and message.status ${sql.raw(status)}
  )`;
  return sql`
    update cronhook.trial_contacts contact set ${column} = null
    where contact.${column} is not null and exists ${ofOffer("= 'cancelled'")} and not exists ${ofOffer("<> 'cancelled'")}
  `;
}
