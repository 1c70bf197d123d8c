/** eBay's marketplaces, and the currency that offers there are compared in. */
const CURRENCIES = {
  EBAY_AT: 'EUR',
  EBAY_AU: 'AUD',
  EBAY_BE: 'EUR',
  EBAY_CA: 'CAD',
  EBAY_CH: 'CHF',
  EBAY_DE: 'EUR',
  EBAY_ES: 'EUR',
  EBAY_FR: 'EUR',
  EBAY_GB: 'GBP',
  EBAY_HK: 'HKD',
  EBAY_IE: 'EUR',
  EBAY_IT: 'EUR',
  EBAY_NL: 'EUR',
  EBAY_PL: 'PLN',
  EBAY_SG: 'SGD',
  EBAY_US: 'USD',
} as const;

export type EbayMarketplace = keyof typeof CURRENCIES;

export const EBAY_MARKETPLACES = Object.keys(CURRENCIES) as [EbayMarketplace, ...EbayMarketplace[]];

export const currencyOf = (marketplace: EbayMarketplace): string => CURRENCIES[marketplace];
