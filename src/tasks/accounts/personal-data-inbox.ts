import { sql } from 'drizzle-orm';
import { ofCompany, oneOf, type RulesOf } from './rules.js';

const THE_COMPANY = 'kept: mailbox and correspondence of the company, until its last member goes';

/** Mailboxes go as a whole: mails first, for their folders say whose they are. */
export const INBOX_DATA: RulesOf<'inboxMessages' | 'inboxFolders' | 'inboxIntegrations'> = {
  inboxMessages: {
    goes: ({ mailboxIds }) => sql`folder_id in (
      select id from cronhook.inbox_folders where integration_id in ${oneOf(mailboxIds, 'uuid')})`,
    columns: {
      id: 'none',
      folderId: 'none',
      uidValidity: 'none',
      uid: 'none',
      messageId: THE_COMPANY,
      inReplyTo: THE_COMPANY,
      referenceIds: THE_COMPANY,
      autoSubmitted: 'none',
      threadId: 'none',
      fromAddress: THE_COMPANY,
      fromName: THE_COMPANY,
      toAddresses: THE_COMPANY,
      ccAddresses: THE_COMPANY,
      subject: THE_COMPANY,
      sentAt: 'none',
      receivedAt: 'none',
      flags: THE_COMPANY,
      sizeBytes: 'none',
      textBody: THE_COMPANY,
      htmlBody: THE_COMPANY,
      attachments: THE_COMPANY,
      deletedAt: 'none',
      createdAt: 'none',
    },
  },
  inboxFolders: {
    goes: ({ mailboxIds }) => sql`integration_id in ${oneOf(mailboxIds, 'uuid')}`,
    columns: {
      id: 'none',
      integrationId: 'none',
      path: THE_COMPANY,
      specialUse: 'none',
      uidValidity: 'none',
      lastUid: 'none',
      backfillUid: 'none',
      highestModseq: 'none',
      lastSyncedAt: 'none',
      createdAt: 'none',
    },
  },
  inboxIntegrations: {
    goes: ({ mailboxIds }) => sql`id in ${oneOf(mailboxIds, 'uuid')}`,
    named: ofCompany,
    columns: {
      id: 'none',
      companyId: 'none',
      email: THE_COMPANY,
      host: THE_COMPANY,
      port: 'none',
      tls: 'none',
      username: THE_COMPANY,
      authType: 'none',
      secretEncrypted: THE_COMPANY,
      oauth: THE_COMPANY,
      enabled: 'none',
      consecutiveFailures: 'none',
      nextAttemptAt: 'none',
      lastSyncedAt: 'none',
      lastError: 'redacted',
      createdAt: 'none',
    },
  },
};
