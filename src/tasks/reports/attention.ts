import type { Severity } from '../../db/schema/messages.js';
import type { Messages } from '../../locales/index.js';
import { formatDuration, formatMoment } from '../../messages/format.js';
import type { BackupState } from './backups.js';
import type { ReportContext } from './edition.js';
import { lateCustomers, lateMails, openIncidents } from './late.js';

/** What somebody should look at, the worst first. */
export interface Point {
  severity: Severity;
  title: string;
  lines: string[];
}

type Words = Messages['reports']['attention'];

const WEIGHT: Record<Severity, number> = { critical: 0, important: 1, info: 2 };

/** A verification a month, and some days for it to be late. */
const VERIFIED_WITHIN_MS = 35 * 86_400_000;

/** Everything that is wrong or late; what cannot be asked is recorded and leaves the rest alone. */
export async function needsAttention(
  context: ReportContext,
  { since, backups }: { since: Date; backups: BackupState | undefined },
): Promise<Point[]> {
  const found = await Promise.all([
    context.attempt('incidents', () => incidents(context)),
    context.attempt('outbox_messages', () => mails(context, since)),
    context.attempt('customers', () => customers(context)),
  ]);
  const points = [...found.flatMap((some) => some ?? []), ...(backups ? unverified(backups, context) : [])];
  return points.sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
}

async function incidents(context: ReportContext): Promise<Point[]> {
  const { site, messages, now } = context;
  const { since } = messages.reports.attention;
  const open = await openIncidents(context.db);
  return open.map(({ severity, title, message, openedAt }) => {
    const moment = new Date(openedAt);
    const duration = formatDuration(now().getTime() - moment.getTime(), site.locale);
    const said = message && message !== title ? [message] : [];
    return { severity, title, lines: [since(formatMoment(moment, site), duration), ...said] };
  });
}

async function mails(context: ReportContext, since: Date): Promise<Point[]> {
  const words = context.messages.reports.attention;
  const { refused, waiting, held } = await lateMails(context.db, { since, now: context.now() });
  return [
    ...counted(waiting, 'important', words.mailsWaiting, words.mailsWaitingDo),
    ...counted(held, 'important', words.mailsHeld, words.mailsHeldDo),
    ...counted(refused, 'info', words.mailsRefused, words.mailsRefusedDo),
  ];
}

async function customers(context: ReportContext): Promise<Point[]> {
  const words: Words = context.messages.reports.attention;
  const { tickets, oldest, pastDue, trials } = await lateCustomers(context.db, context.now());
  const waited = oldest ? context.now().getTime() - new Date(oldest).getTime() : 0;
  const longest = words.ticketsWaitingOldest(formatDuration(waited, context.site.locale));
  return [
    ...counted(tickets, 'important', words.ticketsWaiting, longest),
    ...counted(pastDue, 'info', words.pastDue, words.pastDueDo),
    ...counted(trials, 'info', words.trialsEnding, words.trialsEndingDo),
  ];
}

const counted = (
  count: number,
  severity: Severity,
  title: (count: number) => string,
  line: string,
): Point[] => (count > 0 ? [{ severity, title: title(count), lines: [line] }] : []);

/** Whoever makes no backups with this service is not reminded of them every day. */
function unverified(
  { verifiedAt, backedUpAt }: BackupState,
  { messages, site, now }: ReportContext,
): Point[] {
  const words = messages.reports.attention;
  if (!backedUpAt) return [];
  if (!verifiedAt)
    return [{ severity: 'important', title: words.neverVerified, lines: [words.neverVerifiedDo] }];
  const age = now().getTime() - verifiedAt.getTime();
  if (age <= VERIFIED_WITHIN_MS) return [];
  const title = words.verifiedLongAgo(formatDuration(age, site.locale));
  return [{ severity: 'important', title, lines: [words.verifiedLongAgoDo] }];
}
