import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../../db/client.js';
import type { TaskDatabase } from '../../define.js';
import type { Coin, NewPrice } from './judge.js';

const moment = (now: Date): SQL => sql`${now.toISOString()}::timestamptz`;

/** Every enabled coin; a week without a price is counted from the last one, or from when the coin was added. */
export const trackedCoins = (db: TaskDatabase, now: Date): Promise<Coin[]> =>
  db.rows<Coin>(sql`
    select asset.symbol, asset.name, price.price_eur::text as price,
      coalesce(price.updated_at > ${moment(now)} - interval '6 hours', false) as fresh,
      coalesce(price.updated_at, asset.created_at) <= ${moment(now)} - interval '168 hours' as "weekOld"
    from cronhook.crypto_assets asset left join cronhook.crypto_prices price on price.symbol = asset.symbol
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
        select symbol, price, pair, ${moment(now)}
        from json_to_recordset(${JSON.stringify(prices)}::json) as price (symbol text, price numeric, pair text)
        on conflict (symbol) do update
          set price_eur = excluded.price_eur, pair = excluded.pair, updated_at = excluded.updated_at
        returning symbol, price_eur
      ), kept as (
        insert into cronhook.crypto_price_history (symbol, at, price_eur)
        select symbol, ${moment(now)}, price_eur from priced
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

/** Points that a later one of the same hour replaces, or of the same day once they are 90 days old. */
const needless = (now: Date, timeZone: string): SQL => sql`
  select symbol, at from (
    select symbol, at, lead(at) over (partition by symbol order by at) as next from cronhook.crypto_price_history
  ) as point
  where (next < at + interval '1 hour'
      and date_trunc('hour', at at time zone 'UTC') = date_trunc('hour', next at time zone 'UTC'))
    or (at < ${moment(now)} - interval '2160 hours'
      and (at at time zone ${timeZone}::text)::date = (next at time zone ${timeZone}::text)::date)
`;

/** So many at a time keep each statement short. */
const POINTS_A_STATEMENT = 50_000;

/** @returns how many points went; as many as asked for when there may be more */
export async function thinHistory(
  db: TaskDatabase,
  now: Date,
  timeZone: string,
): Promise<{ removed: number; more: boolean }> {
  const removed = await db.write((tx) =>
    rowsOf(
      tx,
      sql`
        delete from cronhook.crypto_price_history history
        using (${needless(now, timeZone)} limit ${POINTS_A_STATEMENT}) as point
        where history.symbol = point.symbol and history.at = point.at
        returning 1
      `,
    ),
  );
  return { removed: removed.length, more: removed.length === POINTS_A_STATEMENT };
}
