import type { Tickers } from '../../../clients/binance.js';
import { AppError, type Text } from '../../../errors.js';
import { plainLine } from '../../../messages/layout-clean.js';
import { fromUnits, type Quote, type QuoteProblem, quote, toUnits } from './quote.js';

/** A tracked coin with what is known of its price. */
export interface Coin {
  symbol: string;
  name: string;
  /** Null for one that never had a price. */
  price: string | null;
  /** The price is under 6 hours old. */
  fresh: boolean;
  /** For a week it was named by its own fault, without a day's gap. */
  failingForAWeek: boolean;
}

export interface NewPrice {
  symbol: string;
  price: string;
  pair: string;
}

export interface Refused {
  coin: Coin;
  why: AppError;
  /** The coin's own pair is to blame, not the rate of the euro that all share. */
  own: boolean;
}

export interface Verdict {
  priced: NewPrice[];
  refused: Refused[];
}

/** A fresh price does not move by more. */
const ABSURD_FACTOR = 10n;

/** Sorts the prices that may be written from those that keep the old one. */
export function judge(coins: Coin[], tickers: Tickers): Verdict {
  const verdict: Verdict = { priced: [], refused: [] };
  const quotes = coins.map((coin) => ({ coin, found: quote(coin.symbol, tickers) }));
  const distrusted = new Set(quotes.flatMap(({ coin, found }) => absurdRate(coin, found)));
  for (const { coin, found } of quotes) {
    const rate = 'kind' in found ? undefined : found.pairs.slice(1).find((pair) => distrusted.has(pair));
    if (rate !== undefined) {
      verdict.refused.push({ coin, why: problem((t) => t.crypto.rateRefused(rate)), own: false });
    } else if ('kind' in found) {
      const own = found.kind !== 'no_rate' && !('shared' in found && found.shared);
      verdict.refused.push({ coin, why: because(found), own });
    } else if (isAbsurd(found.units, coin)) {
      const given = fromUnits(found.units);
      const old = coin.price ?? '';
      const why = problem((t) => t.crypto.absurd(found.pair, given, old));
      verdict.refused.push({ coin, why, own: true });
    } else {
      verdict.priced.push({ symbol: coin.symbol, price: fromUnits(found.units), pair: found.pair });
    }
  }
  return verdict;
}

/** The pair that makes a coin's price absurd all alone: other coins are not crossed with it either. */
function absurdRate(coin: Coin, found: Quote | QuoteProblem): string[] {
  return 'kind' in found || found.pairs.length > 1 || !isAbsurd(found.units, coin) ? [] : found.pairs;
}

function isAbsurd(units: bigint, { price, fresh }: Coin): boolean {
  const old = fresh && price !== null ? toUnits(price) : undefined;
  if (old === undefined || old <= 0n) return false;
  return units > old * ABSURD_FACTOR || units * ABSURD_FACTOR < old;
}

function because(found: QuoteProblem): AppError {
  if (found.kind === 'not_traded') return problem((t) => t.crypto.notTraded);
  if (found.kind === 'no_rate') return problem((t) => t.crypto.noRate(found.pair));
  const given = plainLine(found.given, 40);
  if (found.kind === 'unreadable') return problem((t) => t.crypto.unreadable(found.pair, given));
  return problem((t) => t.crypto.notPositive(found.pair, given));
}

const problem = (text: Text): AppError => new AppError('unprocessable', text);
