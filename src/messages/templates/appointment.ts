import { formatMoment } from '../format.js';
import { type ComposedMail, composeMail, type Look, paragraph, plainName } from '../layout.js';

export interface AppointmentReminder {
  /** Of the reader. */
  name: string;
  title: string;
  startsAt: Date;
  location: string | null;
  unsubscribeUrl?: string | undefined;
}

export function appointmentMail(appointment: AppointmentReminder, look: Look): ComposedMail {
  const { mails } = look.messages;
  const { subject, heading, before, labels } = mails.appointment;
  const title = plainName(appointment.title);
  const moment = formatMoment(appointment.startsAt, look.site);
  return composeMail(
    {
      subject: subject(title, moment),
      heading,
      blocks: [
        paragraph(mails.greeting(plainName(appointment.name))),
        paragraph(before),
        {
          kind: 'facts',
          facts: [
            { label: labels.title, value: title },
            { label: labels.moment, value: moment },
            { label: labels.location, value: appointment.location ?? '' },
          ],
        },
      ],
      unsubscribeUrl: appointment.unsubscribeUrl,
    },
    look,
  );
}
