import type { DocumentKind, Tone } from '../../locales/mails.js';
import { formatDay, formatMoney } from '../format.js';
import { type ComposedMail, composeMail, type Look, paragraph, plainName } from '../layout.js';

export interface Followup {
  kind: DocumentKind;
  tone: Tone;
  number: string;
  customerName: string;
  /** In whose name it is written. */
  companyName: string;
  /** Minor units of the currency, as PostgreSQL hands out a bigint. */
  totalCents: string;
  currency: string;
  /** `YYYY-MM-DD`, like `dueAt`. */
  issuedAt: string;
  /** Of a quote: how long it is valid. */
  dueAt: string | null;
  /** Since the due date of an invoice. */
  daysLate: number;
  url: string | null;
  /** Shown under quotes only: nobody unsubscribes from a debt. */
  unsubscribeUrl?: string | undefined;
}

/** A company asks for its money, or for an answer to its quote. */
export function followupMail(document: Followup, look: Look): ComposedMail {
  const { kind } = document;
  const { locale } = look.site;
  const { mails } = look.messages;
  const letter = mails.followup[kind][document.tone];
  const words = {
    number: plainName(document.number),
    amount: formatMoney(document.totalCents, document.currency, locale),
    issued: formatDay(document.issuedAt, locale),
    due: document.dueAt ? formatDay(document.dueAt, locale) : '',
  };
  const { labels, overdue, open } = mails.followup;
  const isLate = kind === 'invoice' && words.due !== '' && document.daysLate > 0;
  const signature = plainName(document.companyName);
  return composeMail(
    {
      subject: letter.subject(words.number),
      heading: letter.heading(words.number),
      blocks: [
        paragraph(mails.greeting(plainName(document.customerName))),
        ...letter.before(words).map(paragraph),
        {
          kind: 'facts',
          facts: [
            { label: labels[kind], value: words.number },
            { label: labels.amount, value: words.amount },
            { label: labels.issued, value: words.issued },
            {
              label: kind === 'invoice' ? labels.due : labels.validUntil,
              value: isLate ? overdue(words.due, document.daysLate) : words.due,
            },
          ],
        },
        { kind: 'button', link: { label: open[kind], url: document.url ?? '' } },
        ...letter.after.map(paragraph),
        { kind: 'signature', closing: mails.closing(signature), name: signature },
      ],
      unsubscribeUrl: kind === 'quote' ? document.unsubscribeUrl : undefined,
    },
    look,
  );
}
