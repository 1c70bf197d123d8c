import { observe, type Trouble } from '../../incidents/observe.js';
import { createTelling } from '../../incidents/telling.js';
import type { BusinessCause } from '../../locales/statistics.js';
import { formatCount, formatMoment } from '../../messages/format.js';
import type { Look } from '../../messages/layout.js';
import type { Capabilities, RunContext } from '../define.js';
import { type Finding, lookAtBusiness } from './business.js';

type AlertContext = RunContext<unknown> &
  Pick<Capabilities, 'db'> &
  Partial<Pick<Capabilities, 'mail' | 'sms' | 'vault'>>;

/**
 * Tells the administrator what is wrong with the business, as of every incident.
 * @returns how many alerts are new, and how many are open
 */
export async function alertOfBusiness(
  context: AlertContext,
): Promise<{ alerts: number; alertsOpen: number }> {
  const findings = await lookAtBusiness(context);
  const wrong = findings.filter((finding) => finding.wrong);
  if (context.dryRun) {
    for (const { cause, count, of } of wrong)
      context.would(sourceOf(cause), { action: 'alert, unless it was', count, of });
    return { alerts: 0, alertsOpen: wrong.length };
  }
  const well = findings.filter((finding) => !finding.wrong).map(({ cause }) => sourceOf(cause));
  const observation = { wrong: wrong.map((finding) => businessTrouble(finding, context)), well };
  const { opened } = await context.db.write((tx) => observe(tx, observation, createTelling(context)));
  return { alerts: opened, alertsOpen: wrong.length };
}

const sourceOf = (cause: BusinessCause): string => `business:${cause}`;

/** What an alert says of a finding. */
export function businessTrouble(
  { cause, count, of, since }: Omit<Finding, 'wrong'>,
  { site, messages }: Look,
): Trouble {
  const { title, text, advice } = messages.statistics.alerts[cause];
  const facts = {
    count: formatCount(count, site.locale),
    of: formatCount(of, site.locale),
    share: percent(of === 0 ? 0 : count / of, site.locale),
    since: since === null ? '' : formatMoment(new Date(since), site),
  };
  const message = `${text(facts)}\n${advice}`;
  return { source: sourceOf(cause), severity: 'important', title, message, link: null };
}

const percent = (share: number, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share);
