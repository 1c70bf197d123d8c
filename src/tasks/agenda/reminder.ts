import { formatMoment } from '../../messages/format.js';
import type { NewNotification } from '../../messages/notify.js';
import type { NewMessage } from '../../messages/queue.js';
import { appointmentMail } from '../../messages/templates/appointment.js';
import type { Round } from './round.js';
import { line } from './texts.js';

export const KIND = 'appointment_reminder';

/** One reminder of one appointment whose time has come. */
export interface Reminder {
  title: string;
  location: string | null;
  startsAt: string;
  /** As a cursor, to the microsecond. */
  startsAtText: string;
  minutes: number;
  dedupeKey: string;
  fingerprint: string;
  userId: string;
  email: string;
  name: string;
}

export function noticeOf({ messages, site }: Round, reminder: Reminder): NewNotification {
  const { userId, dedupeKey } = reminder;
  const { untitled, appointment } = messages.reminders;
  const text = appointment({
    title: line(reminder.title, untitled),
    starts: formatMoment(startOf(reminder), site),
    location: placeOf(reminder),
  });
  return { userId, kind: KIND, severity: 'info', dedupeKey, link: null, ...text };
}

export function mailOf(round: Round, reminder: Reminder): NewMessage {
  const { name, dedupeKey, fingerprint } = reminder;
  const recipient = reminder.email.trim();
  const unsubscribeUrl = round.site.unsubscribeUrl(recipient);
  const appointment = {
    name,
    title: line(reminder.title, round.messages.reminders.untitled),
    startsAt: startOf(reminder),
    location: placeOf(reminder),
    unsubscribeUrl,
  };
  const content = appointmentMail(appointment, round);
  return { task: 'overdue-reminders', dedupeKey, recipient, unsubscribeUrl, fingerprint, ...content };
}

const placeOf = ({ location }: Reminder): string | null => line(location ?? '', '') || null;

const startOf = ({ startsAt }: Reminder): Date => new Date(Number(startsAt) * 1000);
