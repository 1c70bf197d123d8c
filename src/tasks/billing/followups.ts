import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { isDayOff, localDay } from '../../calendar.js';
import { deliver } from '../../messages/delivery.js';
import { defineTask } from '../define.js';
import { addMissing } from './add-missing.js';
import { type Blocked, blockedColumn, dueDocuments } from './due.js';
import type { FollowupContext, FollowupTally } from './model.js';
import { sendDue } from './send-due.js';
import { stopEnded } from './stop.js';
import { takeBackCancelled } from './take-back.js';

/** Documents worked on in one transaction. */
const BATCH_SIZE = 200;

const SKIPPED: Record<Blocked, keyof FollowupTally> = {
  company: 'skippedCompany',
  followup: 'skippedFollowup',
  closed: 'skippedClosed',
  weekend: 'skippedWeekend',
};

export const followups = defineTask({
  name: 'followups',
  path: '/followups/process-automatic',
  schedule: '0 * * * *',
  product: 'lokario',
  summary: 'Chase unpaid invoices and unanswered quotes, step by step, until somebody pays or answers',
  success: (t) => t.tasks.followups.success,
  timeoutMs: 600_000,
  needs: ['db', 'mail'],
  uses: ['vault'],
  input: z.object({}),
  async run(context) {
    const tally = newTally();
    await stopEnded(context, tally);
    await takeBackCancelled(context);
    await addMissing(context);
    const due = await findDue(context, tally);
    let worked = 0;
    for (; worked < due.length && !context.outOfTime(); worked += BATCH_SIZE) {
      await sendDue(context, due.slice(worked, worked + BATCH_SIZE), tally);
      context.progress({ ...tally });
    }
    const { remaining, ...delivered } = await deliver(context, { task: 'followups' });
    const unseen = Math.max(due.length - worked, 0);
    return { ...tally, ...delivered, remaining: remaining + unseen };
  },
});

const newTally = (): FollowupTally => ({
  due: 0,
  queued: 0,
  stopped: 0,
  reported: 0,
  skipped: 0,
  skippedCompany: 0,
  skippedFollowup: 0,
  skippedClosed: 0,
  skippedWeekend: 0,
});

/** The documents to work on; those that must wait are counted. */
async function findDue(context: FollowupContext, tally: FollowupTally): Promise<string[]> {
  const { db, site, now } = context;
  const dayOff = isDayOff(localDay(now(), site.timeZone));
  const columns = sql`document.id, ${blockedColumn(dayOff)}`;
  const due = await db.rows<{ id: string; blocked: Blocked | null }>(
    dueDocuments({ now: now(), timeZone: site.timeZone, columns }),
  );
  tally.due = due.length;
  for (const { blocked } of due) {
    if (!blocked) continue;
    tally.skipped += 1;
    tally[SKIPPED[blocked]] += 1;
  }
  return due.filter(({ blocked }) => !blocked).map(({ id }) => id);
}
