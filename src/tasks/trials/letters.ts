import type { TrialLetter } from '../../locales/trials.js';
import type { NewMessage } from '../../messages/queue.js';
import { trialMail, trialSms } from '../../messages/templates/trial.js';
import type { Trial, TrialContext } from './model.js';
import type { Recipient } from './recipients.js';

/** @param key names the cause, without its kind: `<company>:<second>` */
export function trialLetter(
  letter: TrialLetter,
  { trial, recipient, task, key }: { trial: Trial; recipient: Recipient; task: string; key: string },
  context: TrialContext,
): NewMessage {
  const { site, mail } = context;
  const unsubscribeUrl = site.unsubscribeUrl(recipient.address);
  const words = {
    name: recipient.name,
    company: trial.name,
    product: mail.sender.name ?? '',
    endsAt: trial.endsAt === null ? undefined : new Date(trial.endsAt),
    unsubscribeUrl,
  };
  return {
    task,
    dedupeKey: `trial-${letter}:${key}`,
    recipient: recipient.address,
    ...trialMail(letter, words, context),
    // They are asked to answer: somebody should read it.
    replyTo: site.adminEmail,
    unsubscribeUrl,
  };
}

export function trialText(
  { number, task, key }: { number: string; task: string; key: string },
  context: TrialContext,
): NewMessage {
  const { site, mail } = context;
  const text = trialSms(
    { product: mail.sender.name ?? '', unsubscribeUrl: site.unsubscribeUrl(number) },
    context,
  );
  return {
    task,
    channel: 'sms',
    dedupeKey: `trial-help:${key}:sms`,
    recipient: number,
    subject: '',
    text,
    marketing: true,
  };
}
