import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { at, onTrial } from '../../db/trials.js';
import { type NewMessage, queueMessages } from '../../messages/queue.js';
import { inBatches, lockFree, trialsIn } from './batches.js';
import { uuids } from './find.js';
import { trialLetter } from './letters.js';
import type { Trial, TrialContext } from './model.js';
import { recipientOf } from './recipients.js';

export interface Endings {
  expired: number;
  usersDisabled: number;
  sessionsEnded: number;
  warned: number;
  /** Companies to which nothing can be written. */
  unreachable: number;
  /** Somebody else was writing to the company: its trial ends at the next call. */
  busy: number;
}

export const newEndings = (): Endings => ({
  expired: 0,
  usersDisabled: 0,
  sessionsEnded: 0,
  warned: 0,
  unreachable: 0,
  busy: 0,
});

const ended = (now: Date): SQL => sql`(${onTrial} and isfinite(company.trial_ends_at)
  and company.trial_ends_at <= ${at(now)})`;

/**
 * Ends the trials that are over, of companies that have not become customers.
 * @returns how many are left
 */
export const endTrials = (context: TrialContext, tally: Endings): Promise<number> =>
  inBatches(context, tally, {
    due: ended(context.now()),
    foresee(trial) {
      const { name, id, endsAt, users } = trial;
      const to = recipientOf(trial)?.address ?? null;
      context.would(name, { action: 'expire', company: id, trialEndedAt: endsAt, usersDisabled: users, to });
      return { expired: 1, usersDisabled: users, unreachable: to === null ? 1 : 0 };
    },
    work: (tx, ids) => endSome(tx, ids, context),
  });

async function endSome(tx: Transaction, ids: string[], context: TrialContext): Promise<Partial<Endings>> {
  const now = context.now();
  const free = await lockFree(tx, ids);
  // A statement of its own: what was committed before the lock was ours is seen now.
  const trials = await trialsIn(tx, free, ended(now));
  if (trials.length === 0) return { busy: ids.length - free.length };
  const companies = uuids(trials.map(({ id }) => id));
  await tx.execute(sql`update cronhook.companies set status = 'expired' where id = ${companies}`);
  const users = await rowsOf(
    tx,
    sql`update cronhook.users set disabled_at = ${at(now)}
      where company_id = ${companies} and disabled_at is null returning 1`,
  );
  const sessions = await rowsOf(
    tx,
    sql`delete from cronhook.sessions
      where user_id in (select id from cronhook.users where company_id = ${companies}) returning 1`,
  );
  await tx.execute(sql`delete from cronhook.trial_contacts where company_id = ${companies}`);
  const offers = trials.flatMap((trial) => offer(trial, context));
  await queueMessages(tx, offers, { sender: context.mail.sender, vault: context.vault, now });
  return {
    expired: trials.length,
    usersDisabled: users.length,
    sessionsEnded: sessions.length,
    unreachable: trials.length - offers.length,
    busy: ids.length - free.length,
  };
}

function offer(trial: Trial, context: TrialContext): NewMessage[] {
  const recipient = recipientOf(trial);
  if (!recipient) return [];
  const key = `${trial.id}:${trial.endSecond}`;
  return [trialLetter('expired', { trial, recipient, task: 'trials-expire', key }, context)];
}
