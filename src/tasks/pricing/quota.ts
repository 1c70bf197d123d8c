import { addDays, localDay, momentAt } from '../../calendar.js';
import { type Usage, type UsageDay, usageOf } from '../../db/api-usage.js';
import type { Database } from '../../db/client.js';

/** eBay counts the days of its calls there. */
const EBAY_TIME_ZONE = 'America/Los_Angeles';

export const ebayDay = (now: Date): UsageDay => ({ provider: 'ebay', day: localDay(now, EBAY_TIME_ZONE) });

/** When the quota begins anew. */
export const nextEbayDay = (now: Date): Date =>
  momentAt(addDays(localDay(now, EBAY_TIME_ZONE), 1), 0, EBAY_TIME_ZONE);

export interface EbayUsage extends Usage {
  day: string;
  limit: number;
  resetsAt: Date;
  /** When calls may be made again; undefined when they may now. */
  spentUntil: Date | undefined;
}

/** How much of today's quota is left. */
export async function ebayUsage(db: Pick<Database, 'rows'>, limit: number, now: Date): Promise<EbayUsage> {
  const day = ebayDay(now);
  const usage = await usageOf(db, day);
  const resetsAt = nextEbayDay(now);
  const blockedUntil = usage.blockedUntil && usage.blockedUntil > now ? usage.blockedUntil : undefined;
  const spent = usage.calls >= limit ? resetsAt : undefined;
  const spentUntil = spent && blockedUntil && blockedUntil > spent ? blockedUntil : (spent ?? blockedUntil);
  return { ...usage, blockedUntil, day: day.day, limit, resetsAt, spentUntil };
}
