import type { MailTexts } from './mails.js';

const s = (count: number): string => (count === 1 ? '' : 's');
const numbered = (name: string, number: string): string => (number ? `${name} ${number}` : name);
const invoice = (number: string): string => numbered('invoice', number);
const quote = (number: string): string => numbered('quote', number);
const fallenDue = (due: string): string => (due ? `, due on ${due},` : '');

/** An address that is unsubscribed gets nothing more, whoever writes. */
const senders = (sender: string): string => (sender ? `${sender} or other senders of this service` : 'us');

const PAID_MEANWHILE = 'If you have paid in the meantime, please disregard this message.';
const ANSWERED_MEANWHILE = 'If you have answered in the meantime, please disregard this message.';

export const mailsEn: MailTexts = {
  moment: (day, time) => `${day} at ${time}`,
  lessThanAMinute: 'less than a minute',
  greeting: (name) => (name ? `Dear ${name},` : 'Hello,'),
  closing: (signature) => (signature ? 'Kind regards,' : 'Kind regards.'),
  fact: (label, value) => `${label}: ${value}`,
  unsubscribe: { ask: 'You no longer wish to receive these messages?', link: 'Unsubscribe' },
  followup: {
    labels: {
      invoice: 'Invoice',
      quote: 'Quote',
      amount: 'Amount',
      issued: 'Issued on',
      due: 'Due on',
      validUntil: 'Valid until',
    },
    overdue: (due, days) => `${due} (${days} day${s(days)} late)`,
    open: { invoice: 'View the invoice', quote: 'View the quote' },
    invoice: {
      courteous: {
        subject: (number) => `Reminder: ${invoice(number)}`,
        heading: (number) => `Reminder: ${invoice(number)}`,
        before: ({ number, amount, due }) => [
          `Unless we are mistaken, your payment of ${invoice(number)} for ${amount}${fallenDue(due)} has not reached us yet. It has probably just been overlooked.`,
        ],
        after: [
          'We would be grateful if you could see to it as soon as possible.',
          PAID_MEANWHILE,
          'Any question about this invoice? Simply reply to this message.',
        ],
      },
      firm: {
        subject: (number) => `Overdue: ${invoice(number)}`,
        heading: (number) => `Overdue: ${invoice(number)}`,
        before: ({ number, amount, due }) => [
          `Despite our reminder, and unless we are mistaken, your ${invoice(number)} for ${amount}${fallenDue(due)} is still unpaid.`,
          'Please settle it without delay.',
        ],
        after: [
          PAID_MEANWHILE,
          'If something is holding up this payment, simply reply to this message: we will look for a solution with you.',
        ],
      },
      final: {
        subject: (number) => `Final notice before collection: ${invoice(number)}`,
        heading: (number) => `Final notice before collection: ${invoice(number)}`,
        before: ({ number, amount, due }) => [
          `Despite our reminders, and unless we are mistaken, your ${invoice(number)} for ${amount}${fallenDue(due)} remains unpaid.`,
          'We ask you to pay this amount within eight days.',
        ],
        after: [
          'Without payment or an answer from you by then, we may hand this debt over to a collection agency without further notice, and claim what the law and our terms provide for late payment.',
          PAID_MEANWHILE,
          'An amicable solution is still possible: to agree on instalments or to dispute this invoice, simply reply to this message.',
        ],
      },
    },
    quote: {
      courteous: {
        subject: (number) => `Your ${quote(number)}`,
        heading: (number) => `Your ${quote(number)}`,
        before: ({ number, amount, issued }) => [
          `On ${issued} we sent you ${quote(number)} for ${amount}. Have you had a chance to look at it?`,
        ],
        after: [
          'We are happy to talk it over: for a question, a change or your agreement, simply reply to this message.',
          ANSWERED_MEANWHILE,
        ],
      },
      firm: {
        subject: (number) => `Your ${quote(number)} is waiting for your answer`,
        heading: (number) => `Your ${quote(number)} is waiting for your answer`,
        before: ({ number, amount, issued }) => [
          `Unless we are mistaken, you have not answered ${quote(number)} for ${amount} yet, which we sent you on ${issued}.`,
        ],
        after: [
          'To help us plan ahead, we would be grateful for your decision, whichever it is: simply reply to this message.',
          ANSWERED_MEANWHILE,
        ],
      },
      final: {
        subject: (number) => `Last message about your ${quote(number)}`,
        heading: (number) => `Last message about your ${quote(number)}`,
        before: ({ number, amount, issued }) => [
          `We are coming back to you one last time about ${quote(number)} for ${amount}, which we sent you on ${issued}.`,
        ],
        after: [
          'If your project is still on, simply reply to this message: we will be glad to carry it out with you. If not, we will not write to you about it again.',
          ANSWERED_MEANWHILE,
        ],
      },
    },
  },
  appointment: {
    subject: (title, moment) => `Reminder: ${title || 'appointment'}, ${moment}`,
    heading: 'Appointment reminder',
    before: 'This is a reminder of your appointment:',
    labels: { title: 'Subject', moment: 'Date', location: 'Place' },
  },
  farewell: {
    subject: 'Your account has been deleted',
    heading: 'Your account has been deleted',
    body: [
      'Your account has been deleted, together with the personal data that belonged to it. This cannot be undone.',
      'If there are any, invoices and payments are kept for ten years, as the law demands; they are no longer tied to your account.',
      'This is the last message you will receive from us. Thank you for the trust you placed in us.',
    ],
  },
  backup: {
    subject: (database) => `${database} backed up`,
    before: 'The first backup of the day is made.',
    labels: {
      started: 'Started',
      key: 'Object',
      size: 'Size',
      tables: 'Content',
      server: 'PostgreSQL',
      encryption: 'Encrypted for',
      files: 'Files with it',
    },
    size: (stored, sql) => `${stored} (${sql} of SQL)`,
    tables: (count, rows) => `${count} tables, ${rows} rows`,
    after:
      'A backup is proven only once it has been restored: the task backup-verify does so every month. To see all backups: npx cronhook backups list',
  },
  backupDamaged: {
    subject: (database) => `Damaged backups of ${database}`,
    before:
      'The storage has lost files of these backups, or a part of them: they can no longer be restored. The one that has just been made is whole.',
    made: (moment) => `Made on ${moment}`,
    after:
      'Find out who else writes to this bucket or removes objects from it (a lifecycle rule, a script). The rotation will remove what is left of these backups in its time.',
  },
  backupAnomaly: {
    subject: (database) => `${database} has lost more than half of its data`,
    before:
      'The backup is made, but it holds far less than the one before. Unless somebody has emptied these tables on purpose, do not let the rotation remove the backups from before.',
    wholeDump: 'The whole backup',
    rows: (before, after) => `${before} rows before, ${after} now`,
    bytes: (before, after) => `${before} before, ${after} now`,
    after: (previous) =>
      `To go back, restore the backup from before into an empty database: npx cronhook backups restore ${previous} --to <url>`,
  },
  unsubscribePage: {
    ask: {
      title: 'Stop receiving these messages?',
      text: (address, sender) =>
        `The address ${address} will not receive any more messages from ${senders(sender)}. Nothing changes until you confirm.`,
    },
    done: {
      title: 'You are unsubscribed',
      text: (address, sender) =>
        `Done: the address ${address} will not receive any more messages from ${senders(sender)}. You may close this page.`,
    },
    invalid: {
      title: 'This link is not valid',
      text: 'The address of this page is incomplete or no longer valid. Open the whole link of the latest message you received, or reply to that message and ask to be unsubscribed.',
    },
    button: 'Unsubscribe',
  },
};
