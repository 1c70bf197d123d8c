import { type SQL, sql } from 'drizzle-orm';
import { type Executor, rowsOf } from '../../db/client.js';
import type { TaskDatabase } from '../define.js';
import type { Card } from './model.js';

/** Cards read at a time. */
const PAGE = 200;

const columns = sql`card.id, card.sku, card.query, card.category_id as "categoryId", card.condition,
  card.cost_cents as "costCents", card.price_cents as "priceCents", card.min_price_cents as "minPriceCents",
  card.max_price_cents as "maxPriceCents", card.last_priced_at::text as "lastPricedAt"`;

/** Those to price that the batch has not priced; without a batch all. */
const toPrice = (batchId: string | undefined): SQL =>
  batchId === undefined
    ? sql`card.enabled`
    : sql`card.enabled and not exists (
        select from cronhook.price_observations observation
        where observation.batch_run_id = ${batchId}::uuid and observation.card_id = card.id
      )`;

/** The longest unpriced first, page by page; each comes once, priced meanwhile or not. */
export async function* cardsToPrice(
  db: Pick<TaskDatabase, 'rows'>,
  batchId: string | undefined,
): AsyncGenerator<Card[]> {
  for (let after: Card | undefined; ; ) {
    const page: Card[] = await db.rows<Card>(sql`
      select ${columns} from cronhook.cards card
      where ${toPrice(batchId)} and ${after ? isAfter(after) : sql`true`}
      order by card.last_priced_at nulls first, card.id limit ${PAGE}
    `);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

function isAfter({ id, lastPricedAt }: Card): SQL {
  return lastPricedAt === null
    ? sql`(card.last_priced_at is not null or card.id > ${id}::uuid)`
    : sql`(card.last_priced_at, card.id) > (${lastPricedAt}::timestamptz, ${id}::uuid)`;
}

export async function countCards(
  db: Pick<TaskDatabase, 'rows'>,
  batchId: string | undefined,
): Promise<number> {
  const [row] = await db.rows<{ count: number }>(
    sql`select count(*)::int as count from cronhook.cards card where ${toPrice(batchId)}`,
  );
  return row?.count ?? 0;
}

/** The card as it is now, held until the transaction ends; none when this batch has priced it, or nobody wants it priced. */
export async function lockCard(tx: Executor, id: string, batchId: string): Promise<Card | undefined> {
  // Locked first: the second statement then sees what was committed meanwhile.
  await tx.execute(sql`select from cronhook.cards where id = ${id}::uuid for update`);
  const [card] = await rowsOf<Card>(
    tx,
    sql`select ${columns} from cronhook.cards card where card.id = ${id}::uuid and ${toPrice(batchId)}`,
  );
  return card;
}
