import { sql } from 'drizzle-orm';
import { describeError } from '../../errors.js';
import type { PricingSettings } from '../../settings.js';
import type { Stats } from '../define.js';
import { cardsToPrice, countCards } from './cards.js';
import type { Card, PricingContext } from './model.js';
import { checkCard } from './price-card.js';
import { suggestPrice } from './price-rule.js';
import { ebayUsage } from './quota.js';

/** No more than a person reads. */
const SHOWN = 100;

interface LastMarket {
  cardId: string;
  medianCents: number;
  sampleSize: number;
  observedAt: string;
}

/** What a batch would do, without a call that would take from the quota: prices by the last observation of each card. */
export async function foresee(context: PricingContext, settings: PricingSettings): Promise<Stats> {
  const { db, now, would } = context;
  const { calls, limit } = await ebayUsage(db, settings.daily_api_limit, now());
  const cards = await countCards(db, undefined);
  const { value: page } = await cardsToPrice(context, undefined).next();
  const shown: Card[] = (page ?? []).slice(0, Math.min(SHOWN, limit - calls));
  const markets = await lastMarkets(context, shown);
  for (const card of shown) would(card.sku, actionFor(context, settings, card, markets.get(card.id)));
  return { cards, quotaLeft: limit - calls };
}

function actionFor(
  { messages }: PricingContext,
  settings: PricingSettings,
  card: Card,
  market: LastMarket | undefined,
): Record<string, unknown> {
  try {
    checkCard(card, { settings });
  } catch (error) {
    return { action: 'report', problem: describeError(error, messages) };
  }
  const { priceCents } = card;
  if (!market || market.sampleSize < settings.min_sample) return { action: 'ask eBay', priceCents };
  const { cents, guardrail } = suggestPrice(market.medianCents, card, settings);
  const { medianCents, observedAt } = market;
  return { action: 'ask eBay', priceCents, suggestedCents: cents, guardrail, medianCents, observedAt };
}

async function lastMarkets({ db }: PricingContext, cards: Card[]): Promise<Map<string, LastMarket>> {
  const ids = `{${cards.map(({ id }) => id).join(',')}}`;
  const rows = await db.rows<LastMarket>(sql`
    select distinct on (card_id) card_id as "cardId", median_cents as "medianCents", sample_size as "sampleSize",
      to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "observedAt"
    from cronhook.price_observations where card_id = any(${ids}::uuid[]) and median_cents is not null
    order by card_id, created_at desc
  `);
  return new Map(rows.map((row) => [row.cardId, row]));
}
