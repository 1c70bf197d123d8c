import type { Trouble } from '../../../incidents/observe.js';
import { LATE } from '../../../incidents/task-incidents.js';
import { formatMoment } from '../../../messages/format.js';
import type { TaskHealth } from '../../../task-health.js';
import type { Findings, Reader } from './findings.js';

/** Those that are open, by source. */
export type OpenIncidents = Map<string, { cause: string | null; openedAt: string }>;

const TASK = 'task:';

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
    const incident = open.get(source);
    const wasLate = incident?.cause?.startsWith(LATE) ?? false;
    if (task.state === 'late') {
      // Whoever has been told that it fails is told no second time, and not that it would be late only.
      if (!incident || wasLate) findings.wrong.push(isLate(task, runId, reader));
    } else if (task.state === 'failing' && !incident) findings.wrong.push(isFailing(task, reader));
    // What has only begun may still fail.
    else if (task.state === 'ok' && task.isUnderWay) continue;
    // Without a run it is on time by a new schedule: nothing has recovered.
    else if (task.state === 'ok' && wasLate && hasRunSince(task, incident)) findings.well.push(source);
    // Whoever has switched a task off wants to hear no more of it.
    else if (incident && (task.state === 'disabled' || (task.state !== 'failing' && wasLate)))
      findings.retired.push(source);
  }
  const known = new Set(health.map(({ task }) => TASK + task));
  for (const [source, { cause }] of open)
    if (source.startsWith(TASK) && !known.has(source) && cause?.startsWith(LATE))
      findings.retired.push(source);
  return findings;
}

const hasRunSince = ({ lastRunAt }: TaskHealth, incident: { openedAt: string } | undefined): boolean =>
  lastRunAt !== null && incident !== undefined && lastRunAt.getTime() > Date.parse(incident.openedAt);

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
