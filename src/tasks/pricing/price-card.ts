import { sql } from 'drizzle-orm';
import type { Transaction } from '../../db/client.js';
import { sqlTime } from '../../db/moments.js';
import { AppError } from '../../errors.js';
import { askEbay } from './ask-ebay.js';
import { lockCard } from './cards.js';
import { forgetFailure } from './failures.js';
import type { Card, Round } from './model.js';
import { ceilingOf, floorOf, type Guardrail, type Suggestion, suggestPrice } from './price-rule.js';
import { type Sample, summarise } from './sample.js';

/** Asks eBay, then writes what it said and what becomes of the price, in one transaction. */
export async function priceCard(round: Round, card: Card): Promise<void> {
  const place = round.line.enter();
  let totals: number[];
  try {
    checkCard(card, round);
    totals = await askEbay(round, card, place);
  } finally {
    place.leave();
  }
  const enough = totals.length >= round.settings.min_sample;
  const sample = totals.length > 0 ? summarise(totals) : undefined;
  const { tally } = round;
  const written = await round.context.db.write((tx) => writePrice(tx, round, card, { sample, enough }));
  if (!written) return;
  tally.priced += 1;
  if (!enough) tally.tooFew += 1;
  if (written.changed) tally.changed += 1;
}

/** Before any call: no answer of eBay's could help. */
export function checkCard(card: Card, { settings }: Pick<Round, 'settings'>): void {
  if (!card.query.trim() && !card.categoryId?.trim())
    throw new AppError('unprocessable', (t) => t.pricing.noQuery, { permanent: true });
  if (floorOf(card, settings) > ceilingOf(card))
    throw new AppError('unprocessable', (t) => t.pricing.floorAboveCeiling, { permanent: true });
}

interface Findings {
  sample: Sample | undefined;
  /** Offers enough for a price. */
  enough: boolean;
}

/** @returns undefined when there was nothing to price any more */
async function writePrice(
  tx: Transaction,
  { context, settings, batchId }: Round,
  { id }: Card,
  { sample, enough }: Findings,
): Promise<{ changed: boolean } | undefined> {
  // As it is now: people change limits and prices while eBay answers.
  const card = await lockCard(tx, id, batchId);
  if (!card) return undefined;
  checkCard(card, { settings });
  const suggestion: Suggestion | undefined =
    sample && enough ? suggestPrice(sample.medianCents, card, settings) : undefined;
  const guardrail: Guardrail | null = suggestion ? suggestion.guardrail : 'min_sample';
  const suggested = suggestion?.cents ?? null;
  const applied = suggestion !== undefined && settings.apply_prices;
  const price = applied ? suggested : card.priceCents;
  const now = sqlTime(context.now());
  await tx.execute(sql`
    insert into cronhook.price_observations (card_id, batch_run_id, sample_size, low_cents, median_cents, high_cents,
      suggested_cents, applied, guardrail, created_at)
    values (${id}::uuid, ${batchId}::uuid, ${sample?.size ?? 0}::int, ${sample?.lowCents ?? null}::int,
      ${sample?.medianCents ?? null}::int, ${sample?.highCents ?? null}::int, ${suggested}::int, ${applied}::boolean,
      ${guardrail}, ${now})
  `);
  await tx.execute(sql`
    update cronhook.cards set price_cents = ${price}::int, last_priced_at = ${now} where id = ${id}::uuid
  `);
  await forgetFailure(tx, card);
  await tx.execute(sql`
    update cronhook.batch_runs set cards_priced = cards_priced + 1 where id = ${batchId}::uuid
  `);
  return { changed: applied && price !== card.priceCents };
}
