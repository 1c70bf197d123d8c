import { sql } from 'drizzle-orm';
import type { Transaction } from '../../db/client.js';
import { sqlTime } from './batch.js';
import type { Card, PricingContext, Round } from './model.js';

/** Puts the card behind the others: what fails again and again keeps nobody from being priced. */
export async function rememberFailure({ context }: Round, { id }: Card): Promise<void> {
  const now = sqlTime(context.now());
  await context.db.write((tx) =>
    tx.execute(sql`
      insert into cronhook.pricing_failures (card_id, failed_at) values (${id}::uuid, ${now})
      on conflict (card_id) do update set failed_at = excluded.failed_at
    `),
  );
}

export async function forgetFailure(tx: Transaction, { id }: Card): Promise<void> {
  await tx.execute(sql`delete from cronhook.pricing_failures where card_id = ${id}::uuid`);
}

/** So many at a time keep the statement short. */
const SWEPT = 1_000;

/** Failures of 30 days ago, of cards that nobody wants priced any more. */
export async function sweepFailures({ db, now }: PricingContext): Promise<void> {
  await db.write((tx) =>
    tx.execute(sql`
      delete from cronhook.pricing_failures where card_id in (
        select failure.card_id from cronhook.pricing_failures failure
        where failure.failed_at < ${sqlTime(now())} - interval '720 hours'
          and not exists (select from cronhook.cards card where card.id = failure.card_id and card.enabled)
        limit ${SWEPT}
      )
    `),
  );
}
