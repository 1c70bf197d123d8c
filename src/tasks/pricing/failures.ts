import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../../db/client.js';
import { sqlTime } from '../../db/moments.js';
import type { Card, PricingContext, Round } from './model.js';

/** A batch gives a card up after so many calls in which eBay was there. */
const MOST_TRIES = 3;

/**
 * Puts the card behind the others: what fails again and again keeps nobody from being priced.
 * @param final no other try of this batch could help
 */
export async function rememberFailure(
  { context, batchId }: Round,
  { id }: Card,
  { final }: { final: boolean },
): Promise<void> {
  const now = sqlTime(context.now());
  const tries = final ? MOST_TRIES : 0;
  await context.db.write((tx) =>
    tx.execute(sql`
      insert into cronhook.pricing_failures as failure (card_id, failed_at, batch_run_id, tries)
      values (${id}::uuid, ${now}, ${batchId}::uuid, ${tries}::int)
      on conflict (card_id) do update set failed_at = excluded.failed_at, batch_run_id = excluded.batch_run_id,
        tries = case when failure.batch_run_id = excluded.batch_run_id
          then greatest(failure.tries, excluded.tries) else excluded.tries end
    `),
  );
}

/** Counts the failures of this run against their cards: eBay was there. */
export async function countTries({ context, batchId, since }: Round): Promise<void> {
  await context.db.write((tx) =>
    tx.execute(sql`
      update cronhook.pricing_failures set tries = tries + 1
      where batch_run_id = ${batchId}::uuid and failed_at >= ${sqlTime(since)}
    `),
  );
}

/** Of `failure`: the batch does not try that card again. */
export const isGivenUp = (batchId: string): SQL =>
  sql`(failure.batch_run_id = ${batchId}::uuid and failure.tries >= ${MOST_TRIES}::int)`;

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
