import { text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

export const companies = cronhook.table('companies', {
  id: id(),
  name: text('name').notNull(),
  email: text('email'),
  phone: text('phone'),
  plan: text('plan').notNull().default('trial'),
  status: text('status', {
    enum: ['trial', 'active', 'expired', 'cancelled', 'inactive', 'archived', 'anonymized'],
  })
    .notNull()
    .default('trial'),
  trialEndsAt: time('trial_ends_at'),
  convertedAt: time('converted_at'),
  cancelledAt: time('cancelled_at'),
  lastActiveAt: time('last_active_at'),
  reactivationAskedAt: time('reactivation_asked_at'),
  previousStatus: text('previous_status'),
  archiveKey: text('archive_key'),
  archivedAt: time('archived_at'),
  anonymizedAt: time('anonymized_at'),
  createdAt: createdAt(),
});

export const users = cronhook.table('users', {
  id: id(),
  companyId: uuid('company_id'),
  email: text('email').notNull().unique(),
  name: text('name').notNull(),
  phone: text('phone'),
  role: text('role', { enum: ['owner', 'admin', 'member'] })
    .notNull()
    .default('member'),
  lastLoginAt: time('last_login_at'),
  lastActiveAt: time('last_active_at'),
  disabledAt: time('disabled_at'),
  stripeCustomerId: text('stripe_customer_id'),
  deletionRequestedAt: time('deletion_requested_at'),
  deletionScheduledAt: time('deletion_scheduled_at'),
  deletionStartedAt: time('deletion_started_at'),
  createdAt: createdAt(),
});
