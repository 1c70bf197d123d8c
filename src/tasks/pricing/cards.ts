import { type SQL, sql } from 'drizzle-orm';
import { type Executor, rowsOf } from '../../db/client.js';
import { sqlTime } from '../../db/moments.js';
import type { TaskDatabase } from '../define.js';
import { isGivenUp } from './failures.js';
import type { Card, PricingContext, Round } from './model.js';

/** Cards read at a time. */
const PAGE = 200;

const columns = sql`card.id, card.sku, card.query, card.category_id as "categoryId", card.condition,
  card.cost_cents as "costCents", card.price_cents as "priceCents", card.min_price_cents as "minPriceCents",
  card.max_price_cents as "maxPriceCents"`;

/** Those to price that the batch has neither priced nor given up; without a batch all. */
const toPrice = (batchId: string | undefined): SQL =>
  batchId === undefined
    ? sql`card.enabled`
    : sql`card.enabled and not exists (
        select from cronhook.price_observations observation
        where observation.batch_run_id = ${batchId}::uuid and observation.card_id = card.id
      ) and not exists (
        select from cronhook.pricing_failures failure where failure.card_id = card.id and ${isGivenUp(batchId)}
      )`;

interface WaitingCard extends Card {
  /** As PostgreSQL writes it, to the microsecond. */
  lastTriedAt: string | null;
}

/** The moment of the last price, or of a failure since. */
const lastTriedAt = sql`greatest(card.last_priced_at, failure.failed_at)`;

/** The longest untried first, page by page; each comes once, priced or failed meanwhile or not. */
export async function* cardsToPrice(
  { db, now }: Pick<PricingContext, 'db' | 'now'>,
  batch: Pick<Round, 'batchId' | 'since'> | undefined,
): AsyncGenerator<Card[]> {
  for (let after: WaitingCard | undefined; ; ) {
    const page: WaitingCard[] = await db.rows<WaitingCard>(sql`
      select ${columns}, ${lastTriedAt}::text as "lastTriedAt"
      from cronhook.cards card left join cronhook.pricing_failures failure on failure.card_id = card.id
      where ${toPrice(batch?.batchId)} and ${batch ? notFailedSince(batch.since, now()) : sql`true`}
        and ${after ? isAfter(after) : sql`true`}
      order by ${lastTriedAt} nulls first, card.id limit ${PAGE}
    `);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

/** A moment that is yet to come was written by a wrong clock: it keeps nobody waiting. */
const notFailedSince = (since: Date, now: Date): SQL =>
  sql`(failure.failed_at > ${sqlTime(since)} and failure.failed_at <= ${sqlTime(now)}) is not true`;

function isAfter({ id, lastTriedAt: moment }: WaitingCard): SQL {
  return moment === null
    ? sql`(${lastTriedAt} is not null or card.id > ${id}::uuid)`
    : sql`(${lastTriedAt}, card.id) > (${moment}::timestamptz, ${id}::uuid)`;
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

/** The card that the batch has priced last. */
export async function lastPriced(db: Pick<TaskDatabase, 'rows'>, batchId: string): Promise<Card | undefined> {
  const [card] = await db.rows<Card>(sql`
    select ${columns} from cronhook.price_observations observation
    join cronhook.cards card on card.id = observation.card_id
    where observation.batch_run_id = ${batchId}::uuid order by observation.created_at desc limit 1
  `);
  return card;
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
