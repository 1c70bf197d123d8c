import { inMarketingHours, nextMarketingMoment } from '../calendar.js';
import { MARKETING } from './queue.js';

/** When a marketing SMS may go, if not now: French law gives it hours. */
export function notBefore(headers: Record<string, string>, now: Date, timeZone: string): Date | undefined {
  if (!(MARKETING in headers) || inMarketingHours(now, timeZone)) return undefined;
  return nextMarketingMoment(now, timeZone);
}
