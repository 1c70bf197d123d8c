import { inMarketingHours, nextMarketingMoment } from '../calendar.js';
import { internationalNumber } from '../clients/sms.js';
import type { OpenMessage } from './lanes.js';
import { MARKETING } from './queue.js';

/** When a marketing SMS may go, if not now: French law gives it hours. */
export function notBefore(
  { headers, recipient }: Pick<OpenMessage, 'headers' | 'recipient'>,
  now: Date,
  timeZone: string,
): Date | undefined {
  if (!(MARKETING in headers)) return undefined;
  const clock = FRENCH.test(internationalNumber(recipient) ?? '') ? 'Europe/Paris' : timeZone;
  return inMarketingHours(now, clock) ? undefined : nextMarketingMoment(now, clock);
}

/** France and its overseas territories: the law looks at where the phone is, not at where the service runs. */
const FRENCH = /^\+(33|262|508|590|594|596|681|687|689)/;
