import type { Tickers } from '../../../clients/binance.js';

/** Why there is no price; `pair` is the one to blame. */
export type QuoteProblem =
  | { kind: 'not_traded' }
  | { kind: 'no_rate'; pair: string }
  | { kind: 'not_positive' | 'unreadable'; pair: string; given: string; shared: boolean };

/** A price in EUR, in units of its eighth decimal, and what it was made of. */
export interface Quote {
  units: bigint;
  pair: string;
  /** The pairs it was made of; the first is the coin's own. */
  pairs: string[];
}

interface Leg {
  pair: string;
  /** Divided by: EURUSDT says how many dollars a euro is. */
  inverse: boolean;
}

const DECIMALS = 8;
const UNIT = 10n ** BigInt(DECIMALS);
/** What numeric(24,8) holds. */
const TOO_LARGE = 10n ** 24n;

const times = (pair: string): Leg => ({ pair, inverse: false });
const over = (pair: string): Leg => ({ pair, inverse: true });

/** From the most direct to the least; the first leg is the coin's own pair. */
const routesOf = (coin: string): [Leg, ...Leg[]][] => [
  [times(`${coin}EUR`)],
  coin === 'USDT' ? [over('EURUSDT')] : [times(`${coin}USDT`), over('EURUSDT')],
  [times(`${coin}BTC`), times('BTCEUR')],
  [times(`${coin}BTC`), times('BTCUSDT'), over('EURUSDT')],
];

/** What a coin costs in EUR, by the most direct route whose pairs are all traded. */
export function quote(symbol: string, tickers: Tickers): Quote | QuoteProblem {
  const routes = routesOf(symbol.trim().toUpperCase()).filter(([own]) => tickers.has(own.pair));
  const route = routes.find((legs) => legs.every(({ pair }) => tickers.has(pair)));
  if (route) return evaluate(route, tickers);
  const missing = routes[0]?.find(({ pair }) => !tickers.has(pair));
  return missing ? { kind: 'no_rate', pair: missing.pair } : { kind: 'not_traded' };
}

function evaluate(route: Leg[], tickers: Tickers): Quote | QuoteProblem {
  let [numerator, denominator] = [UNIT, 1n];
  for (const [index, { pair, inverse }] of route.entries()) {
    const given = tickers.get(pair) ?? '';
    const problem = { pair, given, shared: index > 0 };
    const price = parseDecimal(given);
    if (!price) return { kind: 'unreadable', ...problem };
    if (price.digits <= 0n) return { kind: 'not_positive', ...problem };
    const scale = 10n ** BigInt(price.decimals);
    numerator *= inverse ? scale : price.digits;
    denominator *= inverse ? price.digits : scale;
  }
  const units = (2n * numerator + denominator) / (2n * denominator);
  const [own] = route;
  const blamed = { pair: own?.pair ?? '', given: tickers.get(own?.pair ?? '') ?? '', shared: false };
  if (units === 0n) return { kind: 'not_positive', ...blamed };
  if (units >= TOO_LARGE) return { kind: 'unreadable', ...blamed };
  return { units, pair: nameOf(route), pairs: route.map((leg) => leg.pair) };
}

/** `BTCEUR`, `SHIBUSDT/EURUSDT`, `1/EURUSDT`, `XMRBTC*BTCEUR`. */
const nameOf = ([own, ...rest]: Leg[]): string =>
  `${own?.inverse ? '1/' : ''}${own?.pair}${rest.map((leg) => (leg.inverse ? '/' : '*') + leg.pair).join('')}`;

/** Longer numbers than Binance's are not read: nobody trades at them. */
function parseDecimal(text: string): { digits: bigint; decimals: number } | undefined {
  const [, sign, whole, fraction = ''] = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = BigInt(whole + fraction);
  return { digits: sign ? -digits : digits, decimals: fraction.length };
}

/** @returns undefined for what is no plain decimal number */
export function toUnits(text: string): bigint | undefined {
  const price = parseDecimal(text);
  return price && (price.digits * UNIT) / 10n ** BigInt(price.decimals);
}

/** Of what is not negative. */
export function fromUnits(units: bigint): string {
  const digits = `${units}`.padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}
