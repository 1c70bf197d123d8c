import { type SQL, sql } from 'drizzle-orm';
import { reachable } from '../../db/readers.js';
import { appointmentFingerprint, remindsStill } from '../../messages/fingerprint.js';
import type { Round } from './round.js';
import { silentAfter, untold } from './untold.js';

export const MAILED_MINUTES = 1_440;
const MOST_MINUTES = 525_600;
/** A reminder at the very start, and one that the last call just missed, may come this late. */
const GRACE = sql`interval '30 minutes'`;

const startSecond = sql`floor(extract(epoch from appointment.starts_at))::bigint`;
const key = sql`'appointment:' || appointment.id || ':' || ${startSecond} || ':' || reminder.minutes || ':' || reader.id`;
const remindAt = sql`appointment.starts_at - make_interval(mins => reminder.minutes)`;

/** Reminders whose time has come and of which their reader knows nothing yet. */
export const untoldReminders = (round: Round): SQL => reminders(round, untold(key));

/**
 * Those whose mail was cancelled, or waits and does not say any more what is so: the address, the title or the place
 * has changed since. OFFSET makes each a look into the unique index, as in `untold`.
 */
export const unsentReminders = (round: Round): SQL =>
  reminders(
    round,
    sql`
      reminder.minutes = ${sql.raw(`${MAILED_MINUTES}`)} and appointment.starts_at > ${momentOf(round)} and exists (
        select from cronhook.outbox_messages message
        where message.dedupe_key = ${key}
          and (message.status = 'cancelled' or message.status = 'pending' and not ${remindsStill}) offset 0
      )`,
  );

function reminders(round: Round, wanted: SQL): SQL {
  const now = momentOf(round);
  return sql`
    select appointment.title, appointment.location, ${startSecond}::text as "startsAt",
      appointment.starts_at::text as "startsAtText", reminder.minutes, ${key} as "dedupeKey",
      ${appointmentFingerprint} as fingerprint, reader.id as "userId", reader.email, reader.name
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
      and ${reachable} and ${wanted}
  `;
}

const momentOf = (round: Round): SQL => sql`${round.now.toISOString()}::timestamptz`;
