import type { Site } from '../site.js';
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
