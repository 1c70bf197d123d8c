import { sql } from 'drizzle-orm';
import type { EbayOffer } from '../../clients/ebay-offers.js';
import { blockCalls, takeCall } from '../../db/api-usage.js';
import type { Transaction } from '../../db/client.js';
import { AppError } from '../../errors.js';
import { sqlTime } from './batch.js';
import { lockCard } from './cards.js';
import type { Card, Round } from './model.js';
import { ceilingOf, floorOf, type Guardrail, type Suggestion, suggestPrice } from './price-rule.js';
import { ebayDay, nextEbayDay } from './quota.js';
import { type Sample, summarise, withoutOutliers } from './sample.js';

/** A search is worth no more calls, however few of its offers can be compared. */
const MOST_PAGES = 3;

/** No call of today's quota is left. */
export class QuotaSpent extends Error {
  override readonly name = 'QuotaSpent';
}

/** Asks eBay, then writes what it said and what becomes of the price, in one transaction. */
export async function priceCard(round: Round, card: Card): Promise<void> {
  const place = round.line.enter();
  let totals: number[];
  try {
    checkCard(card, round);
    totals = await askEbay(round, card, async () => {
      await place.turn;
      await takeOne(round);
      place.leave();
    });
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

/** Price and shipping of the comparable offers without outliers; further pages only while these are too few. */
async function askEbay(
  { context, settings }: Round,
  card: Card,
  beforeCall: () => Promise<void>,
): Promise<number[]> {
  const { query, categoryId, condition } = card;
  const offers = new Map<string | symbol, EbayOffer>();
  let totals: number[] = [];
  let offset: number | undefined = 0;
  for (
    let pages = 0;
    offset !== undefined && pages < MOST_PAGES && totals.length < settings.min_sample;
    pages++
  ) {
    const search = { query, categoryId, condition, offset };
    const page = await context.ebay.search(search, beforeCall, context.signal);
    // An offer may slip to the next page between two calls.
    for (const offer of page.offers) offers.set(offer.itemId ?? Symbol(), offer);
    totals = withoutOutliers(
      [...offers.values()].map(({ totalCents }) => totalCents),
      settings.iqr_factor,
    );
    offset = page.nextOffset;
  }
  return totals;
}

/** One call of the quota, counted for the batch with it. */
async function takeOne({ context, settings, batchId, tally }: Round): Promise<void> {
  const now = context.now();
  await context.db.write(async (tx) => {
    if (!(await takeCall(tx, ebayDay(now), { limit: settings.daily_api_limit, now }))) throw new QuotaSpent();
    await tx.execute(
      sql`update cronhook.batch_runs set api_calls = api_calls + 1 where id = ${batchId}::uuid`,
    );
  });
  tally.apiCalls += 1;
}

/** What is asked for beyond that is a mistake. */
const LONGEST_PAUSE_SECONDS = 4 * 24 * 3_600;

/** eBay says itself that the day's calls are spent, or when it wants the next one. */
export async function rememberPause(
  { context }: Round,
  retryAfterSeconds: number | undefined,
): Promise<void> {
  const now = context.now();
  const until =
    retryAfterSeconds === undefined
      ? nextEbayDay(now)
      : new Date(now.getTime() + Math.min(retryAfterSeconds, LONGEST_PAUSE_SECONDS) * 1000);
  await context.db.write((tx) => blockCalls(tx, ebayDay(now), until));
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
  await tx.execute(sql`
    update cronhook.batch_runs set cards_priced = cards_priced + 1 where id = ${batchId}::uuid
  `);
  return { changed: applied && price !== card.priceCents };
}
