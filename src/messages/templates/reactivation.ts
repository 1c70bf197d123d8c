import { addDays, localDay } from '../../calendar.js';
import { ARCHIVE_MONTHS, GRACE_DAYS } from '../../db/signs-of-life.js';
import { formatDay } from '../format.js';
import { type ComposedMail, composeMail, type Look, paragraph, plainName } from '../layout.js';

export interface Reactivation {
  /** Of the reader; empty for a company's own address. */
  name: string;
  company: string;
  askedAt: Date;
  /** Where one click keeps everything. */
  url: string;
  unsubscribeUrl: string | undefined;
}

/** Asks a company in which nobody has been for long whether it comes back, before it is archived. */
export function reactivationMail(
  { name, company, askedAt, url, unsubscribeUrl }: Reactivation,
  look: Look,
): ComposedMail {
  const { site, messages } = look;
  const words = messages.archiving.mail;
  const called = plainName(company);
  const archivedFrom = formatDay(addDays(localDay(askedAt, site.timeZone), GRACE_DAYS), site.locale);
  return composeMail(
    {
      subject: words.subject(called),
      heading: words.heading,
      blocks: [
        paragraph(messages.mails.greeting(plainName(name))),
        ...words.before(called).map(paragraph),
        { kind: 'button', link: { label: words.button, url } },
        ...words.after(archivedFrom, ARCHIVE_MONTHS).map(paragraph),
      ],
      unsubscribeUrl,
    },
    look,
  );
}
