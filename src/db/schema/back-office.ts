import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  numeric,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

export const leads = cronhook.table(
  'leads',
  {
    id: id(),
    email: text('email').notNull(),
    name: text('name'),
    source: text('source'),
    convertedAt: time('converted_at'),
    createdAt: createdAt(),
  },
  (lead) => [index('leads_created').on(lead.createdAt), index('leads_converted').on(lead.convertedAt)],
);

export const SUBSCRIPTION_STATUSES = ['active', 'past_due', 'cancelled'] as const;

/** A change of plan or price ends one row and starts another. */
export const subscriptions = cronhook.table(
  'subscriptions',
  {
    id: id(),
    companyId: uuid('company_id').notNull(),
    plan: text('plan').notNull(),
    priceCents: integer('price_cents').notNull(),
    currency: text('currency').notNull().default('EUR'),
    interval: text('interval', { enum: ['month', 'year'] }).notNull(),
    status: text('status', { enum: SUBSCRIPTION_STATUSES }).notNull(),
    startedAt: time('started_at').notNull(),
    /** The end of service. */
    cancelledAt: time('cancelled_at'),
    createdAt: createdAt(),
  },
  (subscription) => [
    index('subscriptions_company').on(subscription.companyId),
    index('subscriptions_started').on(subscription.startedAt),
    index('subscriptions_cancelled').on(subscription.cancelledAt),
    index('subscriptions_undated')
      .on(subscription.companyId)
      .where(sql`status = 'cancelled' and cancelled_at is null`),
  ],
);

export const payments = cronhook.table(
  'payments',
  {
    id: id(),
    companyId: uuid('company_id').notNull(),
    amountCents: integer('amount_cents').notNull(),
    currency: text('currency').notNull().default('EUR'),
    status: text('status', { enum: ['succeeded', 'failed', 'refunded'] }).notNull(),
    refundedAt: time('refunded_at'),
    createdAt: createdAt(),
  },
  (payment) => [
    index('payments_created').on(payment.createdAt),
    index('payments_refunded').on(payment.refundedAt).where(sql`refunded_at is not null`),
    index('payments_company').on(payment.companyId, payment.createdAt),
  ],
);

export const marketingSpend = cronhook.table(
  'marketing_spend',
  {
    /** Its first day. */
    month: date('month').notNull(),
    channel: text('channel').notNull(),
    amountCents: bigint('amount_cents', { mode: 'bigint' }).notNull(),
    createdAt: createdAt(),
  },
  (spend) => [primaryKey({ columns: [spend.month, spend.channel] })],
);

export const supportTickets = cronhook.table(
  'support_tickets',
  {
    id: id(),
    companyId: uuid('company_id'),
    openedAt: time('opened_at').notNull(),
    firstResponseAt: time('first_response_at'),
    resolvedAt: time('resolved_at'),
    /** 1 to 5. */
    satisfaction: integer('satisfaction'),
    createdAt: createdAt(),
  },
  (ticket) => [
    index('support_tickets_opened').on(ticket.openedAt),
    index('support_tickets_answered').on(ticket.firstResponseAt),
    index('support_tickets_resolved').on(ticket.resolvedAt),
    index('support_tickets_company').on(ticket.companyId),
  ],
);

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'critical'] as const;

export const applicationLogs = cronhook.table(
  'application_logs',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedByDefaultAsIdentity(),
    level: text('level', { enum: LOG_LEVELS }).notNull(),
    message: text('message').notNull(),
    context: jsonb('context').notNull().default({}),
    important: boolean('important').notNull().default(false),
    createdAt: createdAt(),
  },
  (line) => [index('application_logs_created').on(line.createdAt, line.id)],
);

export const STATISTICS_PERIODS = ['hour', 'day', 'week', 'month'] as const;

/** What the team wants to reach. */
export const kpiTargets = cronhook.table(
  'kpi_targets',
  {
    metric: text('metric').notNull(),
    period: text('period', { enum: STATISTICS_PERIODS }).notNull(),
    target: numeric('target').notNull(),
    createdAt: createdAt(),
  },
  (target) => [primaryKey({ columns: [target.metric, target.period] })],
);

export const statistics = cronhook.table(
  'statistics',
  {
    metric: text('metric').notNull(),
    period: text('period', { enum: STATISTICS_PERIODS }).notNull(),
    /** When the hour, day, week or month begins in TIMEZONE. */
    bucket: time('bucket').notNull(),
    value: numeric('value').notNull(),
    createdAt: createdAt(),
  },
  (point) => [primaryKey({ columns: [point.metric, point.period, point.bucket] })],
);

/** What the refresh of the statistics has done; a final bucket is not touched again. */
export const statisticsBuckets = cronhook.table(
  'statistics_buckets',
  {
    period: text('period', { enum: STATISTICS_PERIODS }).notNull(),
    bucket: time('bucket').notNull(),
    computedAt: time('computed_at').notNull(),
    final: boolean('final').notNull().default(false),
    createdAt: createdAt(),
  },
  (state) => [
    primaryKey({ columns: [state.period, state.bucket] }),
    index('statistics_buckets_open').on(state.period, state.bucket).where(sql`not final`),
  ],
);

/** Every company that has ever paid, as the final days left it: what the open days are reckoned from. */
export const statisticsCustomers = cronhook.table(
  'statistics_customers',
  {
    companyId: uuid('company_id').primaryKey(),
    /** Its MRR at the end of the last final day, in twelfths of a cent: a yearly price has no finer part. */
    mrrTwelfths: bigint('mrr_twelfths', { mode: 'bigint' }).notNull(),
    /** The first day at whose end it paid. */
    customerSince: date('customer_since').notNull(),
    createdAt: createdAt(),
  },
  (customer) => [index('statistics_customers_since').on(customer.customerSince)],
);

/** What a company on trial has been sent: each at most once a trial. */
export const trialContacts = cronhook.table('trial_contacts', {
  companyId: uuid('company_id').primaryKey(),
  /** The end of the trial that it was warned of. */
  warnedOf: time('warned_of'),
  helpOfferedAt: time('help_offered_at'),
  demoOfferedAt: time('demo_offered_at'),
  createdAt: createdAt(),
});
