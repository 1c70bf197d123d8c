import { z } from 'zod';
import { createProber, type Prober, type ProberOptions } from '../../clients/probe.js';
import type { Transaction } from '../../db/client.js';
import { rollUpDays } from '../../db/uptime.js';
import { deliverAlerts } from '../../incidents/deliver-alerts.js';
import { observe } from '../../incidents/observe.js';
import { createTelling } from '../../incidents/telling.js';
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

/**
 * @param pauses when the failing ones are checked again, from the start of the run's first pass
 * @param network what is trusted and asked for names instead of the system's
 */
export function availabilityTask(pauses: number[], network: ProberOptions = {}) {
  return defineTask({
    name: NAME,
    path: '/monitoring/availability',
    schedule: '*/5 * * * *',
    product: 'talos',
    summary:
      'Check every monitor, and whether every task runs on time; alert of what is down, late or failing',
    success: (t) => t.tasks[NAME].success,
    timeoutMs: 240_000,
    variableDuration: true,
    needs: ['db', 'taskHealth'],
    uses: ['mail', 'sms', 'vault'],
    input: z.object({}),
    run: (context) => watch(context, { pauses, prober: createProber(network) }),
  });
}

type AvailabilityContext = TellContext & Pick<Capabilities, 'taskHealth'>;

interface Means {
  pauses: number[];
  prober: Prober;
}

async function watch(context: AvailabilityContext, means: Means) {
  const monitors = await readMonitors(context.db, context.fail);
  const { recovered, ...seen } = await look(context, monitors, means);
  // Passes take a while: others may have opened or ended some meanwhile.
  const open = await openIncidents(context.db);
  const reader = readerOf(context);
  const tasks = await unlessItFails(context, 'tasks', () => tasksOf(context, open, reader));
  const findings = judge(seen, { open, runId: context.runId, reader });
  const tally = await tell(context, [findings, ...(tasks ? [tasks.findings] : [])], open);
  tally.recovered += recovered;
  const days = await unlessItFails(context, 'monitor_days', () => rollUp(context));
  const { sent } = await deliverAlerts(context);
  return { monitors: monitors.length, ...countsOf(seen), ...tally, ...tasks?.counts, days: days ?? 0, sent };
}

/** Those that recover do so at once: others may be in doubt for minutes. */
async function look(
  context: AvailabilityContext,
  monitors: Monitor[],
  means: Means,
): Promise<Seen & { recovered: number }> {
  const incidents = await openIncidents(context.db);
  const open = new Set(monitors.map(({ id }) => id).filter((id) => incidents.has(sourceOf(id))));
  const good = await lastGood(context.db, open, context.now());
  let recovered = 0;
  const onRecovered = async (tx: Transaction, those: Monitor[]) => {
    if (those.length === 0) return;
    const well = { wrong: [], well: those.map(({ id }) => sourceOf(id)) };
    recovered += (await observe(tx, well, createTelling(context))).recovered;
  };
  const seen = await checkInPasses(context, monitors, { ...means, open, lastGood: good, onRecovered });
  return { ...seen, recovered };
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

function countsOf({ checks, network, down, well }: Seen) {
  const all = [...checks.values()].flat();
  return {
    up: well.size,
    down: down.size,
    checks: all.length,
    failedChecks: all.filter(({ result }) => !result.ok).length,
    networkDown: network.state === 'down',
  };
}
