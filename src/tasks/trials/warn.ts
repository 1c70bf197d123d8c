import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../../db/client.js';
import { anyOf } from '../../db/ids.js';
import { calendarLater, sqlTime } from '../../db/moments.js';
import { onTrial } from '../../db/trials.js';
import { type NewMessage, queueMessages } from '../../messages/queue.js';
import { inBatches, lockFree, trialsIn } from './batches.js';
import type { Endings } from './end-trials.js';
import { trialLetter } from './letters.js';
import type { Trial, TrialContext } from './model.js';
import { recipientOf } from './recipients.js';

const WARNING_DAYS = 3;

/** In its last hour a warning would come with the end. */
const ending = (now: Date, timeZone: string): SQL => sql`(${onTrial(now)}
  and company.trial_ends_at > ${sqlTime(now)} + interval '1 hour'
  and company.trial_ends_at <= ${calendarLater(sqlTime(now), { days: WARNING_DAYS }, timeZone)}
  and contact.warned_of is distinct from company.trial_ends_at)`;

/**
 * Warns companies three days before their trial ends, once of each end.
 * @returns how many are left
 */
export function warn(context: TrialContext, tally: Endings): Promise<number> {
  const due = ending(context.now(), context.site.timeZone);
  return inBatches(context, tally, {
    due,
    busy: { busy: 1 },
    foresee(trial) {
      const to = recipientOf(trial)?.address ?? null;
      context.would(trial.name, { action: 'warn', company: trial.id, trialEndsAt: trial.endsAt, to });
      return to === null ? { unreachable: 1 } : { warned: 1 };
    },
    async work(tx, ids) {
      // Nobody moves an end between the letter and the note that it was written.
      const free = await lockFree(tx, ids);
      const trials = await trialsIn(tx, free, due);
      const letters = trials.flatMap((trial) => warning(trial, context));
      const { mail, vault, now } = context;
      await noteWarned(tx, trials.filter(recipientOf));
      const warned = await queueMessages(tx, letters, { sender: mail.sender, vault, now: now() });
      return { warned, unreachable: trials.length - letters.length, busy: ids.length - free.length };
    },
  });
}

function warning(trial: Trial, context: TrialContext): NewMessage[] {
  const recipient = recipientOf(trial);
  if (!recipient) return [];
  const key = `${trial.id}:${trial.endSecond}`;
  return [trialLetter('warning', { trial, recipient, task: 'trials-expire', key }, context)];
}

async function noteWarned(tx: Transaction, trials: Trial[]): Promise<void> {
  await tx.execute(sql`
    insert into cronhook.trial_contacts (company_id, warned_of)
    select id, trial_ends_at from cronhook.companies where id = ${anyOf(trials.map(({ id }) => id))}
    on conflict (company_id) do update set warned_of = excluded.warned_of
  `);
}
