import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { calendarLater, sqlTime } from '../../db/moments.js';
import { lastActivity, nudgeable } from '../../db/trials.js';
import { type NewMessage, queueMessages } from '../../messages/queue.js';
import { inBatches, trialsIn } from './batches.js';
import { trialLetter, trialText } from './letters.js';
import type { Trial, TrialContext } from './model.js';
import type { Nudges } from './nudge.js';
import { mobileOf, type Recipient, recipientOf } from './recipients.js';

const SILENT_DAYS = 3;

const silent = (
  now: Date,
  timeZone: string,
): SQL => sql`(${nudgeable(now)} and contact.help_offered_at is null
  and ${lastActivity(timeZone)} < ${calendarLater(sqlTime(now), { days: -SILENT_DAYS }, timeZone)})`;

/**
 * Offers help to companies on trial that have been silent for more than three days, once a trial.
 * @returns how many are left
 */
export function offerHelp(context: TrialContext, tally: Nudges): Promise<number> {
  const due = silent(context.now(), context.site.timeZone);
  return inBatches(context, tally, {
    due,
    foresee(trial) {
      const { recipient, number } = waysTo(trial, context);
      const to = [recipient?.address, number].filter((way) => way !== undefined);
      context.would(trial.name, { action: 'offer help', company: trial.id, to });
      return counts([trial], context);
    },
    async work(tx, ids) {
      const trials = await trialsIn(tx, ids, due);
      const claimed = await claim(
        tx,
        trials.filter((trial) => isReachable(trial, context)),
        context.now(),
      );
      const chosen = trials.filter(({ id }) => claimed.has(id));
      const messages = chosen.flatMap((trial) => offers(trial, context));
      const { mail, vault, now } = context;
      await queueMessages(tx, messages, { sender: mail.sender, vault, now: now() });
      return { ...counts(chosen, context), unreachable: trials.length - chosen.length };
    },
  });
}

/** By SMS as well where nobody has ever logged in: perhaps the mails do not arrive. */
function waysTo(trial: Trial, { sms }: TrialContext): { recipient?: Recipient; number?: string } {
  const recipient = recipientOf(trial);
  const number = sms && !trial.visited ? mobileOf(trial) : undefined;
  return { ...(recipient && { recipient }), ...(number && { number }) };
}

function isReachable(trial: Trial, context: TrialContext): boolean {
  const { recipient, number } = waysTo(trial, context);
  return recipient !== undefined || number !== undefined;
}

function counts(trials: Trial[], context: TrialContext): Partial<Nudges> {
  const reachable = trials.filter((trial) => isReachable(trial, context));
  return {
    helpOffered: reachable.length,
    smsQueued: trials.filter((trial) => waysTo(trial, context).number !== undefined).length,
    unreachable: trials.length - reachable.length,
  };
}

/** @returns those to which help had not been offered */
async function claim(tx: Transaction, trials: Trial[], now: Date): Promise<Set<string>> {
  const claimed = await rowsOf<{ id: string }>(
    tx,
    sql`
      insert into cronhook.trial_contacts as contact (company_id, help_offered_at)
      select id, ${sqlTime(now)} from unnest((${`{${trials.map(({ id }) => id).join(',')}}`}::text)::uuid[]) as id
      on conflict (company_id) do update set help_offered_at = excluded.help_offered_at
        where contact.help_offered_at is null
      returning company_id as id
    `,
  );
  return new Set(claimed.map(({ id }) => id));
}

function offers(trial: Trial, context: TrialContext): NewMessage[] {
  const { recipient, number } = waysTo(trial, context);
  const key = `${trial.id}:${Math.floor(context.now().getTime() / 1000)}`;
  const task = 'trials-nudge';
  return [
    ...(recipient ? [trialLetter('help', { trial, recipient, task, key }, context)] : []),
    ...(number ? [trialText({ number, task, key }, context)] : []),
  ];
}
