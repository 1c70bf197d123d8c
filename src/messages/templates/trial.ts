import { localDay } from '../../calendar.js';
import type { TrialLetter } from '../../locales/trials.js';
import { formatDay, formatMoment } from '../format.js';
import { type ComposedMail, composeMail, type Look, paragraph, plainName } from '../layout.js';

export interface TrialWords {
  /** Of the reader; empty when a company's own address is written to. */
  name: string;
  company: string;
  /** How the sender is called; may be empty. */
  product: string;
  endsAt: Date | undefined;
  unsubscribeUrl?: string | undefined;
}

/** A word to a company on trial, or just after it. */
export function trialMail(letter: TrialLetter, words: TrialWords, look: Look): ComposedMail {
  const { site, messages } = look;
  const { letters, closing } = messages.trials;
  const { subject, heading, before, button, after } = letters[letter];
  const product = plainName(words.product);
  const { endsAt } = words;
  const texts = {
    product,
    company: plainName(words.company),
    day: endsAt ? formatDay(localDay(endsAt, site.timeZone), site.locale) : '',
    moment: endsAt ? formatMoment(endsAt, site) : '',
  };
  return composeMail(
    {
      subject: subject(texts),
      heading: heading(texts),
      blocks: [
        paragraph(messages.mails.greeting(plainName(words.name))),
        ...before(texts).map(paragraph),
        { kind: 'button', link: { label: button, url: site.appUrl } },
        ...after(texts).map(paragraph),
        { kind: 'signature', closing: closing(product), name: product },
      ],
      unsubscribeUrl: words.unsubscribeUrl,
    },
    look,
  );
}

/** The offer of help in a few words, with a way out that works whatever the sender's name is. */
export function trialSms(
  { product, unsubscribeUrl }: Pick<TrialWords, 'product' | 'unsubscribeUrl'>,
  { site, messages }: Look,
): string {
  return messages.trials.sms({ product: plainName(product), appUrl: site.appUrl, unsubscribeUrl });
}
