import { sql } from 'drizzle-orm';
import { date, index, jsonb, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

export const companies = cronhook.table(
  'companies',
  {
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
  },
  (company) => [
    index('companies_created').on(company.createdAt),
    index('companies_converted').on(company.convertedAt).where(sql`converted_at is not null`),
    index('companies_trial_end').on(company.trialEndsAt).where(sql`trial_ends_at is not null`),
  ],
);

export const users = cronhook.table(
  'users',
  {
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
  },
  (user) => [
    index('users_company').on(user.companyId),
    index('users_created').on(user.createdAt),
    index('users_deletion').on(user.deletionScheduledAt).where(sql`deletion_scheduled_at is not null`),
  ],
);

/** The days on which somebody did something. */
export const userActivity = cronhook.table(
  'user_activity',
  {
    userId: uuid('user_id').notNull(),
    day: date('day').notNull(),
    createdAt: createdAt(),
  },
  (activity) => [
    primaryKey({ columns: [activity.userId, activity.day] }),
    index('user_activity_day').on(activity.day),
  ],
);

export const sessions = cronhook.table(
  'sessions',
  {
    id: id(),
    userId: uuid('user_id').notNull(),
    expiresAt: time('expires_at').notNull(),
    createdAt: createdAt(),
  },
  (session) => [index('sessions_user').on(session.userId), index('sessions_expiry').on(session.expiresAt)],
);

export const tokens = cronhook.table(
  'tokens',
  {
    id: id(),
    userId: uuid('user_id').notNull(),
    kind: text('kind').notNull(),
    expiresAt: time('expires_at').notNull(),
    usedAt: time('used_at'),
    createdAt: createdAt(),
  },
  (token) => [index('tokens_user').on(token.userId), index('tokens_expiry').on(token.expiresAt)],
);

/** The audit trail of deleted accounts, without personal data. */
export const accountDeletions = cronhook.table(
  'account_deletions',
  {
    id: id(),
    userId: uuid('user_id').notNull(),
    deletedAt: time('deleted_at').notNull(),
    counts: jsonb('counts').$type<Record<string, number>>().notNull(),
    /** When the erasure was written to the storage. */
    storedAt: time('stored_at'),
    createdAt: createdAt(),
  },
  (deletion) => [index('account_deletions_unstored').on(deletion.deletedAt).where(sql`stored_at is null`)],
);
