import { z } from 'zod';
import { LOG_LEVELS } from '../../db/schema/back-office.js';
import { deliver } from '../../messages/delivery.js';
import { queueMessages } from '../../messages/queue.js';
import { cleanupMail } from '../../messages/templates/cleanup.js';
import { type Capabilities, defineTask, type RunContext } from '../define.js';
import { type LogTally, removeLogs } from './expired-logs.js';
import { type RunTally, removeRuns } from './old-runs.js';
import { addLevels, addUntold, type Recorder, takeUntold } from './untold.js';

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
      const left = await steps[table]({ ...context, record: recorder(context) }, tally);
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
  archives: 0,
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

/** Where nobody is told, nothing is written down. */
const recorder = ({ mail, administrator, now }: CleanupContext): Recorder =>
  mail && administrator ? (tx, gone) => addUntold(tx, gone, now()) : async () => {};

/** Tells the administrator, where there is one, of all that is gone since the last mail: of stopped runs too. */
async function tell(context: CleanupContext, { remaining }: Tally): Promise<void> {
  const { mail, vault, administrator, db, now, runId, backups } = context;
  if (!mail || !administrator) return;
  await db.write(async (tx) => {
    const untold = await takeUntold(tx);
    if (linesOf(untold) + untold.runs === 0) return;
    const encrypted = backups?.recipient !== undefined;
    const letter = cleanupMail({ ...untold, levels: inOrder(untold.levels), remaining, encrypted }, context);
    const message = { task: NAME, dedupeKey: `${NAME}:${runId}`, recipient: administrator, ...letter };
    await queueMessages(tx, [message], { sender: mail.sender, vault, now: now() });
  });
  await deliver(context, { task: NAME });
}

const inOrder = (levels: Tally['levels']): Tally['levels'] => addLevels(newTally().levels, levels);

const linesOf = ({ levels }: Pick<Tally, 'levels'>): number =>
  Object.values(levels).reduce((sum, rows) => sum + rows, 0);

function statsOf(tally: Tally) {
  const { levels, archived, archives, runs, bytesFreed, remaining } = tally;
  const known = Object.fromEntries(LOG_LEVELS.map((level) => [level, levels[level] ?? 0]));
  const logs = linesOf(tally);
  return { logs, ...known, archived, archives, runs, bytesFreed, remaining };
}
