import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { pricingSettings, storedSettings } from '../../settings.js';
import type { BatchStatus } from './batch.js';
import { type ProviderUsage, usageToday } from './usage.js';

const BATCHES = 14;
const NAMED_CARDS = 20;
const LONGEST_TEXT = 80;

interface ShownBatch {
  id: string;
  runId: string;
  batchDate: string;
  startedAt: string;
  finishedAt: string | null;
  status: BatchStatus;
  cardsPriced: number;
  apiCalls: number;
}

export interface PricingStats {
  batches: ShownBatch[];
  usage: ProviderUsage | undefined;
  cards: {
    enabled: number;
    neverPriced: number;
    neverPricedCards: { id: string; sku: string; title: string }[];
  };
}

/** The last batches, today's usage, and the enabled cards that no batch has come to yet. */
export async function pricingStats(db: Pick<Database, 'rows'>, now: Date): Promise<PricingStats> {
  const { daily_api_limit } = pricingSettings(await storedSettings(db));
  const batches = await db.rows<ShownBatch>(sql`
    select id, run_id as "runId", batch_date::text as "batchDate", ${utc('started_at')} as "startedAt",
      ${utc('finished_at')} as "finishedAt", status, cards_priced as "cardsPriced", api_calls as "apiCalls"
    from cronhook.batch_runs order by started_at desc, created_at desc limit ${BATCHES}
  `);
  const [counts] = await db.rows<{ enabled: number; neverPriced: number }>(sql`
    select count(*)::int as enabled, count(*) filter (where last_priced_at is null)::int as "neverPriced"
    from cronhook.cards where enabled
  `);
  const neverPricedCards = await db.rows<PricingStats['cards']['neverPricedCards'][number]>(sql`
    select id, left(sku, ${LONGEST_TEXT}) as sku, left(title, ${LONGEST_TEXT}) as title
    from cronhook.cards where enabled and last_priced_at is null order by id limit ${NAMED_CARDS}
  `);
  const [usage] = await usageToday(db, daily_api_limit, now);
  return { batches, usage, cards: { enabled: 0, neverPriced: 0, ...counts, neverPricedCards } };
}

const utc = (column: 'started_at' | 'finished_at') =>
  sql`to_char(${sql.raw(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
