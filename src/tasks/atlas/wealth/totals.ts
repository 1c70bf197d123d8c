import type { Text } from '../../../errors.js';
import { remainingCapital } from './amortisation.js';
import { centsText, DECIMALS, divideHalfUp, toCents } from './decimal.js';
import { type Entry, entriesOf, shown } from './entries.js';
import { parseExactly } from './exact-json.js';
import { PRICE_DECIMALS, type Prices, symbolOf } from './prices.js';

/** The columns that the application writes, in the order in which they are read. */
export const INPUTS = [
  'liquidites_json',
  'placements_json',
  'immobilier_data_json',
  'cryptomonnaies_json',
  'autres_biens_json',
  'credits_json',
] as const;

/** The columns that the task writes; the last is the sum of the others, credits taken off. */
export const TOTALS = [
  'calculated_total_liquidites',
  'calculated_total_placements',
  'calculated_total_immobilier_net',
  'calculated_total_cryptomonnaies',
  'calculated_total_autres_biens',
  'calculated_total_credits',
  'calculated_patrimoine_total_net',
] as const;

/** What the totals depend on beside the profile. */
export interface World {
  prices: Prices;
  /** The month on the wall, as months since the year zero. */
  month: number;
}

export type Calculated = { totals: string[] } | { problems: Text[] };

/**
 * All totals of a profile, as decimal texts, or else everything that is wrong with it: never the totals of a part.
 * @param inputs the lists in the order of `INPUTS`, as one JSON array
 */
export function calculate(inputs: string, world: World): Calculated {
  const lists = parseExactly(inputs) as unknown[];
  const problems: Text[] = [];
  const entries = (index: number) => entriesOf(INPUTS[index] as string, lists[index], problems);
  const liquidities = sumOf(entries(0));
  const placements = sumOf(entries(1));
  const realEstate = netOf(entries(2), world);
  const crypto = cryptoOf(entries(3), world);
  const others = sumOf(entries(4));
  const credits = entries(5).reduce((sum, credit) => sum + remainingOf(credit, CREDIT_FIELDS, world), 0n);
  const net = liquidities + placements + realEstate + crypto + others - credits;
  const cents = [liquidities, placements, realEstate, crypto, others, credits, net];
  for (const [index, total] of cents.entries()) {
    const column = TOTALS[index] as string;
    if (total > LARGEST || total < -LARGEST) problems.push((t) => t.wealth.totalTooLarge(column));
  }
  return problems.length > 0 ? { problems } : { totals: cents.map(centsText) };
}

/** Cents that fit a `numeric(16,2)`. */
const LARGEST = 10n ** 16n - 1n;

/** The sum is exact, and rounded once. */
const sumOf = (entries: Entry[]): bigint =>
  toCents(entries.reduce((sum, entry) => sum + entry.decimal('valeur'), 0n));

/** A house may be worth less than what is owed for it. */
function netOf(houses: Entry[], world: World): bigint {
  const owed = houses
    .filter(hasCredit)
    .reduce((sum, house) => sum + remainingOf(house, HOUSE_FIELDS, world), 0n);
  return sumOf(houses) - owed;
}

/** However it is spelt: `credit_montant`, `creditMontant`, `hasCredit`, `crédit`. */
const ABOUT_CREDIT = /cr[eé]dit/i;

/** Left out is false, unless something is said of a loan: that would be one forgotten. */
function hasCredit(house: Entry): boolean {
  const flag = house.value('has_credit');
  if (typeof flag === 'boolean') return flag;
  if (flag !== undefined) return house.wrong((t) => t.wealth.hasCredit, false);
  const said = house.filled(ABOUT_CREDIT);
  return said === undefined ? false : house.wrong((t) => t.wealth.creditUnsaid(shown(said)), false);
}

interface CreditFields {
  amount: string;
  rate: string;
  years: string;
  since: string;
}

const HOUSE_FIELDS: CreditFields = {
  amount: 'credit_montant',
  rate: 'credit_taux',
  years: 'credit_duree',
  since: 'credit_date',
};
const CREDIT_FIELDS: CreditFields = { amount: 'montant', rate: 'taux', years: 'duree', since: 'date' };

function remainingOf(entry: Entry, { amount, rate, years, since }: CreditFields, { month }: World): bigint {
  const loan = { principal: entry.cents(amount), rate: entry.rate(rate), months: entry.months(years) };
  return remainingCapital(loan, month - entry.month(since));
}

const PRICE_OF_CENT = 10n ** BigInt(DECIMALS + PRICE_DECIMALS - 2);

function cryptoOf(holdings: Entry[], { prices }: World): bigint {
  let sum = 0n;
  for (const holding of holdings) {
    const quantity = holding.decimal('quantity');
    // What nobody holds needs no price.
    if (quantity === 0n) continue;
    const symbol = holding.value('symbol');
    if (typeof symbol !== 'string' || !symbol.trim()) {
      holding.wrong((t) => t.wealth.missing('symbol'), undefined);
      continue;
    }
    const price = prices.of(symbolOf(symbol));
    if (price === undefined) holding.wrong((t) => t.wealth.noPrice(shown(symbolOf(symbol))), undefined);
    else sum += quantity * price;
  }
  return divideHalfUp(sum, PRICE_OF_CENT);
}
