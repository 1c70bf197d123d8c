import type { Trouble } from '../../../incidents/observe.js';
import { formatMoment } from '../../../messages/format.js';
import type { TaskHealth } from '../../../task-health.js';
import type { Findings, Reader } from './findings.js';

/** By source, the cause of each incident that is open. */
export type OpenIncidents = Map<string, string | null>;

const TASK = 'task:';
const LATE = 'late:';

/**
 * What late and failing tasks mean for incidents. Those of runs that failed end with a run that goes well; those of
 * tasks that were late end here, once they are on time again.
 * @param runId tells those found late together from others: they are told as one
 */
export function judgeTasks(
  health: TaskHealth[],
  { open, runId, reader }: { open: OpenIncidents; runId: string; reader: Reader },
): Findings {
  const findings: Findings = { wrong: [], well: [], retired: [] };
  for (const task of health) {
    const source = TASK + task.task;
    const wasLate = open.get(source)?.startsWith(LATE) ?? false;
    if (task.state === 'late') findings.wrong.push(isLate(task, runId, reader));
    else if (task.state === 'failing' && !open.has(source)) findings.wrong.push(isFailing(task, reader));
    else if (task.state === 'ok' && wasLate) findings.well.push(source);
    // Whoever has switched a task off wants to hear no more of it.
    else if (open.has(source) && (task.state === 'disabled' || (task.state !== 'failing' && wasLate)))
      findings.retired.push(source);
  }
  const known = new Set(health.map(({ task }) => TASK + task));
  for (const [source, cause] of open)
    if (source.startsWith(TASK) && !known.has(source) && cause?.startsWith(LATE))
      findings.retired.push(source);
  return findings;
}

const isLate = (health: TaskHealth, runId: string, reader: Reader): Trouble => {
  const { task, since, lastRunAt, schedule } = health;
  const { messages, site, now } = reader;
  const { title, message } = messages.monitors.late;
  return {
    ...troubleOf(task, reader),
    title: title(task),
    message: message({
      task,
      since: formatMoment(since ?? now, site),
      schedule,
      lastRun: lastRunAt ? formatMoment(lastRunAt, site) : undefined,
    }),
    cause: LATE + runId,
    ...(since && { since }),
  };
};

const isFailing = ({ task, since, message }: TaskHealth, reader: Reader): Trouble => {
  const title = reader.messages.incidents.taskFailed(task);
  return {
    ...troubleOf(task, reader),
    title,
    message: message ?? title,
    cause: TASK + task,
    ...(since && { since }),
  };
};

const troubleOf = (task: string, { site }: Reader) => ({
  source: TASK + task,
  severity: 'important' as const,
  link: `${site.publicUrl}/tasks/${task}`,
});
