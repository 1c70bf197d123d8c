import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { MOST_READERS } from '../../db/reactivation-questions.js';
import { isLive } from '../../db/signs-of-life.js';
import { deliver } from '../../messages/delivery.js';
import { ErasureStore } from '../accounts/erasures.js';
import { defineTask } from '../define.js';
import { anonymiseDue, forgetExports } from './anonymise.js';
import { archiveDue } from './archive.js';
import { askInactive, askNextReaders } from './ask.js';
import { type ArchiveContext, type ArchiveRun, NAME } from './model.js';
import { restoreLiving } from './restore.js';
import { sweepExports } from './sweep.js';

export const clientsArchive = defineTask({
  name: NAME,
  path: '/clients/archive-inactive',
  schedule: '0 0 1 * *',
  product: 'talos',
  summary:
    'Ask inactive companies whether they come back, archive the silent ones, anonymise them a year later',
  success: (t) => t.tasks[NAME].success,
  timeoutMs: 1_800_000,
  needs: ['db', 'mail', 'storage', 'vault'],
  uses: ['backups', 'stripe'],
  input: z.object({}),
  async run(context) {
    const run = newRun(context);
    const erasures = new ErasureStore(context);
    await restoreLiving(run);
    await askInactive(run);
    const { sent, undelivered } = await deliverQuestions(run);
    await sweepExports(run);
    if (!run.storageAway) await erasures.storePending();
    await forgetExports(run);
    await anonymiseDue(run, erasures);
    await archiveDue(run);
    const unstored = await erasures.countPending();
    const remaining = run.tally.remaining + undelivered;
    return { ...run.tally, remaining, waiting: await countWaiting(context), unstored, sent };
  },
});

/** Until each question has left, waits, or has nobody left to go to. */
async function deliverQuestions(run: ArchiveRun): Promise<{ sent: number; undelivered: number }> {
  let sent = 0;
  for (let round = 1; ; round++) {
    const delivered = await deliver(run.context, { task: NAME });
    sent += delivered.sent;
    const redirected = await askNextReaders(run);
    if (redirected === 0 || round === MOST_READERS || run.context.dryRun)
      return { sent, undelivered: delivered.remaining };
  }
}

const newRun = (context: ArchiveContext): ArchiveRun => ({
  context,
  tally: {
    asked: 0,
    redirected: 0,
    unreachable: 0,
    returned: 0,
    archived: 0,
    renewed: 0,
    restored: 0,
    anonymised: 0,
    orphans: 0,
    remaining: 0,
  },
  storageAway: false,
  back: new Set(),
});

/** Asked, and neither back nor archived. */
async function countWaiting({ db }: ArchiveContext): Promise<number> {
  const [row] = await db.rows<{ count: number }>(sql`
    select count(*)::int as count from cronhook.companies company
    where ${isLive} and company.reactivation_asked_at is not null
  `);
  return row?.count ?? 0;
}
