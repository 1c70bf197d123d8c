import { type SQL, sql } from 'drizzle-orm';
import { rowsOf } from '../../db/client.js';
import { formatMoment } from '../../messages/format.js';
import { addNotifications } from '../../messages/notify.js';
import { type NewMessage, queueMessages } from '../../messages/queue.js';
import { appointmentMail } from '../../messages/templates/appointment.js';
import type { Round } from './round.js';
import { line } from './texts.js';
import { foresee, holdReader, reachable, silentAfter, untold } from './untold.js';

/** Mails are large: fewer in a transaction. */
const BATCH = 500;
const KIND = 'appointment_reminder';
const MAILED_MINUTES = 1_440;
const MOST_MINUTES = 525_600;
/** A reminder at the very start, and one that the last call just missed, may come this late. */
const GRACE = sql`interval '30 minutes'`;

/** One reminder of one appointment whose time has come. */
interface Reminder {
  title: string;
  location: string | null;
  startsAt: string;
  /** As a cursor, to the microsecond. */
  startsAtText: string;
  minutes: number;
  dedupeKey: string;
  userId: string;
  email: string;
  name: string;
}

export async function remindOfAppointments(round: Round): Promise<void> {
  if (round.dryRun) return foreseeReminders(round);
  let from: string | null = '-infinity';
  while (from !== null) from = await remindOfSome(round, from);
}

/** @returns the start to go on from, or null at the end */
async function remindOfSome(round: Round, from: string): Promise<string | null> {
  const { mail, vault, now, tally } = round;
  const reminders = await round.db.write(async (tx) => {
    const due = await rowsOf<Reminder>(
      tx,
      sql`
        ${dueReminders(round)} and appointment.starts_at >= ${from}::timestamptz
        order by appointment.starts_at limit ${BATCH} ${holdReader}
      `,
    );
    const added = await addNotifications(
      tx,
      due.map((reminder) => noticeOf(round, reminder)),
    );
    tally.notifications += added;
    tally.appointmentReminders += added;
    if (mail) {
      const mailed = due.filter(({ minutes }) => minutes === MAILED_MINUTES);
      const messages = mailed.map((reminder) => mailOf(round, reminder));
      const queued = await queueMessages(tx, messages, { sender: mail.sender, vault, now });
      tally.mails += queued;
    }
    return due;
  });
  return reminders.length < BATCH ? null : (reminders.at(-1)?.startsAtText ?? null);
}

function noticeOf({ messages, site }: Round, reminder: Reminder) {
  const { userId, dedupeKey } = reminder;
  const { untitled, appointment } = messages.reminders;
  const text = appointment({
    title: line(reminder.title, untitled),
    starts: formatMoment(startOf(reminder), site),
    location: placeOf(reminder),
  });
  return { userId, kind: KIND, severity: 'info' as const, dedupeKey, link: null, ...text };
}

function mailOf(round: Round, reminder: Reminder): NewMessage {
  const { email, name, dedupeKey } = reminder;
  const unsubscribeUrl = round.site.unsubscribeUrl(email);
  const appointment = {
    name,
    title: line(reminder.title, round.messages.reminders.untitled),
    startsAt: startOf(reminder),
    location: placeOf(reminder),
    unsubscribeUrl,
  };
  const content = appointmentMail(appointment, round);
  return { task: 'overdue-reminders', dedupeKey, recipient: email, unsubscribeUrl, ...content };
}

const placeOf = ({ location }: Reminder): string | null => line(location ?? '', '') || null;

const startOf = ({ startsAt }: Reminder): Date => new Date(Number(startsAt) * 1000);

const startSecond = sql`floor(extract(epoch from appointment.starts_at))::bigint`;
const key = sql`'appointment:' || appointment.id || ':' || ${startSecond} || ':' || reminder.minutes`;
const remindAt = sql`appointment.starts_at - make_interval(mins => reminder.minutes)`;

function dueReminders(round: Round): SQL {
  const now = sql`${round.now.toISOString()}::timestamptz`;
  return sql`
    select appointment.title, appointment.location, ${startSecond}::text as "startsAt",
      appointment.starts_at::text as "startsAtText", reminder.minutes, ${key} as "dedupeKey",
      reader.id as "userId", reader.email, reader.name
    from cronhook.appointments appointment
    cross join lateral (
      select distinct minutes from unnest(appointment.reminder_minutes) as minutes
      where minutes between 0 and ${sql.raw(`${MOST_MINUTES}`)}
    ) as reminder
    join cronhook.users reader on reader.id = appointment.user_id
    where appointment.status = 'planned' and appointment.starts_at > ${now} - ${GRACE}
      and appointment.starts_at <= ${now} + make_interval(mins => ${sql.raw(`${MOST_MINUTES}`)})
      and ${remindAt} <= ${now} and ${remindAt} > ${now} - ${silentAfter}
      and (appointment.starts_at > ${now} or ${remindAt} > ${now} - ${GRACE})
      and ${reachable} and ${untold(key)}
  `;
}

async function foreseeReminders(round: Round): Promise<void> {
  const mailed = round.mail ? sql`due.minutes = ${MAILED_MINUTES}` : sql`false`;
  const { total, mails } = await foresee(round, KIND, dueReminders(round), mailed);
  round.tally.appointmentReminders += total;
  round.tally.notifications += total;
  round.tally.mails += mails;
}
