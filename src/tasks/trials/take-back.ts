import { type SQL, sql } from 'drizzle-orm';
import { LOCALES, messagesFor } from '../../locales/index.js';
import type { TrialContext } from './model.js';

type Offer = 'help' | 'demo';

/**
 * An offer that was cancelled before anything of it had left is as if it had never been made: the company came back
 * at the last moment, and may need it later. What a person cancels stays cancelled.
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
  const ofOffer = (taken: SQL) => sql`(
    select from cronhook.outbox_messages message
    where message.dedupe_key in (${key}, ${key} || ':sms') and ${taken}
  )`;
  return sql`
    update cronhook.trial_contacts contact set ${column} = null
    where contact.${column} is not null and exists ${ofOffer(sql`${takenBack} is true`)}
      and not exists ${ofOffer(sql`${takenBack} is not true`)}
  `;
}

/** In whatever language the service spoke then. */
const takenBack = sql`(message.status = 'cancelled'
  and message.last_error in ${LOCALES.map((locale) => messagesFor(locale).delivery.causeGone)})`;
