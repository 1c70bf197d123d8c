import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';
import type { Site } from '../site.js';
import { endSilently, listed } from './incident-rows.js';
import type { Trouble } from './observe.js';
import type { Telling } from './telling.js';

/** A task that has failed, as an incident keeps it. */
export interface TaskFailure {
  task: string;
  /** Null for a run that could not even begin. */
  runId: string | null;
  /** What failed and what to do about it. */
  message: string;
  /** Failures of one cause are told once: `database`, `SMTP`, or the task itself. */
  cause: string;
  since: Date;
}

export const sourceOf = (task: string): string => `task:${task}`;

export const troubleOf = (
  { task, runId, message, cause, since }: TaskFailure,
  { messages, site }: Telling,
): Trouble => ({
  source: sourceOf(task),
  severity: 'important',
  title: messages.incidents.taskFailed(task),
  message,
  link: runLink(runId, site),
  cause,
  since,
});

const runLink = (runId: string | null, { publicUrl }: Site): string =>
  `${publicUrl}/runs${runId ? `/${runId}` : ''}`;

/** How causes begin that tell of tasks nobody called in time. */
export const LATE = 'late:';

/** True where the open incident of a task is that nobody called it in time. */
export async function isLate(tx: Transaction, task: string): Promise<boolean> {
  const found = await rowsOf(
    tx,
    sql`
      select from cronhook.incidents
      where resolved_at is null and source = ${sourceOf(task)} and starts_with(details->>'cause', ${LATE})
    `,
  );
  return found.length > 0;
}

/** A task that was called at last, and fails, is news: it is no longer late. */
export async function endLateness(tx: Transaction, failures: TaskFailure[], now: Date): Promise<void> {
  if (failures.length === 0) return;
  const sources = failures.map(({ task }) => sourceOf(task));
  const late = sql`source in ${listed(sources)} and starts_with(details->>'cause', ${LATE})`;
  await endSilently(tx, late, now);
}
