import type { ReportKind } from '../../locales/reports.js';
import { formatWeekday } from '../../messages/format-calendar.js';
import type { Look } from '../../messages/layout.js';
import type { Numbers } from './numbers.js';
import { formatEuros, movementOf } from './words.js';

interface GistOptions {
  kind: ReportKind;
  numbers: Numbers;
  /** The period, and the one that it is measured by. */
  start: string;
  reference: string;
  /** What needs attention. */
  points: number;
}

/** Within this share of the reference it is much the same. */
const ALIKE = 0.05;

/** The period in a few words: for the subject, and as the first sentences. */
export function gistOf(options: GistOptions, look: Look): { short: string; sentence: string } {
  const { kind, numbers, start, points } = options;
  const { gist, editions } = look.messages.reports;
  const words = editions[kind];
  const parts = partsOf(options, look);
  const known = numbers.get('revenue_cents', start) !== null || numbers.get('leads_new', start) !== null;
  const short = parts.length > 0 ? parts.join(', ') : known ? words.quietGist : '';
  const sentences = [
    known ? happened(options, parts, look) : `${words.unknown}.`,
    ...levels(options, look),
    points > 0 ? gist.toDo(points) : gist.nothingToDo,
  ];
  return { short, sentence: sentences.join(' ') };
}

/** What is worth telling: subscriptions and money, and leads when there were no subscriptions. */
function partsOf({ numbers, start }: GistOptions, { site, messages }: Look): string[] {
  const { gist } = messages.reports;
  const subscriptions = numbers.get('subscriptions_new', start) ?? 0;
  const leads = numbers.get('leads_new', start) ?? 0;
  const revenue = numbers.get('revenue_cents', start) ?? 0;
  const euros = formatEuros(Math.abs(revenue), site.locale);
  return [
    ...(subscriptions > 0 ? [gist.subscriptions(subscriptions)] : leads > 0 ? [gist.leads(leads)] : []),
    ...(revenue > 0 ? [gist.received(euros)] : revenue < 0 ? [gist.paidBack(euros)] : []),
  ];
}

function happened(options: GistOptions, parts: string[], look: Look): string {
  const { kind, numbers, start, reference } = options;
  const { locale } = look.site;
  const { gist, editions } = look.messages.reports;
  const words = editions[kind];
  if (parts.length === 0) return `${words.quiet}.`;
  const what = words.happened(new Intl.ListFormat(locale, { type: 'conjunction' }).format(parts));
  const revenue = numbers.get('revenue_cents', start);
  const before = numbers.get('revenue_cents', reference);
  if (revenue === null || before === null || before <= 0) return `${what}.`;
  const name = words.reference(formatWeekday(reference, locale));
  const share = revenue / before - 1;
  if (Math.abs(share) <= ALIKE) return gist.alike(what, name);
  return (share > 0 ? gist.better : gist.worse)(what, name, formatEuros(before, locale));
}

function levels({ numbers, start, reference }: GistOptions, { site, messages }: Look): string[] {
  const { gist } = messages.reports;
  const lost = numbers.get('cancellations', start) ?? 0;
  const mrr = numbers.get('mrr_cents', start);
  const before = numbers.get('mrr_cents', reference);
  const moved = movementOf('mrr_cents', mrr, before, { locale: site.locale, messages }) ?? '';
  return [
    ...(lost > 0 ? [gist.departures(lost)] : []),
    ...(mrr === null ? [] : [gist.mrr(formatEuros(mrr, site.locale), moved)]),
  ];
}
