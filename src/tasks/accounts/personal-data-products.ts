import { ofUser, type RulesOf } from './rules.js';

/** What the wealth and pricing tasks work on: a profile is its user's, coins and cards are nobody's. */
export const PRODUCT_DATA: RulesOf<
  | 'investorProfiles'
  | 'cryptoAssets'
  | 'cryptoFailures'
  | 'cryptoPrices'
  | 'cryptoPriceHistory'
  | 'cards'
  | 'pricingFailures'
  | 'priceObservations'
  | 'batchRuns'
  | 'apiUsage'
> = {
  investorProfiles: {
    goes: ofUser,
    columns: {
      id: 'row goes',
      userId: 'row goes',
      liquiditesJson: 'row goes',
      placementsJson: 'row goes',
      immobilierDataJson: 'row goes',
      cryptomonnaiesJson: 'row goes',
      autresBiensJson: 'row goes',
      creditsJson: 'row goes',
      calculatedTotalLiquidites: 'row goes',
      calculatedTotalPlacements: 'row goes',
      calculatedTotalImmobilierNet: 'row goes',
      calculatedTotalCryptomonnaies: 'row goes',
      calculatedTotalAutresBiens: 'row goes',
      calculatedTotalCredits: 'row goes',
      calculatedPatrimoineTotalNet: 'row goes',
      calculatedAt: 'row goes',
      createdAt: 'row goes',
    },
  },
  cryptoAssets: { columns: { symbol: 'none', name: 'none', enabled: 'none', createdAt: 'none' } },
  cryptoFailures: { columns: { symbol: 'none', since: 'none', lastAt: 'none', createdAt: 'none' } },
  cryptoPrices: {
    columns: { symbol: 'none', priceEur: 'none', pair: 'none', updatedAt: 'none', createdAt: 'none' },
  },
  cryptoPriceHistory: { columns: { symbol: 'none', at: 'none', priceEur: 'none', createdAt: 'none' } },
  cards: {
    columns: {
      id: 'none',
      sku: 'none',
      title: 'none',
      query: 'none',
      categoryId: 'none',
      condition: 'none',
      costCents: 'none',
      priceCents: 'none',
      minPriceCents: 'none',
      maxPriceCents: 'none',
      enabled: 'none',
      lastPricedAt: 'none',
      createdAt: 'none',
    },
  },
  pricingFailures: {
    columns: { cardId: 'none', failedAt: 'none', batchRunId: 'none', tries: 'none', createdAt: 'none' },
  },
  priceObservations: {
    columns: {
      id: 'none',
      cardId: 'none',
      batchRunId: 'none',
      sampleSize: 'none',
      lowCents: 'none',
      medianCents: 'none',
      highCents: 'none',
      suggestedCents: 'none',
      applied: 'none',
      guardrail: 'none',
      createdAt: 'none',
    },
  },
  batchRuns: {
    columns: {
      id: 'none',
      runId: 'none',
      batchDate: 'none',
      startedAt: 'none',
      finishedAt: 'none',
      status: 'none',
      cardsPriced: 'none',
      apiCalls: 'none',
      createdAt: 'none',
    },
  },
  apiUsage: {
    columns: { provider: 'none', usageDate: 'none', calls: 'none', blockedUntil: 'none', createdAt: 'none' },
  },
};
