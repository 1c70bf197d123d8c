import { isObject } from './http.js';

/** An offer whose price to the door is known. */
export interface EbayOffer {
  /** None where the answer lacks it. */
  itemId: string | undefined;
  /** Price and shipping, in cents of the marketplace's currency. */
  totalCents: number;
  condition: string;
  conditionId: string;
}

/** As large as prices may be in the database. */
const LARGEST_CENTS = 2_147_483_647n;

/**
 * An `ItemSummary` of the Browse API. Auctions, whose price is only the present bid, foreign currencies and offers whose
 * shipping is unknown are none.
 */
export function readOffer(item: unknown, currency: string): EbayOffer | undefined {
  if (!isObject(item)) return undefined;
  const { buyingOptions } = item;
  if (Array.isArray(buyingOptions) && !buyingOptions.includes('FIXED_PRICE')) return undefined;
  const price = centsOf(item.price, currency);
  const shipping = cheapest(item.shippingOptions, currency);
  if (!price || shipping === undefined) return undefined;
  const total = price + shipping;
  if (total > LARGEST_CENTS) return undefined;
  return {
    itemId: typeof item.itemId === 'string' ? item.itemId : undefined,
    totalCents: Number(total),
    condition: typeof item.condition === 'string' ? item.condition : '',
    conditionId: String(item.conditionId ?? ''),
  };
}

function cheapest(options: unknown, currency: string): bigint | undefined {
  if (!Array.isArray(options)) return undefined;
  const costs = options
    .map((option) => (isObject(option) ? centsOf(option.shippingCost, currency) : undefined))
    .filter((cost) => cost !== undefined);
  return costs.reduce<bigint | undefined>(
    (least, cost) => (least === undefined || cost < least ? cost : least),
    undefined,
  );
}

/** `{ "value": "12.5", "currency": "EUR" }` to the cent, half a cent up, without a float in between. */
function centsOf(amount: unknown, currency: string): bigint | undefined {
  if (!isObject(amount) || amount.currency !== currency) return undefined;
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(String(amount.value ?? '').trim()) ?? [];
  if (whole === undefined) return undefined;
  const cents = BigInt(whole) * 100n + BigInt(fraction.slice(0, 2).padEnd(2, '0'));
  return Number(fraction[2] ?? 0) >= 5 ? cents + 1n : cents;
}

/** What `cards.condition` may say: an id of eBay's, `NEW` or `USED`, or the name that offers show. */
export function hasCondition(offer: EbayOffer, wanted: string | null): boolean {
  const condition = wanted?.trim() ?? '';
  if (condition === '') return true;
  // Without an id of its own it came through the filter of the search.
  if (isConditionId(condition)) return ['', condition].includes(offer.conditionId);
  const sameName = offer.condition.trim().toLowerCase() === condition.toLowerCase();
  const range = CONDITION_RANGES[condition.toUpperCase()];
  if (!range || !isConditionId(offer.conditionId)) return sameName;
  const id = Number(offer.conditionId);
  return id >= range[0] && id <= range[1];
}

/** How a search asks for it; a name is looked for among what comes. */
export function conditionFilter(wanted: string | null): string | undefined {
  const condition = wanted?.trim().toUpperCase() ?? '';
  if (isConditionId(condition)) return `conditionIds:{${condition}}`;
  return CONDITION_RANGES[condition] && `conditions:{${condition}}`;
}

const isConditionId = (text: string): boolean => /^\d{4}$/.test(text);

/** https://developer.ebay.com/api-docs/static/condition-id-values.html; 2750 and 4000 are graded and ungraded cards. */
const CONDITION_RANGES: Record<string, [number, number]> = { NEW: [1000, 1999], USED: [2000, 6999] };
