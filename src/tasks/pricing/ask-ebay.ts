import { sql } from 'drizzle-orm';
import type { EbayOffer } from '../../clients/ebay-offers.js';
import { blockCalls, takeCall } from '../../db/api-usage.js';
import type { PricingSettings } from '../../settings.js';
import type { Card, Round } from './model.js';
import { ebayDay, nextEbayDay } from './quota.js';
import { withoutOutliers } from './sample.js';

/** A search is worth no more calls, however few of its offers can be compared. */
const MOST_PAGES = 3;

/** No more than a day has calls for: a card that needed more would never be priced. One is asked for at least. */
export const mostPages = ({ daily_api_limit }: PricingSettings): number =>
  Math.max(1, Math.min(MOST_PAGES, daily_api_limit));

/** No call of today's quota is left. */
export class QuotaSpent extends Error {
  override readonly name = 'QuotaSpent';

  constructor(
    /** The last calls went to a search that eBay did not answer. */
    readonly inVain: boolean,
  ) {
    super('no call of the quota is left');
  }
}

/** Price and shipping of the comparable offers without outliers; further pages only while these are too few. */
export async function askEbay(
  round: Round,
  card: Card,
  { turn, leave }: { turn: Promise<void>; leave(): void },
): Promise<number[]> {
  const { context, settings } = round;
  const { query, categoryId, condition } = card;
  const offers = new Map<string | symbol, EbayOffer>();
  let totals: number[] = [];
  let offset: number | undefined = 0;
  for (
    let pages = 0;
    offset !== undefined && pages < mostPages(settings) && totals.length < settings.min_sample;
    pages++
  ) {
    let calls = 0;
    const beforeCall = async () => {
      await turn;
      if (!(await takeOne(round))) throw new QuotaSpent(calls > 0);
      calls += 1;
      leave();
    };
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

/**
 * One call of the quota, counted for the batch with it.
 * @returns false when there is none left
 */
async function takeOne({ context, settings, batchId, tally }: Round): Promise<boolean> {
  const now = context.now();
  const taken = await context.db.write(async (tx) => {
    if (!(await takeCall(tx, ebayDay(now), { limit: settings.daily_api_limit, now }))) return false;
    await tx.execute(
      sql`update cronhook.batch_runs set api_calls = api_calls + 1 where id = ${batchId}::uuid`,
    );
    return true;
  });
  if (taken) tally.apiCalls += 1;
  return taken;
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
