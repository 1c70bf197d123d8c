import type { Database } from '../db/client.js';
import { DURATION_BOUNDS, type RunTotal, readRunTotals } from '../db/run-totals.js';
import { RUN_STATUSES } from '../db/schema/service.js';
import { type Family, number, type Sample } from './exposition.js';

const ENDED = RUN_STATUSES.filter((status) => status !== 'running');
/** Skipped runs did nothing; when a lost one stopped nobody knows. */
const UNTIMED: readonly RunTotal['status'][] = ['skipped', 'lost'];
const DURATION = 'cronhook_task_run_duration_seconds';

/** How the runs of these tasks have ended since the beginning, whichever replica they ran on. */
export async function runFigures(db: Pick<Database, 'rows'>, tasks: string[]): Promise<Family[]> {
  const totals = await readRunTotals(db, tasks);
  return [
    {
      name: 'cronhook_task_runs_total',
      help: 'Runs that have ended, by task and status; the same at every replica.',
      type: 'counter',
      samples: tasks.flatMap((task) => ENDED.map((status) => runs(totals, task, status))),
    },
    {
      name: DURATION,
      help: 'How long runs took, skipped and lost ones left out; the same at every replica.',
      type: 'histogram',
      samples: tasks.flatMap((task) =>
        durations(
          task,
          totals.filter((total) => total.task === task && !UNTIMED.includes(total.status)),
        ),
      ),
    },
  ];
}

function runs(totals: RunTotal[], task: string, status: RunTotal['status']): Sample {
  const ofStatus = totals.filter((total) => total.task === task && total.status === status);
  return { labels: { task, status }, value: sum(ofStatus.map((total) => total.runs)) };
}

/** Prometheus counts in each bucket what keeps to its bound, the shorter runs included. */
function durations(task: string, totals: RunTotal[]): Sample[] {
  const within = (bound: number) =>
    sum(totals.filter((total) => total.le <= bound).map((total) => total.runs));
  return [
    ...DURATION_BOUNDS.map((bound) => ({
      name: `${DURATION}_bucket`,
      labels: { task, le: number(bound) },
      value: within(bound),
    })),
    {
      name: `${DURATION}_sum`,
      labels: { task },
      value: sum(totals.map((total) => total.durationMs)) / 1000,
    },
    { name: `${DURATION}_count`, labels: { task }, value: within(Number.POSITIVE_INFINITY) },
  ];
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
