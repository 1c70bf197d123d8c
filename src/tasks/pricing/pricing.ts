import { z } from 'zod';
import { localDay } from '../../calendar.js';
import { EbayProblem } from '../../clients/ebay-problem.js';
import { type PricingSettings, pricingSettings, storedSettings } from '../../settings.js';
import { defineTask } from '../define.js';
import { closeBatch, openBatch } from './batch.js';
import { cardsToPrice, countCards } from './cards.js';
import { skipUnlessDue } from './due.js';
import { foresee } from './foresee.js';
import { Line } from './line.js';
import type { Card, PricingContext, Round } from './model.js';
import { priceCard, QuotaSpent, rememberPause } from './price-card.js';

/** Searches side by side. */
const CONCURRENCY = 4;
/** So many cards in a row without an answer mean that eBay is away: the others are left to the next call. */
const MOST_UNANSWERED = 5;

export const pricing = defineTask({
  name: 'pricing',
  path: '/pricing/run-batch',
  schedule: '0 * * * *',
  product: 'prix-cartes',
  summary: 'Price the cards by what eBay offers, the longest unpriced first, within the daily quota',
  success: (t) => t.tasks.pricing.success,
  timeoutMs: 3_300_000,
  needs: ['db', 'ebay'],
  input: z.object({}),
  async run(context) {
    const settings = await readSettings(context);
    await skipUnlessDue(context, settings);
    if (context.dryRun) return foresee(context, settings);
    const batch = await openBatch(context, localDay(context.now(), context.site.timeZone));
    const round = newRound(context, settings, batch.id);
    const remaining = await endBatch(round, await priceCards(round));
    return { ...round.tally, remaining, quotaReached: round.stop?.why === 'quota' };
  },
});

async function readSettings({ db, log }: PricingContext): Promise<PricingSettings> {
  return pricingSettings(await storedSettings(db), (key) =>
    log.warn({ key }, 'a setting cannot be read; its default holds'),
  );
}

const newRound = (context: PricingContext, settings: PricingSettings, batchId: string): Round => ({
  context,
  settings,
  batchId,
  tally: { priced: 0, changed: 0, tooFew: 0, apiCalls: 0 },
  line: new Line(),
  stop: undefined,
  unanswered: 0,
});

/** @returns true when every card was tried */
async function priceCards(round: Round): Promise<boolean> {
  const { context, batchId, tally } = round;
  const { db, each, outOfTime } = context;
  for await (const cards of cardsToPrice(db, batchId)) {
    await each(cards, { concurrency: CONCURRENCY, name: ({ sku }) => sku }, async (card) => {
      if (round.stop || outOfTime()) return;
      await priceOrStop(round, card);
      context.progress({ ...tally });
    });
    if (round.stop || outOfTime()) return false;
  }
  return true;
}

async function priceOrStop(round: Round, card: Card): Promise<void> {
  try {
    await priceCard(round, card);
    round.unanswered = 0;
  } catch (error) {
    if (error instanceof QuotaSpent) {
      round.stop ??= { why: 'quota' };
      return;
    }
    if (!(error instanceof EbayProblem)) throw error;
    if (error.verdict === 'quota') {
      await rememberPause(round, error.retryAfterSeconds);
      round.stop ??= { why: 'quota' };
      return;
    }
    if (error.verdict === 'account') {
      round.stop = { why: 'fatal', error };
      return;
    }
    if (error.verdict === 'passing') round.unanswered += 1;
    if (round.unanswered >= MOST_UNANSWERED) round.stop ??= { why: 'away' };
    throw error;
  }
}

/** @returns the cards that are left; a batch that time, or eBay, has cut short stays open for the next call */
async function endBatch(round: Round, allTried: boolean): Promise<number> {
  const { context, batchId, stop } = round;
  if (stop?.why === 'fatal') {
    await closeBatch(context, batchId, 'failed');
    throw stop.error;
  }
  if (stop?.why === 'quota') await closeBatch(context, batchId, 'quota_reached');
  if (allTried) await closeBatch(context, batchId, 'completed');
  return allTried ? 0 : countCards(context.db, batchId);
}
