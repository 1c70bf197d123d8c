import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { anyOf } from '../../db/ids.js';
import { sqlTime } from '../../db/moments.js';
import { onTrial } from '../../db/trials.js';
import { type NewMessage, queueMessages } from '../../messages/queue.js';
import { inBatches, trialsIn } from './batches.js';
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
  /** Their trials ended too long ago for an offer. */
  withoutOffer: number;
  /** Somebody else was writing to the company: its trial ends at the next call. */
  busy: number;
}

/** Older ends come from an import, or from a service that was away: an offer would come out of the blue. */
const OFFER_DAYS = 60;
const DAY_MS = 86_400_000;
/** Companies side by side, each in a transaction of its own. */
const SIDE_BY_SIDE = 4;

export const newEndings = (): Endings => ({
  expired: 0,
  usersDisabled: 0,
  sessionsEnded: 0,
  warned: 0,
  unreachable: 0,
  withoutOffer: 0,
  busy: 0,
});

const ended = (now: Date): SQL => sql`(${onTrial(now)} and isfinite(company.trial_ends_at)
  and company.trial_ends_at <= ${sqlTime(now)})`;

/**
 * Ends the trials that are over, of companies that have not become customers.
 * @returns how many are left
 */
export const endTrials = (context: TrialContext, tally: Endings): Promise<number> =>
  inBatches(context, tally, {
    due: ended(context.now()),
    apart: SIDE_BY_SIDE,
    busy: { busy: 1 },
    foresee(trial) {
      const { name, id, endsAt, users } = trial;
      const getsOffer = isRecent(trial, context.now());
      const to = (getsOffer && recipientOf(trial)?.address) || null;
      context.would(name, { action: 'expire', company: id, trialEndedAt: endsAt, usersDisabled: users, to });
      return { expired: 1, usersDisabled: users, ...unwritten([trial], to === null ? 0 : 1, context) };
    },
    work: (tx, ids) => end(tx, ids, context),
  });

async function end(tx: Transaction, ids: string[], context: TrialContext): Promise<Partial<Endings>> {
  const now = context.now();
  await lockAtOnce(tx, anyOf(ids));
  // A statement of its own: what was committed before the lock was ours is seen now.
  const trials = await trialsIn(tx, ids, ended(now));
  if (trials.length === 0) return {};
  const companies = anyOf(trials.map(({ id }) => id));
  await tx.execute(sql`update cronhook.companies set status = 'expired' where id = ${companies}`);
  const users = await rowsOf(
    tx,
    sql`update cronhook.users set disabled_at = ${sqlTime(now)}
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
    ...unwritten(trials, offers.length, context),
  };
}

/**
 * Fails where somebody else holds one of the rows. Who waited for them here would keep the company's own conversion
 * waiting too, or end it by a deadlock.
 */
async function lockAtOnce(tx: Transaction, companies: SQL): Promise<void> {
  await tx.execute(sql`
    with company as (
      select from cronhook.companies where id = ${companies} for update nowait
    ), member as (
      select from cronhook.users where company_id = ${companies} for no key update nowait
    ), visit as (
      select from cronhook.sessions
      where user_id in (select id from cronhook.users where company_id = ${companies}) for update nowait
    )
    select (select count(*) from company), (select count(*) from member), (select count(*) from visit)
  `);
}

function unwritten(trials: Trial[], offers: number, context: TrialContext) {
  const recent = trials.filter((trial) => isRecent(trial, context.now())).length;
  return { unreachable: recent - offers, withoutOffer: trials.length - recent };
}

const isRecent = ({ endsAt }: Trial, now: Date): boolean =>
  endsAt !== null && now.getTime() - Date.parse(endsAt) <= OFFER_DAYS * DAY_MS;

function offer(trial: Trial, context: TrialContext): NewMessage[] {
  const recipient = recipientOf(trial);
  if (!recipient || !isRecent(trial, context.now())) return [];
  const key = `${trial.id}:${trial.endSecond}`;
  return [trialLetter('expired', { trial, recipient, task: 'trials-expire', key }, context)];
}
