import { sql } from 'drizzle-orm';
import { createEbay } from '../../src/clients/ebay.js';
import { item, startEbay } from './ebay.js';
import { type Answer, read, startTestService } from './service.js';

export const PRICING_PATH = '/pricing/run-batch';
/** Half past three at night in Paris, half past six in the evening before in California. */
export const NIGHT = '2026-11-21T02:30:00Z';

interface Options {
  at?: string;
  /** How far each look at the clock moves it. */
  tickMs?: number;
  env?: Record<string, string>;
  databaseUrl?: string;
}

export interface StoredBatch {
  id: string;
  batch_date: string;
  status: string;
  cards_priced: number;
  api_calls: number;
  finished: boolean;
}

/** prix-cartes with eBay, on a clock that the test turns. */
export async function startPricing({ at = NIGHT, tickMs = 0, env = {}, ...options }: Options = {}) {
  let now = new Date(at);
  const ebay = await startEbay();
  const look = () => {
    now = new Date(now.getTime() + tickMs);
    return now;
  };
  const service = await startTestService({ now: look, env: { ...ebay.env, ...env }, ...options });
  const { db } = service;
  service.context.services.ebay = createEbay({
    ...ebay,
    marketplace: 'EBAY_FR',
    timing: { requestMs: 1_000, firstWaitMs: 5 },
  });
  return {
    ...service,
    ebay,
    turn: (moment: string) => {
      now = new Date(moment);
    },
    run: (query = ''): Promise<Answer> => read(service.call(`${PRICING_PATH}?wait=120${query}`)),
    /** A card, and offers for it at these prices. */
    async card(
      sku: string,
      values: Record<string, unknown> = {},
      prices: number[] = MARKET,
    ): Promise<string> {
      ebay.markets.set(
        sku,
        prices.map((cents) => item(cents)),
      );
      const row = { sku, title: sku, query: sku, ...values };
      const [card] = await db.rows<{ id: string }>(sql`
        insert into cronhook.cards (${sql.join(
          Object.keys(row).map((key) => sql.identifier(key)),
          sql`, `,
        )})
        values (${sql.join(
          Object.values(row).map((value) => sql`${value}`),
          sql`, `,
        )}) returning id
      `);
      return card?.id as string;
    },
    set: (values: Record<string, unknown>) =>
      service.call('/settings', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(values),
      }),
    price: async (sku: string) =>
      (
        await db.rows<{ price_cents: number | null }>(
          sql`select price_cents from cronhook.cards where sku = ${sku}`,
        )
      )[0]?.price_cents,
    observations: () =>
      db.rows<{
        sku: string;
        guardrail: string | null;
        suggested_cents: number | null;
        applied: boolean;
      }>(sql`
        select card.sku, observation.* from cronhook.price_observations observation
        join cronhook.cards card on card.id = observation.card_id order by observation.created_at, card.sku
      `),
    batches: () =>
      db.rows<StoredBatch>(sql`
        select id, batch_date::text, status, cards_priced, api_calls, finished_at is not null as finished
        from cronhook.batch_runs order by started_at, created_at
      `),
    /** The cards that wait behind the others. */
    failed: async () => {
      const rows = await db.rows<{ sku: string }>(sql`
        select card.sku from cronhook.pricing_failures failure
        join cronhook.cards card on card.id = failure.card_id order by card.sku
      `);
      return rows.map(({ sku }) => sku);
    },
    calls: async () =>
      (
        await db.rows<{ calls: number }>(
          sql`select coalesce(sum(calls), 0)::int as calls from cronhook.api_usage`,
        )
      )[0]?.calls,
  };
}

/** Median 10.00; nothing that would count as an outlier. */
export const MARKET = [900, 950, 1000, 1050, 1100];
