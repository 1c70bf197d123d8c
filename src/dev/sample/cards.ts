import { sql } from 'drizzle-orm';
import type { AppDependencies } from '../../routes/environment.js';

const BATCH_ID = '0a000000-0000-4000-8000-000000000020';
const OBSERVATION_ID = '0a000000-0000-4000-8000-000000000021';
/** Collectible card games: single cards. */
const CATEGORY = '183454';

const CARDS = [
  { sku: 'PKM-DRACAUFEU-4', title: 'Dracaufeu 4/102', query: 'dracaufeu 4/102 set de base', price: 189_99 },
  { sku: 'PKM-TORTANK-2', title: 'Tortank 2/102', query: 'tortank 2/102 set de base', price: null },
  { sku: 'MTG-CONTRESORT-LEA', title: 'Contresort', query: 'magic contresort', price: 24_99 },
];
const OBSERVED = { sku: 'PKM-DRACAUFEU-4', size: 14, low: 152_00, median: 189_50, high: 244_00 };

/** Cards to price, one of them as the batch of yesterday has seen it. */
export async function addCardsSample({
  db,
  now,
  site,
}: Pick<AppDependencies, 'db' | 'now' | 'site'>): Promise<void> {
  const at = sql`(${now().toISOString()}::timestamptz - interval '1 day')`;
  await db.rows(sql`
    with card as (
      insert into cronhook.cards (sku, title, query, category_id, condition, price_cents, last_priced_at)
      select sku, title, query, ${CATEGORY}, 'USED', price, case when sku = ${OBSERVED.sku} then ${at} end
      from json_to_recordset(${JSON.stringify(CARDS)}::json) as card (sku text, title text, query text, price int)
      on conflict do nothing returning id, sku, price_cents
    ), batch as (
      insert into cronhook.batch_runs (id, run_id, batch_date, started_at, finished_at, status, cards_priced, api_calls)
      values (${BATCH_ID}::uuid, gen_random_uuid(), (${at} at time zone ${site.timeZone})::date, ${at}, ${at},
        'completed', 1, 1)
      on conflict do nothing returning id
    )
    insert into cronhook.price_observations (id, card_id, batch_run_id, sample_size, low_cents, median_cents,
      high_cents, suggested_cents, applied, created_at)
    select ${OBSERVATION_ID}::uuid, card.id, batch.id, ${OBSERVED.size}, ${OBSERVED.low}, ${OBSERVED.median},
      ${OBSERVED.high}, card.price_cents, true, ${at}
    from card, batch where card.sku = ${OBSERVED.sku}
    on conflict do nothing
  `);
}
