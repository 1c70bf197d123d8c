import { sql } from 'drizzle-orm';
import type { Text } from '../../errors.js';
import { deliver } from '../../messages/delivery.js';
import { queueMessages } from '../../messages/queue.js';
import type { Capabilities, RunContext } from '../define.js';
import { refreshStatistics } from '../statistics/refresh.js';
import { type Edition, type ReportContext, reportContext } from './edition.js';
import { type Archive, keepCopies } from './keep.js';

export type SendingContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'mail' | 'administrator'> &
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
  if (dryRun) return known && !force ? skip(issue.already) : foresee(context, issue);
  const wanted = known ? (force ? `${key}:${context.runId}` : undefined) : key;
  const queued = wanted === undefined ? 0 : await queue(context, issue, wanted);
  const { sent, postponed, refused, remaining } = await deliver(context, { task: issue.task });
  const copies = await keepCopies(context, issue, wanted);
  if (queued + sent + postponed + refused + remaining + copies.written + copies.failed === 0)
    skip(issue.already);
  return {
    period: issue.period,
    queued,
    sent,
    postponed,
    refused,
    remaining,
    copies: copies.written,
    removed: copies.removed,
  };
}

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
  // What the statistics lack is missing in the report, and no reason to send none.
  await reporting.attempt('statistics', () =>
    refreshStatistics({ ...context, outOfTime: halfTime(context) }),
  );
  const edition = await issue.compose(reporting);
  const message = { task: issue.task, dedupeKey, recipient: administrator, ...edition };
  return db.write((tx) => queueMessages(tx, [message], { sender: mail.sender, vault, now: now() }));
}

/** The report itself needs some time as well. */
const REFRESH_MS = 150_000;

function halfTime({ outOfTime }: SendingContext): () => boolean {
  const startedTicks = performance.now();
  return () => outOfTime() || performance.now() - startedTicks > REFRESH_MS;
}
