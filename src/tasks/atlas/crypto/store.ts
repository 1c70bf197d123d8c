import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../../db/client.js';
import { sqlTime } from '../../../db/moments.js';
import type { TaskDatabase } from '../../define.js';
import type { Coin, NewPrice } from './judge.js';

/** Every enabled coin. */
export const trackedCoins = (db: TaskDatabase, now: Date): Promise<Coin[]> =>
  db.rows<Coin>(sql`
    select asset.symbol, asset.name, price.price_eur::text as price,
      coalesce(price.updated_at > ${sqlTime(now)} - interval '6 hours', false) as fresh,
      coalesce(failure.last_at > ${sqlTime(now)} - interval '24 hours'
        and failure.since <= ${sqlTime(now)} - interval '168 hours', false) as "failingForAWeek"
    from cronhook.crypto_assets asset
      left join cronhook.crypto_prices price on price.symbol = asset.symbol
      left join cronhook.crypto_failures failure on failure.symbol = asset.symbol
    where asset.enabled order by asset.symbol
  `);

/** Prices and their history, in one statement. */
export async function writePrices(tx: Transaction, prices: NewPrice[], now: Date): Promise<number> {
  if (prices.length === 0) return 0;
  const written = await rowsOf(
    tx,
    sql`
      with priced as (
        insert into cronhook.crypto_prices (symbol, price_eur, pair, updated_at)
        select symbol, price, pair, ${sqlTime(now)}
        from json_to_recordset(${JSON.stringify(prices)}::json) as price (symbol text, price numeric, pair text)
        on conflict (symbol) do update
          set price_eur = excluded.price_eur, pair = excluded.pair, updated_at = excluded.updated_at
        returning symbol, price_eur
      ), kept as (
        insert into cronhook.crypto_price_history (symbol, at, price_eur)
        select symbol, ${sqlTime(now)}, price_eur from priced
        on conflict (symbol, at) do update set price_eur = excluded.price_eur
      )
      select from priced
    `,
  );
  return written.length;
}

/** @returns those that nobody had disabled meanwhile */
export async function disableCoins(tx: Transaction, symbols: string[]): Promise<string[]> {
  if (symbols.length === 0) return [];
  const disabled = await rowsOf<{ symbol: string }>(
    tx,
    sql`
      update cronhook.crypto_assets set enabled = false
      where enabled and symbol in (select json_array_elements_text(${JSON.stringify(symbols)}::json))
      returning symbol
    `,
  );
  return disabled.map(({ symbol }) => symbol);
}
