import { sql } from 'drizzle-orm';
import { boolean, date, index, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

export const cards = cronhook.table(
  'cards',
  {
    id: id(),
    sku: text('sku').notNull().unique(),
    title: text('title').notNull(),
    query: text('query').notNull(),
    categoryId: text('category_id'),
    condition: text('condition'),
    costCents: integer('cost_cents'),
    priceCents: integer('price_cents'),
    minPriceCents: integer('min_price_cents'),
    maxPriceCents: integer('max_price_cents'),
    enabled: boolean('enabled').notNull().default(true),
    lastPricedAt: time('last_priced_at'),
    createdAt: createdAt(),
  },
  (card) => [
    index('cards_longest_unpriced').on(sql`last_priced_at nulls first`, card.id).where(sql`enabled`),
  ],
);

/** Cards whose last search failed: they wait in line as if priced at that moment, so that the others have their turn. */
export const pricingFailures = cronhook.table('pricing_failures', {
  cardId: uuid('card_id').primaryKey(),
  failedAt: time('failed_at').notNull(),
  /** How many calls of that batch tried it in vain. */
  batchRunId: uuid('batch_run_id'),
  tries: integer('tries').notNull().default(0),
  createdAt: createdAt(),
});

/** What the market said of a card, and what was made of it. */
export const priceObservations = cronhook.table(
  'price_observations',
  {
    id: id(),
    cardId: uuid('card_id').notNull(),
    batchRunId: uuid('batch_run_id').notNull(),
    sampleSize: integer('sample_size').notNull(),
    lowCents: integer('low_cents'),
    medianCents: integer('median_cents'),
    highCents: integer('high_cents'),
    suggestedCents: integer('suggested_cents'),
    applied: boolean('applied').notNull().default(false),
    /** What held the price back. */
    guardrail: text('guardrail'),
    createdAt: createdAt(),
  },
  (observation) => [
    index('price_observations_card').on(observation.cardId, observation.createdAt),
    index('price_observations_batch').on(observation.batchRunId),
  ],
);

export const BATCH_STATUSES = ['running', 'completed', 'quota_reached', 'failed'] as const;

/** One row for each day, in `TIMEZONE`, and for each forced batch. */
export const batchRuns = cronhook.table(
  'batch_runs',
  {
    id: id(),
    runId: uuid('run_id').notNull(),
    batchDate: date('batch_date').notNull(),
    startedAt: time('started_at').notNull(),
    finishedAt: time('finished_at'),
    status: text('status', { enum: BATCH_STATUSES }).notNull(),
    cardsPriced: integer('cards_priced').notNull().default(0),
    apiCalls: integer('api_calls').notNull().default(0),
    createdAt: createdAt(),
  },
  (batch) => [index('batch_runs_date').on(batch.batchDate, batch.startedAt)],
);

/** What was taken of a provider's daily quota, by the provider's own day. */
export const apiUsage = cronhook.table(
  'api_usage',
  {
    provider: text('provider').notNull(),
    usageDate: date('usage_date').notNull(),
    calls: integer('calls').notNull().default(0),
    blockedUntil: time('blocked_until'),
    createdAt: createdAt(),
  },
  (usage) => [primaryKey({ columns: [usage.provider, usage.usageDate] })],
);
