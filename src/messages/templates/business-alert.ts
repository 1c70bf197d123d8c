import type { BusinessCause } from '../../locales/statistics.js';
import { formatCount, formatMoment } from '../format.js';
import { type ComposedMail, composeMail, type Look, paragraph } from '../layout.js';

export interface BusinessAlert {
  cause: BusinessCause;
  count: number;
  of: number;
  /** The newest lead. */
  since: string | null;
}

/** Tells the administrator that something is wrong with the business itself. */
export function businessAlertMail({ cause, count, of, since }: BusinessAlert, look: Look): ComposedMail {
  const { site, messages } = look;
  const { title, text, advice } = messages.statistics.alerts[cause];
  const facts = {
    count: formatCount(count, site.locale),
    of: formatCount(of, site.locale),
    share: percent(of === 0 ? 0 : count / of, site.locale),
    since: since === null ? '' : formatMoment(new Date(since), site),
  };
  const blocks = [paragraph(text(facts)), paragraph(advice)];
  return composeMail({ subject: title, heading: title, blocks }, look);
}

const percent = (share: number, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share);
