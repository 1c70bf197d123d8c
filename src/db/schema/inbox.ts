import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

export const TLS_MODES = ['implicit', 'starttls', 'none'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** The part of an OAuth client that is no secret; the rest is in `secret_encrypted`. */
export interface OauthClient {
  tokenUrl: string;
  clientId: string;
}

// No foreign key: the application may replace any of these tables by a view on its own.

export const inboxIntegrations = cronhook.table('inbox_integrations', {
  id: id(),
  companyId: uuid('company_id'),
  email: text('email').notNull(),
  host: text('host').notNull(),
  port: integer('port').notNull(),
  tls: text('tls', { enum: TLS_MODES }).notNull(),
  username: text('username').notNull(),
  authType: text('auth_type', { enum: ['password', 'oauth2'] })
    .notNull()
    .default('password'),
  secretEncrypted: text('secret_encrypted').notNull(),
  oauth: jsonb('oauth').$type<OauthClient>(),
  enabled: boolean('enabled').notNull().default(true),
  consecutiveFailures: integer('consecutive_failures').notNull().default(0),
  nextAttemptAt: time('next_attempt_at'),
  lastSyncedAt: time('last_synced_at'),
  lastError: text('last_error'),
  createdAt: createdAt(),
});

export const inboxFolders = cronhook.table(
  'inbox_folders',
  {
    id: id(),
    integrationId: uuid('integration_id').notNull(),
    path: text('path').notNull(),
    specialUse: text('special_use'),
    /** 0: the folder is gone from the server. */
    uidValidity: bigint('uid_validity', { mode: 'number' }).notNull(),
    lastUid: bigint('last_uid', { mode: 'number' }).notNull().default(0),
    /** A first sync goes from the newest mail down; what lies below this UID is still to be fetched. */
    backfillUid: bigint('backfill_uid', { mode: 'number' }),
    highestModseq: bigint('highest_modseq', { mode: 'bigint' }),
    lastSyncedAt: time('last_synced_at'),
    createdAt: createdAt(),
  },
  (folder) => [unique('inbox_folders_path').on(folder.integrationId, folder.path)],
);

/** An attachment's description; its content stays on the server. */
export interface StoredAttachment {
  name: string | null;
  type: string;
  sizeBytes: number;
  part: string;
}

export const inboxMessages = cronhook.table(
  'inbox_messages',
  {
    id: id(),
    folderId: uuid('folder_id').notNull(),
    uidValidity: bigint('uid_validity', { mode: 'number' }).notNull(),
    uid: bigint('uid', { mode: 'number' }).notNull(),
    messageId: text('message_id'),
    inReplyTo: text('in_reply_to'),
    referenceIds: text('reference_ids').array().notNull().default(sql`'{}'`),
    autoSubmitted: boolean('auto_submitted').notNull().default(false),
    threadId: uuid('thread_id').notNull(),
    fromAddress: text('from_address'),
    fromName: text('from_name'),
    toAddresses: text('to_addresses').array().notNull().default(sql`'{}'`),
    ccAddresses: text('cc_addresses').array().notNull().default(sql`'{}'`),
    subject: text('subject'),
    sentAt: time('sent_at'),
    receivedAt: time('received_at').notNull(),
    flags: text('flags').array().notNull().default(sql`'{}'`),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    textBody: text('text_body'),
    htmlBody: text('html_body'),
    attachments: jsonb('attachments').$type<StoredAttachment[]>().notNull().default([]),
    /** Gone from that folder. */
    deletedAt: time('deleted_at'),
    createdAt: createdAt(),
  },
  (message) => [
    unique('inbox_messages_uid').on(message.folderId, message.uidValidity, message.uid),
    index('inbox_messages_message_id').on(message.messageId),
    index('inbox_messages_thread').on(message.threadId),
    index('inbox_messages_references').using('gin', message.referenceIds).with({ fastupdate: false }),
  ],
);
