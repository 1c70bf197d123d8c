import { sql } from 'drizzle-orm';
import { bigint, boolean, date, index, integer, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

/** How a company wants its documents chased; without a row it has these defaults. */
export const billingSettings = cronhook.table('billing_settings', {
  companyId: uuid('company_id').primaryKey(),
  autoFollowupsEnabled: boolean('auto_followups_enabled').notNull().default(true),
  invoiceDelaysDays: integer('invoice_delays_days').array().notNull().default([3, 10, 20]),
  quoteDelaysDays: integer('quote_delays_days').array().notNull().default([3, 7]),
  senderName: text('sender_name'),
  replyTo: text('reply_to'),
  skipWeekends: boolean('skip_weekends').notNull().default(false),
  createdAt: createdAt(),
});

export const DOCUMENT_STATUSES = [
  'draft',
  'sent',
  'overdue',
  'paid',
  'accepted',
  'refused',
  'cancelled',
] as const;

export const billingDocuments = cronhook.table(
  'billing_documents',
  {
    id: id(),
    companyId: uuid('company_id').notNull(),
    kind: text('kind', { enum: ['invoice', 'quote'] }).notNull(),
    number: text('number').notNull(),
    customerName: text('customer_name').notNull(),
    customerEmail: text('customer_email').notNull(),
    totalCents: bigint('total_cents', { mode: 'bigint' }).notNull(),
    currency: text('currency').notNull().default('EUR'),
    issuedAt: date('issued_at').notNull(),
    dueAt: date('due_at'),
    status: text('status', { enum: DOCUMENT_STATUSES }).notNull(),
    paidAt: time('paid_at'),
    url: text('url'),
    createdAt: createdAt(),
  },
  (document) => [
    index('billing_documents_invoices')
      .on(document.dueAt, document.id)
      .where(sql`kind = 'invoice' and status in ('sent', 'overdue')`),
    index('billing_documents_quotes')
      .on(document.issuedAt, document.id)
      .where(sql`kind = 'quote' and status = 'sent'`),
    index('billing_documents_company').on(document.companyId),
  ],
);

export const followups = cronhook.table(
  'followups',
  {
    id: id(),
    documentId: uuid('document_id').notNull().unique(),
    autoEnabled: boolean('auto_enabled').notNull().default(true),
    stepsSent: integer('steps_sent').notNull().default(0),
    lastSentAt: time('last_sent_at'),
    stoppedAt: time('stopped_at'),
    stoppedReason: text('stopped_reason'),
    createdAt: createdAt(),
  },
  (followup) => [index('followups_open').on(followup.documentId).where(sql`stopped_at is null`)],
);
