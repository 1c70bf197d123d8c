import { z } from 'zod';
import { localDay } from '../../calendar.js';
import { EbayProblem } from '../../clients/ebay-problem.js';
import { AppError, isDatabaseUnavailable } from '../../errors.js';
import { type PricingSettings, pricingSettings, storedSettings } from '../../settings.js';
import { defineTask } from '../define.js';
import { askEbay, mostPages, QuotaSpent, rememberPause } from './ask-ebay.js';
import { closeBatch, openBatch } from './batch.js';
import { cardsToPrice, countCards, lastPriced } from './cards.js';
import { skipUnlessDue } from './due.js';
import { countTries, rememberFailure, sweepFailures } from './failures.js';
import { foresee } from './foresee.js';
import { Line } from './line.js';
import type { Card, PricingContext, Round } from './model.js';
import { priceCard } from './price-card.js';

/** Searches side by side, where a day has calls for all of them. */
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
    const readSettings = settingsReader(context);
    const settings = await readSettings();
    await skipUnlessDue(context, settings);
    if (context.dryRun) return foresee(context, settings);
    const batch = await openBatch(context, localDay(context.now(), context.site.timeZone));
    await sweepFailures(context);
    const round = newRound(context, settings, batch.id);
    const remaining = await endBatch(round, await priceCards(round, readSettings));
    return { ...round.tally, remaining, quotaReached: round.stop?.why === 'quota' };
  },
});

type ReadSettings = () => Promise<PricingSettings>;

/** Reads them as they are now; what cannot be read is told once. */
function settingsReader({ db, log }: PricingContext): ReadSettings {
  const told = new Set<string>();
  const tell = (key: string) => {
    if (!told.has(key)) log.warn({ key }, 'a setting cannot be read; its default holds');
    told.add(key);
  };
  return async () => pricingSettings(await storedSettings(db), tell);
}

const newRound = (context: PricingContext, settings: PricingSettings, batchId: string): Round => ({
  context,
  settings,
  batchId,
  since: context.now(),
  tally: { priced: 0, changed: 0, tooFew: 0, apiCalls: 0 },
  line: new Line(),
  stop: undefined,
  unanswered: 0,
});

/** @returns true when every card was tried */
async function priceCards(round: Round, readSettings: ReadSettings): Promise<boolean> {
  const { context, tally } = round;
  const { each, outOfTime } = context;
  const concurrency = sideBySide(round.settings);
  for await (const cards of cardsToPrice(context, round)) {
    await each(cards, { concurrency, name: ({ sku }) => sku }, async (card) => {
      // A batch may take an hour: whoever lowers the limit or turns it off wants that now.
      round.settings = await readSettings();
      if (!round.settings.batch_enabled && !context.force) round.stop ??= { why: 'disabled' };
      if (round.stop || outOfTime()) return;
      await priceOrStop(round, card);
      context.progress({ ...tally });
    });
    if (round.stop || outOfTime()) return false;
  }
  return true;
}

/** So few that a day's calls suffice for them, or each would get some and none enough, day after day. */
const sideBySide = (settings: PricingSettings): number =>
  Math.max(1, Math.min(CONCURRENCY, Math.floor(settings.daily_api_limit / mostPages(settings))));

async function priceOrStop(round: Round, card: Card): Promise<void> {
  try {
    await priceCard(round, card);
    round.unanswered = 0;
  } catch (error) {
    if (error instanceof QuotaSpent) {
      round.stop ??= { why: 'quota' };
      if (error.inVain) await rememberFailure(round, card, { final: false });
      return;
    }
    if (error instanceof EbayProblem && (await concernsAll(round, error))) return;
    // What eBay says against one card it may be saying to all.
    const final = error instanceof AppError && !(error instanceof EbayProblem) && error.permanent;
    if (!isDatabaseUnavailable(error)) await rememberFailure(round, card, { final });
    throw error;
  }
}

/** @returns true when the card is not to blame, and none of the others can be priced now either */
async function concernsAll(round: Round, problem: EbayProblem): Promise<boolean> {
  switch (problem.verdict) {
    case 'quota':
      round.stop ??= { why: 'quota' };
      await rememberPause(round, problem.retryAfterSeconds);
      return true;
    case 'account':
      round.stop = { why: 'fatal', error: problem };
      return true;
    case 'passing':
      round.unanswered += 1;
      if (round.unanswered >= MOST_UNANSWERED) round.stop ??= { why: 'away' };
      return false;
    default:
      return false;
  }
}

/** @returns the cards that are left; with some, the batch stays open for the next call */
async function endBatch(round: Round, allTried: boolean): Promise<number> {
  const { context, batchId, stop } = round;
  if (stop?.why === 'fatal') {
    await closeBatch(context, batchId, 'failed');
    throw stop.error;
  }
  if (await isEbayThere(round)) await countTries(round);
  if (stop?.why === 'quota') await closeBatch(context, batchId, 'quota_reached');
  const remaining = await countCards(context.db, batchId);
  if (allTried && remaining === 0) await closeBatch(context, batchId, 'completed');
  return remaining;
}

/** It has answered in this run; or does so now, for a card that it has priced before. */
async function isEbayThere(round: Round): Promise<boolean> {
  const { context, batchId, tally, stop } = round;
  if (tally.priced > 0) return true;
  if (stop) return false;
  const card = await lastPriced(context.db, batchId);
  if (!card) return false;
  const place = round.line.enter();
  try {
    await askEbay(round, card, place);
    return true;
  } catch (error) {
    if (error instanceof EbayProblem || error instanceof QuotaSpent) return false;
    throw error;
  } finally {
    place.leave();
  }
}
