import { z } from 'zod';
import { LOG_LEVELS } from '../../db/schema/back-office.js';
import { deliver } from '../../messages/delivery.js';
import { queueMessages } from '../../messages/queue.js';
import { cleanupMail } from '../../messages/templates/cleanup.js';
import { type Capabilities, defineTask, type RunContext } from '../define.js';
import { type LogTally, removeLogs } from './expired-logs.js';
import { type RunTally, removeRuns } from './old-runs.js';

const NAME = 'cleanup-logs';

export const cleanupLogs = defineTask({
  name: NAME,
  path: '/maintenance/cleanup-logs',
  schedule: '0 4 * * 0',
  product: 'talos',
  summary: 'Delete old log lines and runs; the important lines are archived to the storage first',
  success: (t) => t.tasks['cleanup-logs'].success,
  timeoutMs: 1_800_000,
  needs: ['db', 'storage'],
  uses: ['mail', 'vault', 'administrator', 'backups'],
  input: z.object({}),
  async run(context) {
    const tally = newTally();
    const steps = { application_logs: removeLogs, task_runs: removeRuns };
    await inTurn(context, Object.keys(steps) as (keyof typeof steps)[], async (table) => {
      const left = await steps[table](context, tally);
      tally.remaining += left;
    });
    if (context.dryRun) foresee(context, tally);
    else await inTurn(context, ['mail'], () => tell(context, tally));
    return statsOf(tally);
  },
});

type CleanupContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'storage'> &
  Partial<Pick<Capabilities, 'mail' | 'vault' | 'administrator' | 'backups'>>;
type Tally = LogTally & RunTally & { remaining: number };

const newTally = (): Tally => ({
  levels: Object.fromEntries(LOG_LEVELS.map((level) => [level, 0])),
  archived: 0,
  archives: [],
  runs: 0,
  bytesFreed: 0,
  remaining: 0,
});

/** What fails of one does not stop the others. */
const inTurn = <Step extends string>(
  { each }: CleanupContext,
  steps: Step[],
  work: (step: Step) => Promise<void>,
): Promise<void> => each(steps, { concurrency: 1, name: (step) => step }, work);

function foresee({ would }: CleanupContext, { levels, archived, runs }: Tally): void {
  would('application_logs', { delete: levels, archive: archived });
  would('task_runs', { delete: runs });
}

/** Tells the administrator, where there is one, of what is gone. */
async function tell(context: CleanupContext, tally: Tally): Promise<void> {
  const { mail, vault, administrator, db, now, runId, backups } = context;
  if (!mail || !administrator) return;
  if (linesOf(tally) + tally.runs > 0) {
    const archives = tally.archives.map(({ key }) => key);
    const letter = cleanupMail({ ...tally, archives, encrypted: backups?.recipient !== undefined }, context);
    const message = { task: NAME, dedupeKey: `${NAME}:${runId}`, recipient: administrator, ...letter };
    await db.write((tx) => queueMessages(tx, [message], { sender: mail.sender, vault, now: now() }));
  }
  await deliver(context, { task: NAME });
}

const linesOf = ({ levels }: Tally): number => Object.values(levels).reduce((sum, rows) => sum + rows, 0);

function statsOf(tally: Tally) {
  const { levels, archived, archives, runs, bytesFreed, remaining } = tally;
  const known = Object.fromEntries(LOG_LEVELS.map((level) => [level, levels[level] ?? 0]));
  const logs = linesOf(tally);
  return { logs, ...known, archived, archives: archives.length, runs, bytesFreed, remaining };
}
