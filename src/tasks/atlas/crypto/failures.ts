import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../../db/client.js';

/** Remembers since when coins have been named; one that was not for a day begins anew. */
export async function rememberFailures(tx: Transaction, symbols: string[], now: Date): Promise<void> {
  if (symbols.length === 0) return;
  await rowsOf(
    tx,
    sql`
      insert into cronhook.crypto_failures as failure (symbol, since, last_at)
      select distinct symbol, moment, moment
      from json_array_elements_text(${JSON.stringify(symbols)}::json) as symbol,
        (select ${now.toISOString()}::timestamptz as moment) as clock
      on conflict (symbol) do update
        set since = case
            when failure.last_at > excluded.last_at - interval '24 hours' then failure.since else excluded.since
          end,
          last_at = excluded.last_at
    `,
  );
}

/** Forgets coins that have a price again, and those that are tracked no more: enabled again, they begin anew. */
export async function forgetFailures(tx: Transaction, priced: string[]): Promise<void> {
  await rowsOf(
    tx,
    sql`
      delete from cronhook.crypto_failures failure
      where symbol in (select json_array_elements_text(${JSON.stringify(priced)}::json))
        or not exists (select from cronhook.crypto_assets asset where asset.symbol = failure.symbol and asset.enabled)
    `,
  );
}
