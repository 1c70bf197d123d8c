import { sql } from 'drizzle-orm';
import type { Capabilities, RunContext } from '../../define.js';

const STALE_AFTER_MS = 48 * 3_600_000;

/** Decimals of a price. */
export const PRICE_DECIMALS = 8;

/** The prices of one run. */
export interface Prices {
  /** In units of 10^-8 euro; nothing for a coin that has no price. */
  of(symbol: string): bigint | undefined;
  /** Coins that were asked for and whose price is older than two days. */
  stale: Set<string>;
}

/** Symbols are the same in any case. */
export const symbolOf = (text: string): string => text.trim().toUpperCase();

export async function loadPrices({
  db,
  now,
}: RunContext<unknown> & Pick<Capabilities, 'db'>): Promise<Prices> {
  const fresh = new Date(now().getTime() - STALE_AFTER_MS).toISOString();
  const rows = await db.rows<{ symbol: string; units: string; stale: boolean }>(sql`
    select symbol, trunc(price_eur * ${10 ** PRICE_DECIMALS})::text as units, updated_at < ${fresh}::timestamptz as stale
    from cronhook.crypto_prices where price_eur > 0 and price_eur <> 'NaN' order by updated_at
  `);
  const prices = new Map(rows.map((row) => [symbolOf(row.symbol), { ...row, units: BigInt(row.units) }]));
  const stale = new Set<string>();
  return {
    of(symbol) {
      const price = prices.get(symbol);
      if (price?.stale) stale.add(symbol);
      return price?.units;
    },
    stale,
  };
}
