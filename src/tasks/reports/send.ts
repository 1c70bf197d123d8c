import { sql } from 'drizzle-orm';
import type { MessageStatus } from '../../db/schema/messages.js';
import { AppError, type Text } from '../../errors.js';
import { deliver } from '../../messages/delivery.js';
import { queueMessages } from '../../messages/queue.js';
import type { Capabilities, RunContext } from '../define.js';
import { refreshStatistics } from '../statistics/refresh.js';
import { type Edition, type ReportContext, reportContext } from './edition.js';
import { type Archive, keepCopies } from './keep.js';
import { fateOf } from './unsent.js';

export type SendingContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'mail' | 'administrator' | 'taskHealth'> &
  Partial<Pick<Capabilities, 'storage' | 'vault'>>;

/** One report of one period. */
export interface Issue {
  task: string;
  /** Names the period in keys. */
  period: string;
  compose(context: ReportContext): Promise<Edition>;
  already: Text;
  archive: Archive;
}

/**
 * Sends a report once, whatever the schedule. The mail is queued first, in one transaction: a run that is killed
 * after it leaves the delivery to the next call or to the task outbox, and the copy to the next call.
 */
export async function sendIssue(context: SendingContext, issue: Issue) {
  const { force, dryRun, skip } = context;
  const key = `${issue.task}:${issue.period}`;
  const known = await isQueued(context, key);
  if (dryRun && (force || !known)) return foresee(context, issue);
  const wanted = known ? (force ? `${key}:${context.runId}` : undefined) : key;
  const queued = wanted === undefined ? 0 : await queue(context, issue, wanted);
  const { told, ...delivered } = await deliverReports(context, issue);
  const mail = await tellFate(context, { issue: key, key: wanted, told });
  const copies = dryRun ? NO_COPIES : await keepCopies(context, issue, wanted);
  const busy = queued + copies.written + copies.failed + sum(Object.values(delivered));
  if (busy === 0 && mail === 'sent') skip(issue.already);
  const { written, removed } = copies;
  return { period: issue.period, mail, queued, ...delivered, copies: written, removed };
}

const NO_COPIES = { written: 0, removed: 0, failed: 0 };

const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);

async function isQueued({ db }: SendingContext, key: string): Promise<boolean> {
  const found = await db.rows(sql`select from cronhook.outbox_messages where dedupe_key = ${key}`);
  return found.length > 0;
}

async function foresee(context: SendingContext, issue: Issue) {
  const { subject } = await issue.compose(reportContext(context));
  context.would(issue.task, { action: 'send', period: issue.period, to: context.administrator, subject });
  return { period: issue.period, queued: 0 };
}

async function queue(context: SendingContext, issue: Issue, dedupeKey: string): Promise<number> {
  const { db, mail, administrator, vault, now } = context;
  const reporting = reportContext(context);
  await refresh(context, reporting);
  // The next report tells of what comes after this moment.
  const moment = now();
  const edition = await issue.compose({ ...reporting, now: () => moment });
  const message = { task: issue.task, dedupeKey, recipient: administrator, ...edition };
  return db.write(async (tx) => {
    const queued = await queueMessages(tx, [message], { sender: mail.sender, vault, now: now() });
    await tx.execute(sql`
      update cronhook.outbox_messages set created_at = ${moment.toISOString()}::timestamptz
      where dedupe_key = ${dedupeKey}
    `);
    return queued;
  });
}

/** What the statistics lack is missing in the report, which says so, and no reason to send none. */
async function refresh(context: SendingContext, { attempt, missed }: ReportContext): Promise<void> {
  const fail: SendingContext['fail'] = (item, error) => {
    missed.add('statistics');
    context.fail(item, error);
  };
  await attempt('statistics', async () => {
    const { remainingDays } = await refreshStatistics({ ...context, fail, outOfTime: halfTime(context) });
    if (remainingDays > 0) missed.add('statistics');
  });
}

/** The report itself needs some time as well. */
const REFRESH_MS = 150_000;

function halfTime({ outOfTime }: SendingContext): () => boolean {
  const startedTicks = performance.now();
  return () => outOfTime() || performance.now() - startedTicks > REFRESH_MS;
}

/** @returns what was done, and whether something that went wrong has been told already */
async function deliverReports(context: SendingContext, { task }: Issue) {
  let told = false;
  const fail: SendingContext['fail'] = (item, error) => {
    told = true;
    context.fail(item, error);
  };
  const { sent, postponed, refused, remaining } = await deliver({ ...context, fail }, { task });
  return { sent, postponed, refused, remaining, told };
}

/** Nobody reads what was not sent: it is the administrator's address that needs a look. */
async function tellFate(
  context: SendingContext,
  { told, ...asked }: { issue: string; key: string | undefined; told: boolean },
): Promise<MessageStatus> {
  const { status, lastError } = (await fateOf(context, asked)) ?? { status: 'cancelled', lastError: null };
  if (status === 'sent') return status;
  // The task outbox may have it in hand.
  const waits = status === 'sending' || (status === 'pending' && told);
  const text: Text = (t) => `${t.reports.unsent[status]}${lastError ? ` (${lastError})` : ''}`;
  if (!waits) context.fail('ADMIN_EMAIL', new AppError('unprocessable', text));
  return status;
}
