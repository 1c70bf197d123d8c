import type { Severity } from '../../db/schema/messages.js';
import type { Messages } from '../../locales/index.js';
import { formatDuration, formatMoment } from '../../messages/format.js';
import type { BackupState } from './backups.js';
import type { ReportContext } from './edition.js';
import { lateCustomers, lateMails, openIncidents, openTaskIncidents } from './late.js';

export interface Attention {
  /** The worst first. */
  points: Point[];
  /** How many there are, those that are not shown too. */
  count: number;
}

/** What somebody should look at. */
export interface Point {
  severity: Severity;
  title: string;
  lines: string[];
}

type Words = Messages['reports']['attention'];

const WEIGHT: Record<Severity, number> = { critical: 0, important: 1, info: 2 };

/** A verification a month, and some days for it to be late. */
const VERIFIED_WITHIN_MS = 35 * 86_400_000;

/** More than that nobody reads in a mail. */
const MOST_POINTS = 10;

/**
 * Everything that is wrong or late; what cannot be asked is recorded and leaves the rest alone. It comes last: what
 * any part of the report has missed is a point as well.
 */
export async function needsAttention(
  context: ReportContext,
  { since, backups }: { since: Date; backups: BackupState | undefined },
): Promise<Attention> {
  const found = await Promise.all([
    context.attempt('incidents', () => incidents(context)),
    context.attempt('task_runs', () => lateTasks(context)),
    context.attempt('outbox_messages', () => mails(context, since)),
    context.attempt('customers', () => customers(context)),
  ]);
  const [open, ...others] = found;
  const points = [
    ...(open?.points ?? []),
    ...others.flatMap((some) => some ?? []),
    ...(backups ? unverified(backups, context) : []),
    ...missing(context),
  ];
  const count = points.length + (open?.hidden ?? 0);
  points.sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
  return { points: points.slice(0, MOST_POINTS), count };
}

async function incidents(context: ReportContext): Promise<{ points: Point[]; hidden: number }> {
  const { site, messages, now } = context;
  const { since } = messages.reports.attention;
  const open = await openIncidents(context.db, MOST_POINTS);
  const points = open.map(({ severity, title, message, openedAt }) => {
    const moment = new Date(openedAt);
    const age = now().getTime() - moment.getTime();
    // PostgreSQL knows moments that no calendar has.
    const known = Number.isNaN(age)
      ? []
      : [since(formatMoment(moment, site), formatDuration(age, site.locale))];
    const said = message && message !== title ? [message] : [];
    return { severity, title, lines: [...known, ...said] };
  });
  return { points, hidden: (open[0]?.total ?? 0) - open.length };
}

/** Not every team calls the task that makes incidents of them; those that have one are told of by it. */
async function lateTasks({ db, taskHealth, site, messages, now }: ReportContext): Promise<Point[]> {
  const words = messages.reports.attention;
  const late = (await taskHealth()).filter(({ state }) => state === 'late');
  if (late.length === 0) return [];
  const known = await openTaskIncidents(db);
  return late
    .filter(({ task }) => !known.has(task))
    .map(({ task, since, lastRunAt }) => {
      const moment = since ?? now();
      const age = formatDuration(now().getTime() - moment.getTime(), site.locale);
      const lastRun = lastRunAt ? [words.lastRun(formatMoment(lastRunAt, site))] : [];
      return {
        severity: 'important',
        title: messages.monitors.late.title(task),
        lines: [words.since(formatMoment(moment, site), age), ...lastRun, words.lateDo],
      };
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

/** Where nobody could look, nobody can say that all is well. */
function missing({ missed, messages, site }: ReportContext): Point[] {
  const words = messages.reports.attention;
  const names = [...missed].filter((part) => part !== 'statistics').map((part) => words.parts[part]);
  const list = new Intl.ListFormat(site.locale, { type: 'conjunction' }).format(names);
  return [
    ...(names.length > 0
      ? [{ severity: 'important' as const, title: words.incomplete, lines: [words.incompleteDo(list)] }]
      : []),
    ...(missed.has('statistics')
      ? [{ severity: 'important' as const, title: words.numbersOld, lines: [words.numbersOldDo] }]
      : []),
  ];
}
