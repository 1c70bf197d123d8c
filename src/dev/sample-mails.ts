import type { SampleFolder, SampleMail } from './imap-server.js';
import { APPOINTMENT, INVOICE, SUPPLIER } from './sample/business.js';
import { COMPLAINT, OLD_SITE, QUOTE } from './sample/customers.js';
import { type SampleSource, sampleMail } from './sample/mail-writer.js';
import { DRAFTS, JUNK, SINGLES, TRASH } from './sample/singles.js';

/** Constant, so that the mails and their UIDVALIDITY are the same at each start. */
export const SAMPLE_NOW = new Date('2026-11-20T10:00:00Z');

/** What a small joinery finds in its mailboxes; the mails of the last three folders are not to be synced. */
export function sampleFolders(now: Date = SAMPLE_NOW): SampleFolder[] {
  const mails = (sources: SampleSource[]): SampleMail[] =>
    sources
      .map((source) => sampleMail(source, now))
      .sort((a, b) => Number(a.receivedAt) - Number(b.receivedAt));
  return [
    {
      path: 'INBOX',
      mails: mails([...INVOICE.in, ...APPOINTMENT.in, ...COMPLAINT.in, ...SUPPLIER.in, ...SINGLES]),
    },
    {
      path: 'Envoyés',
      specialUse: '\\Sent',
      mails: mails([
        ...QUOTE.out,
        ...INVOICE.out,
        ...APPOINTMENT.out,
        ...COMPLAINT.out,
        ...SUPPLIER.out,
        ...OLD_SITE.out,
      ]),
    },
    { path: 'Clients/Durand', mails: mails(QUOTE.in) },
    { path: 'Archive', specialUse: '\\Archive', mails: mails(OLD_SITE.in) },
    { path: 'Corbeille', specialUse: '\\Trash', mails: mails(TRASH) },
    { path: 'Indésirables', specialUse: '\\Junk', mails: mails(JUNK) },
    { path: 'Brouillons', specialUse: '\\Drafts', mails: mails(DRAFTS) },
  ];
}
