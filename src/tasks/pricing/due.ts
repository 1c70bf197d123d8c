import { localDay, localHour } from '../../calendar.js';
import { formatMoment } from '../../messages/format.js';
import type { PricingSettings } from '../../settings.js';
import { lastBatch } from './batch.js';
import type { PricingContext } from './model.js';
import { ebayUsage } from './quota.js';

/**
 * Ends the run, saying why, unless it is time for a batch. By state, not by the clock's minutes: a missed hour is caught
 * up, one that comes twice finds the batch complete, and one that never comes is passed all the same.
 */
export async function skipUnlessDue(context: PricingContext, settings: PricingSettings): Promise<void> {
  const { site, force, now } = context;
  const { batch_enabled, batch_hour, daily_api_limit } = settings;
  if (!force) {
    if (!batch_enabled) context.skip((t) => t.pricing.disabled);
    if (localHour(now(), site.timeZone) < batch_hour) context.skip((t) => t.pricing.tooEarly(batch_hour));
    const batch = await lastBatch(context, localDay(now(), site.timeZone));
    if (batch?.status === 'completed') context.skip((t) => t.pricing.complete);
  }
  const { spentUntil } = await ebayUsage(context.db, daily_api_limit, now());
  if (spentUntil) context.skip((t) => t.pricing.quotaSpent(formatMoment(spentUntil, site)));
}
