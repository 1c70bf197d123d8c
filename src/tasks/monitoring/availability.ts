import { z } from 'zod';
import { rollUpDays } from '../../db/uptime.js';
import { deliver } from '../../messages/delivery.js';
import { ALERTS } from '../../messages/queue.js';
import type { TaskState } from '../../task-health.js';
import { type Capabilities, defineTask } from '../define.js';
import { unlessItFails } from '../unless-it-fails.js';
import { lastGood } from './availability/checks.js';
import { judge, type Reader } from './availability/findings.js';
import { judgeTasks, type OpenIncidents } from './availability/late-tasks.js';
import { type Monitor, readMonitors, sourceOf } from './availability/monitors.js';
import { checkInPasses, PAUSES_MS, type Seen } from './availability/passes.js';
import { openIncidents, type TellContext, tell } from './availability/tell.js';

const NAME = 'monitor-availability';

export const monitorAvailability = availabilityTask(PAUSES_MS);

/** @param pauses when the failing ones are checked again, from the start of the run's first pass */
export function availabilityTask(pauses: number[]) {
  return defineTask({
    name: NAME,
    path: '/monitoring/availability',
    schedule: '*/5 * * * *',
    product: 'talos',
    summary:
      'Check every monitor, and whether every task runs on time; alert of what is down, late or failing',
    success: (t) => t.tasks[NAME].success,
    timeoutMs: 240_000,
    needs: ['db', 'taskHealth'],
    uses: ['mail', 'sms', 'vault'],
    input: z.object({}),
    run: (context) => watch(context, pauses),
  });
}

type AvailabilityContext = TellContext & Pick<Capabilities, 'taskHealth'>;

async function watch(context: AvailabilityContext, pauses: number[]) {
  const monitors = await readMonitors(context.db, context.fail);
  const seen = await look(context, monitors, pauses);
  // Passes take a while: others may have opened or ended some meanwhile.
  const open = await openIncidents(context.db);
  const reader = readerOf(context);
  const tasks = await unlessItFails(context, 'tasks', () => tasksOf(context, open, reader));
  const tally = await tell(
    context,
    [judge(monitors, seen, reader), ...(tasks ? [tasks.findings] : [])],
    open,
  );
  const days = await unlessItFails(context, 'monitor_days', () => rollUp(context));
  const { sent } = await deliver(context, { task: ALERTS });
  return { monitors: monitors.length, ...countsOf(seen), ...tally, ...tasks?.counts, days: days ?? 0, sent };
}

async function look(context: AvailabilityContext, monitors: Monitor[], pauses: number[]): Promise<Seen> {
  const incidents = await openIncidents(context.db);
  const open = new Set(monitors.map(({ id }) => id).filter((id) => incidents.has(sourceOf(id))));
  const good = await lastGood(context.db, open, context.now());
  return checkInPasses(context, monitors, { open, lastGood: good, pauses });
}

async function tasksOf({ taskHealth, runId }: AvailabilityContext, open: OpenIncidents, reader: Reader) {
  // This one is running at this very moment.
  const health = (await taskHealth()).filter(({ task }) => task !== NAME);
  const count = (wanted: TaskState) => health.filter(({ state }) => state === wanted).length;
  return {
    findings: judgeTasks(health, { open, runId, reader }),
    counts: { lateTasks: count('late'), failingTasks: count('failing') },
  };
}

/** @returns how many lines are new */
const rollUp = async ({ db, now, dryRun }: AvailabilityContext): Promise<number> =>
  dryRun ? 0 : db.write((tx) => rollUpDays(tx, now()));

const readerOf = ({ messages, site, now }: AvailabilityContext): Reader => ({ messages, site, now: now() });

function countsOf({ checks, blind, down, well }: Seen) {
  const all = [...checks.values()].flat();
  return {
    up: well.size,
    down: down.size,
    checks: all.length,
    failedChecks: all.filter(({ result }) => !result.ok).length,
    networkDown: blind,
  };
}
