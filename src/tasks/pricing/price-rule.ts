import type { PricingSettings } from '../../settings.js';
import { SCALE, scaled } from './sample.js';

/** What a card allows; cents. */
export interface PriceLimits {
  costCents: number | null;
  priceCents: number | null;
  minPriceCents: number | null;
  maxPriceCents: number | null;
}

/** What held a price back; `min_sample`: too few offers for any price. */
export type Guardrail = 'min_sample' | 'floor' | 'ceiling' | 'max_change';

export interface Suggestion {
  cents: number;
  guardrail: Guardrail | null;
}

export type PriceRule = Pick<
  PricingSettings,
  'undercut_percent' | 'min_margin_percent' | 'max_change_percent' | 'rounding'
>;

/** As large as prices may be in the database. */
const LARGEST_CENTS = 2_147_483_647n;

/**
 * The price for a card whose market has this median: undercut, no larger step than is allowed, never below the floor nor
 * above the ceiling (they go before the step), then the nearest ending that breaks none of them.
 * @param limits whose floor is not above its ceiling
 */
export function suggestPrice(medianCents: number, limits: PriceLimits, rule: PriceRule): Suggestion {
  const floor = floorOf(limits, rule);
  const ceiling = ceilingOf(limits);
  const [lowest, highest] = stepOf(limits, rule);
  let guardrail: Guardrail | null = null;
  let price = roundHalfUp(BigInt(medianCents) * (100n * SCALE - scaled(rule.undercut_percent)), 100n * SCALE);
  const hold = (least: bigint, most: bigint, by: (held: 'up' | 'down') => Guardrail) => {
    const held = price < least ? least : price > most ? most : price;
    if (held === price) return;
    guardrail = by(held > price ? 'up' : 'down');
    price = held;
  };
  const withinLimits = () => hold(floor, ceiling, (held) => (held === 'up' ? 'floor' : 'ceiling'));
  withinLimits();
  hold(lowest, highest, () => 'max_change');
  withinLimits();
  // A price that had to leave the allowed step for its floor or ceiling is held by these alone.
  const bounds =
    price < lowest || price > highest ? [floor, ceiling] : [max(floor, lowest), min(ceiling, highest)];
  return { cents: Number(rounded(price, bounds as [bigint, bigint], rule.rounding)), guardrail };
}

/** The lowest price that is allowed, and no price is nothing. */
export function floorOf(
  { costCents, minPriceCents }: PriceLimits,
  { min_margin_percent }: Pick<PriceRule, 'min_margin_percent'>,
): bigint {
  const withMargin = BigInt(costCents ?? 0) * (100n * SCALE + scaled(min_margin_percent));
  return max(1n, max(BigInt(minPriceCents ?? 0), roundUp(withMargin, 100n * SCALE)));
}

export const ceilingOf = ({ maxPriceCents }: PriceLimits): bigint =>
  maxPriceCents === null ? LARGEST_CENTS : BigInt(maxPriceCents);

/** From and to which price one run may go; anywhere without a present price. */
function stepOf({ priceCents }: PriceLimits, { max_change_percent }: PriceRule): [bigint, bigint] {
  if (priceCents === null || priceCents <= 0) return [1n, LARGEST_CENTS];
  const present = BigInt(priceCents) * 100n * SCALE;
  const change = BigInt(priceCents) * scaled(max_change_percent);
  const lowest = roundUp(present - change, 100n * SCALE);
  return [max(1n, lowest), min(LARGEST_CENTS, (present + change) / (100n * SCALE))];
}

/** The nearest price with that ending within the bounds, the lower of two; as it is when there is none. */
function rounded(price: bigint, [least, most]: [bigint, bigint], rounding: PriceRule['rounding']): bigint {
  if (rounding === 'none') return price;
  const ending = BigInt(rounding.slice(1));
  const whole = price - (price % 100n);
  const allowed = [whole - 100n + ending, whole + ending, whole + 100n + ending]
    .filter((candidate) => candidate >= least && candidate <= most)
    .toSorted((a, b) => Number(distance(a, price) - distance(b, price) || a - b));
  return allowed[0] ?? price;
}

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
/** Of what is not negative; what is, is nothing. */
const roundUp = (value: bigint, by: bigint): bigint => (value <= 0n ? 0n : (value + by - 1n) / by);
const roundHalfUp = (value: bigint, by: bigint): bigint => (2n * value + by) / (2n * by);
