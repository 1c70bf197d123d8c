import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '../secret.js';
import { currencyOf, type EbayMarketplace } from './ebay-marketplaces.js';
import { conditionFilter, type EbayOffer, hasCondition, readOffer } from './ebay-offers.js';
import { EbayProblem, LONGEST_PAUSE_SECONDS, notEbay, searchProblem, unanswered } from './ebay-problem.js';
import { createEbayTokens } from './ebay-token.js';
import { callJson, type HttpAnswer } from './http.js';

export interface EbaySearch {
  query: string;
  categoryId: string | null;
  condition: string | null;
  offset: number;
}

export interface EbayPage {
  /** Those of the condition whose price to the door is known. */
  offers: EbayOffer[];
  /** Where the next page begins; none after the last one. */
  nextOffset: number | undefined;
}

export interface Ebay {
  /**
   * Searches offers at a fixed price, retrying with growing pauses while eBay is busy.
   * @param beforeCall done before each call that counts against the quota, retries included; what it throws ends the search
   * @throws {EbayProblem} saying whose fault it is
   */
  search(search: EbaySearch, beforeCall: () => Promise<void>, signal: AbortSignal): Promise<EbayPage>;
}

interface EbayTiming {
  requestMs: number;
  /** The pause after the first failed call; it doubles from there. */
  firstWaitMs: number;
}

interface EbayOptions {
  apiUrl: string;
  clientId: string;
  clientSecret: Secret;
  marketplace: EbayMarketplace;
  timing?: Partial<EbayTiming>;
}

const TIMING: EbayTiming = { requestMs: 20_000, firstWaitMs: 1_000 };
const TRIES = 4;
/** The most that one call gives. */
const PAGE_SIZE = 200;
/** No search gives more than its first so many. */
const LAST_OFFSET = 10_000;

/** The Browse API: https://developer.ebay.com/api-docs/buy/browse/resources/item_summary/methods/search. */
export function createEbay(options: EbayOptions): Ebay {
  const { apiUrl, clientSecret, marketplace } = options;
  const timing = { ...TIMING, ...options.timing };
  const host = new URL(apiUrl).host;
  const tokens = createEbayTokens({ ...options, requestMs: timing.requestMs });

  async function attempt(path: string, beforeCall: () => Promise<void>, signal: AbortSignal) {
    const token = await tokens.get(signal);
    await beforeCall();
    const answer = await callJson(apiUrl + path, {
      method: 'GET',
      headers: { authorization: `Bearer ${token}`, 'x-ebay-c-marketplace-id': marketplace },
      timeoutMs: timing.requestMs,
      signal,
    }).catch((error: unknown) => {
      throw unanswered(error, host);
    });
    if (answer.status !== 200) {
      if (answer.status === 401) tokens.drop(token);
      throw searchProblem(answer, host, [token, clientSecret.reveal()]);
    }
    return itemsOf(answer, host);
  }

  return {
    async search(search, beforeCall, signal) {
      const path = `/buy/browse/v1/item_summary/search?${parameters(search)}`;
      const ask = () => attempt(path, beforeCall, signal);
      const { items, total } = await withPatience(ask, timing.firstWaitMs, signal);
      const offers = items
        .map((item) => readOffer(item, currencyOf(marketplace)))
        .filter((offer) => offer !== undefined)
        .filter((offer) => hasCondition(offer, search.condition));
      const nextOffset = search.offset + PAGE_SIZE;
      const more = items.length > 0 && nextOffset < Math.min(total, LAST_OFFSET);
      return { offers, nextOffset: more ? nextOffset : undefined };
    },
  };
}

function parameters({ query, categoryId, condition, offset }: EbaySearch): URLSearchParams {
  const filters = ['buyingOptions:{FIXED_PRICE}', conditionFilter(condition)].filter(Boolean);
  const given = new URLSearchParams({
    filter: filters.join(','),
    limit: String(PAGE_SIZE),
    offset: String(offset),
  });
  if (query.trim()) given.set('q', query.trim());
  if (categoryId?.trim()) given.set('category_ids', categoryId.trim());
  return given;
}

/** Without a match there is no list at all, only the total. */
function itemsOf({ body, status }: HttpAnswer, host: string): { items: unknown[]; total: number } {
  const { itemSummaries, total } = body;
  if (itemSummaries !== undefined && !Array.isArray(itemSummaries)) throw notEbay(host, status);
  if (itemSummaries === undefined && typeof total !== 'number') throw notEbay(host, status);
  const items = itemSummaries ?? [];
  return { items, total: typeof total === 'number' ? total : items.length };
}

/** Others may use up a new token before this call does. */
const MOST_RENEWALS = 3;

/** Again after a pause what may pass, at once with a new token what the old one was refused for. */
async function withPatience<Result>(
  ask: () => Promise<Result>,
  firstWaitMs: number,
  signal: AbortSignal,
): Promise<Result> {
  let renewals = 0;
  for (let tries = 1, waitMs = firstWaitMs; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof EbayProblem)) throw error;
      if (error.verdict === 'token') {
        if (renewals >= MOST_RENEWALS) throw new EbayProblem('account', (t) => t.ebay.token);
        renewals += 1;
        continue;
      }
      if (error.verdict !== 'passing' || tries >= TRIES) throw error;
      const asked = error.retryAfterSeconds ?? 0;
      if (asked > LONGEST_PAUSE_SECONDS) throw error;
      await pause(Math.max(waitMs, asked * 1000), signal);
      waitMs *= 2;
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
