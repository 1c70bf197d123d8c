import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { anyOf } from '../../db/ids.js';
import { calendarLater, showable, sqlTime } from '../../db/moments.js';
import { lastActivity, nudgeable } from '../../db/trials.js';
import { type NewMessage, queueMessages } from '../../messages/queue.js';
import { inBatches, trialsIn } from './batches.js';
import { trialLetter } from './letters.js';
import type { Trial, TrialContext } from './model.js';
import type { Nudges } from './nudge.js';
import { recipientOf } from './recipients.js';

const PATIENCE_DAYS = 4;

/** Four days on the clock on the wall after the offer of help has really left. */
const stillSilent = (now: Date, timeZone: string): SQL => sql`(${nudgeable(now)}
  and contact.demo_offered_at is null and ${lastActivity(timeZone)} <= contact.help_offered_at
  and ${hourOf(sql`contact.help_offered_at`, timeZone)} <= ${latest(now, timeZone)}
  and not exists (
    select from cronhook.outbox_messages help where help.dedupe_key in (${helpKey}, ${helpKey} || ':sms')
      and (help.status in ('pending', 'sending', 'held')
        or ${hourOf(sql`help.sent_at`, timeZone)} > ${latest(now, timeZone)})
  ))`;

const helpKey = sql`'trial-help:' || contact.company_id || ':' || floor(extract(epoch from contact.help_offered_at))`;

/** By its hour: a scheduler that calls a second earlier than four days ago must not make it five. */
const hourOf = (moment: SQL, timeZone: string): SQL =>
  sql`date_trunc('hour', ${showable(moment)} at time zone ${timeZone})`;

const latest = (now: Date, timeZone: string): SQL =>
  sql`(${calendarLater(sqlTime(now), { days: -PATIENCE_DAYS }, timeZone)} at time zone ${timeZone})`;

/**
 * Offers a demonstration to those whom the offer of help has not brought back, once a trial.
 * @returns how many are left
 */
export function offerDemo(context: TrialContext, tally: Nudges): Promise<number> {
  const due = stillSilent(context.now(), context.site.timeZone);
  return inBatches(context, tally, {
    due,
    foresee(trial) {
      const to = recipientOf(trial)?.address ?? null;
      context.would(trial.name, { action: 'offer a demo', company: trial.id, to });
      return to === null ? { unreachable: 1 } : { demoOffered: 1 };
    },
    async work(tx, ids) {
      const trials = await trialsIn(tx, ids, due);
      const claimed = await claim(tx, trials.filter(recipientOf), context.now());
      const letters = trials.filter(({ id }) => claimed.has(id)).flatMap((trial) => offer(trial, context));
      const { mail, vault, now } = context;
      await queueMessages(tx, letters, { sender: mail.sender, vault, now: now() });
      return { demoOffered: letters.length, unreachable: trials.length - letters.length };
    },
  });
}

/** @returns those to which no demo had been offered */
async function claim(tx: Transaction, trials: Trial[], now: Date): Promise<Set<string>> {
  const claimed = await rowsOf<{ id: string }>(
    tx,
    sql`
      update cronhook.trial_contacts set demo_offered_at = ${sqlTime(now)}
      where company_id = ${anyOf(trials.map(({ id }) => id))} and demo_offered_at is null
      returning company_id as id
    `,
  );
  return new Set(claimed.map(({ id }) => id));
}

function offer(trial: Trial, context: TrialContext): NewMessage[] {
  const recipient = recipientOf(trial);
  if (!recipient) return [];
  const key = `${trial.id}:${Math.floor(context.now().getTime() / 1000)}`;
  return [trialLetter('demo', { trial, recipient, task: 'trials-nudge', key }, context)];
}
