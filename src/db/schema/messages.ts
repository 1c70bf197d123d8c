import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

export const CHANNELS = ['email', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];

export const MESSAGE_STATUSES = [
  'pending',
  'sending',
  'sent',
  'failed',
  'suppressed',
  'cancelled',
  'held',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** Every e-mail and SMS, written in the transaction of its cause. */
export const outboxMessages = cronhook.table(
  'outbox_messages',
  {
    id: id(),
    task: text('task').notNull(),
    channel: text('channel', { enum: CHANNELS }).notNull().default('email'),
    /** Names the cause: `followup:<id>:2`. */
    dedupeKey: text('dedupe_key').notNull().unique(),
    /** Empty for an ephemeral message: it is encrypted with the rest, in `text_body`. */
    recipient: text('recipient').notNull(),
    subject: text('subject'),
    textBody: text('text_body').notNull(),
    htmlBody: text('html_body'),
    headers: jsonb('headers').$type<Record<string, string>>().notNull().default({}),
    attachments: jsonb('attachments').$type<unknown[]>().notNull().default([]),
    messageId: text('message_id').notNull().default(sql`'<' || gen_random_uuid()::text || '@cronhook>'`),
    status: text('status', { enum: MESSAGE_STATUSES }).notNull().default('pending'),
    ephemeral: boolean('ephemeral').notNull().default(false),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: time('next_attempt_at').notNull().defaultNow(),
    lastError: text('last_error'),
    sentAt: time('sent_at'),
    /** While `sending`: the run that delivers it; the claim ends with the run's lease. */
    claimedBy: uuid('claimed_by'),
    createdAt: createdAt(),
  },
  (message) => [
    index('outbox_messages_due').on(message.nextAttemptAt, message.id).where(sql`status = 'pending'`),
    index('outbox_messages_claimed').on(message.claimedBy).where(sql`status = 'sending'`),
    index('outbox_messages_message_id').on(message.messageId),
    index('outbox_messages_recipient').on(sql`lower(recipient)`),
    index('outbox_messages_sent').on(message.sentAt).where(sql`status = 'sent'`),
    index('outbox_messages_stuck')
      .on(message.status, message.channel)
      .where(sql`status in ('held', 'failed')`),
  ],
);

/** Addresses and numbers that get nothing. */
export const suppressedAddresses = cronhook.table(
  'suppressed_addresses',
  {
    address: text('address').primaryKey(),
    reason: text('reason').notNull(),
    createdAt: createdAt(),
  },
  () => [index('suppressed_addresses_lower').on(sql`lower(address)`)],
);

export const SEVERITIES = ['info', 'important', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** In-app notifications; without a user they are the administrators'. */
export const notifications = cronhook.table(
  'notifications',
  {
    id: id(),
    userId: uuid('user_id'),
    kind: text('kind').notNull(),
    severity: text('severity', { enum: SEVERITIES }).notNull().default('info'),
    dedupeKey: text('dedupe_key').notNull().unique(),
    title: text('title').notNull(),
    body: text('body').notNull(),
    link: text('link'),
    readAt: time('read_at'),
    createdAt: createdAt(),
  },
  (notification) => [
    index('notifications_user').on(notification.userId, notification.createdAt),
    index('notifications_read').on(notification.readAt).where(sql`read_at is not null`),
  ],
);

/** What is wrong, from its first sign to its end; one open row per source. */
export const incidents = cronhook.table(
  'incidents',
  {
    id: id(),
    source: text('source').notNull(),
    severity: text('severity', { enum: SEVERITIES }).notNull(),
    title: text('title').notNull(),
    details: jsonb('details').notNull().default({}),
    openedAt: time('opened_at').notNull(),
    lastSeenAt: time('last_seen_at').notNull(),
    resolvedAt: time('resolved_at'),
    createdAt: createdAt(),
  },
  (incident) => [
    uniqueIndex('incidents_open').on(incident.source).where(sql`resolved_at is null`),
    index('incidents_source').on(incident.source, incident.openedAt),
    index('incidents_opened').on(incident.openedAt),
    index('incidents_owed').on(incident.openedAt).where(sql`details->'owed' is not null`),
  ],
);
