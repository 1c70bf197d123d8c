import { boolean, index, jsonb, numeric, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

/** Exact to the eighth decimal: SHIB costs 0.00000729 €. */
const price = (name: string) => numeric(name, { precision: 24, scale: 8 });
const euros = (name: string) => numeric(name, { precision: 16, scale: 2 });

/** The tracked coins; the migration seeds the 104 largest. */
export const cryptoAssets = cronhook.table('crypto_assets', {
  symbol: text('symbol').primaryKey(),
  name: text('name').notNull(),
  enabled: boolean('enabled').notNull().default(true),
  createdAt: createdAt(),
});

/** Coins that get no price now; a coin leaves with its next price. */
export const cryptoFailures = cronhook.table('crypto_failures', {
  symbol: text('symbol').primaryKey(),
  since: time('since').notNull(),
  lastAt: time('last_at').notNull(),
  createdAt: createdAt(),
});

export const cryptoPrices = cronhook.table('crypto_prices', {
  symbol: text('symbol').primaryKey(),
  priceEur: price('price_eur').notNull(),
  /** What it was priced by: `BTCEUR`, or `SHIBUSDT/EURUSDT`. */
  pair: text('pair').notNull(),
  updatedAt: time('updated_at').notNull(),
  createdAt: createdAt(),
});

/** Hourly for 90 days, then daily. */
export const cryptoPriceHistory = cronhook.table(
  'crypto_price_history',
  {
    symbol: text('symbol').notNull(),
    at: time('at').notNull(),
    priceEur: price('price_eur').notNull(),
    createdAt: createdAt(),
  },
  (point) => [
    primaryKey({ columns: [point.symbol, point.at] }),
    index('crypto_price_history_at').on(point.at),
  ],
);

const list = (name: string) => jsonb(name).notNull().default([]);

/** The application writes the lists, the task `wealth` the totals. */
export const investorProfiles = cronhook.table(
  'investor_profiles',
  {
    id: id(),
    userId: uuid('user_id').notNull(),
    liquiditesJson: list('liquidites_json'),
    placementsJson: list('placements_json'),
    immobilierDataJson: list('immobilier_data_json'),
    cryptomonnaiesJson: list('cryptomonnaies_json'),
    autresBiensJson: list('autres_biens_json'),
    creditsJson: list('credits_json'),
    calculatedTotalLiquidites: euros('calculated_total_liquidites'),
    calculatedTotalPlacements: euros('calculated_total_placements'),
    calculatedTotalImmobilierNet: euros('calculated_total_immobilier_net'),
    calculatedTotalCryptomonnaies: euros('calculated_total_cryptomonnaies'),
    calculatedTotalAutresBiens: euros('calculated_total_autres_biens'),
    calculatedTotalCredits: euros('calculated_total_credits'),
    calculatedPatrimoineTotalNet: euros('calculated_patrimoine_total_net'),
    calculatedAt: time('calculated_at'),
    createdAt: createdAt(),
  },
  (profile) => [index('investor_profiles_user').on(profile.userId)],
);
