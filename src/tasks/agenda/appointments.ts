import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { addNotifications } from '../../messages/notify.js';
import { queueMessages } from '../../messages/queue.js';
import { MAILED_MINUTES, unsentReminders, untoldReminders } from './due-reminders.js';
import { KIND, mailOf, noticeOf, type Reminder } from './reminder.js';
import type { Round } from './round.js';
import { foresee, holdReader } from './untold.js';

/** Mails are large: fewer in a transaction. */
const BATCH = 500;

export async function remindOfAppointments(round: Round): Promise<void> {
  if (round.dryRun) return foreseeReminders(round);
  let from: string | null = '-infinity';
  while (from !== null) from = await remindOfSome(round, from);
  if (!round.mail) return;
  let found: number;
  do found = await writeSomeAnew(round);
  while (found === BATCH);
}

/** @returns the start to go on from, or null at the end */
async function remindOfSome(round: Round, from: string): Promise<string | null> {
  const { mail, tally } = round;
  const reminders = await round.db.write(async (tx) => {
    const due = await someOf(
      tx,
      sql`${untoldReminders(round)} and appointment.starts_at >= ${from}::timestamptz`,
    );
    const added = await addNotifications(
      tx,
      due.map((reminder) => noticeOf(round, reminder)),
    );
    tally.notifications += added;
    tally.appointmentReminders += added;
    const mailed = due.filter(({ minutes }) => minutes === MAILED_MINUTES);
    if (mail) await queueMails(round, tx, mailed);
    return due;
  });
  return reminders.length < BATCH ? null : (reminders.at(-1)?.startsAtText ?? null);
}

/** A mail that nobody has got, and that is not true any more, gives way to one that is. */
const writeSomeAnew = (round: Round): Promise<number> =>
  round.db.write(async (tx) => {
    const unsent = await someOf(tx, unsentReminders(round));
    if (unsent.length === 0) return 0;
    const keys = unsent.map(({ dedupeKey }) => dedupeKey);
    // Not one that goes out at this very moment.
    const removed = await rowsOf<{ dedupe_key: string }>(
      tx,
      sql`
        delete from cronhook.outbox_messages
        where dedupe_key = any(${`{${keys}}`}::text::text[]) and status in ('pending', 'cancelled') returning dedupe_key
      `,
    );
    const free = new Set(removed.map(({ dedupe_key }) => dedupe_key));
    await queueMails(
      round,
      tx,
      unsent.filter(({ dedupeKey }) => free.has(dedupeKey)),
    );
    return unsent.length;
  });

const someOf = (tx: Transaction, reminders: SQL): Promise<Reminder[]> =>
  rowsOf(tx, sql`${reminders} order by appointment.starts_at limit ${BATCH} ${holdReader}`);

async function queueMails(round: Round, tx: Transaction, reminders: Reminder[]): Promise<void> {
  const { mail, vault, now, tally } = round;
  const messages = reminders.map((reminder) => mailOf(round, reminder));
  const queued = await queueMessages(tx, messages, { sender: mail?.sender, vault, now });
  tally.mails += queued;
}

async function foreseeReminders(round: Round): Promise<void> {
  const { mail, tally } = round;
  const mailed = mail ? sql`due.minutes = ${MAILED_MINUTES}` : sql`false`;
  const untold = await foresee(round, KIND, untoldReminders(round), mailed);
  const unsent = mail ? await foresee(round, KIND, unsentReminders(round), mailed) : { mails: 0 };
  tally.appointmentReminders += untold.total;
  tally.notifications += untold.total;
  tally.mails += untold.mails + unsent.mails;
}
