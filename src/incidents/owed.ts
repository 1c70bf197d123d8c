import { type SQL, sql } from 'drizzle-orm';
import { type Database, rowsOf, type Transaction } from '../db/client.js';
import { jsonb } from '../db/json.js';
import { groupOf } from './open-incidents.js';
import { type Telling, tellBy, WAYS, type Way } from './telling.js';

/** By way, what could not be told when it should have been. */
type Owed = Partial<Record<Way, 'opened' | 'recovered'>>;

/** So many causes at a time; the next run goes on. */
const MOST_CAUSES = 20;

const owing: SQL = sql`source like 'task:%' and details->'owed' is not null`;

export async function isAnythingOwed(db: Database): Promise<boolean> {
  const [found] = await db.rows<{ owed: boolean }>(
    sql`select exists (select from cronhook.incidents where ${owing}) as owed`,
  );
  return found?.owed ?? false;
}

/**
 * Tells what could not be told before, the oldest first.
 * @returns true when there may be more
 */
export async function tellOwed(tx: Transaction, telling: Telling): Promise<boolean> {
  const leaders = await rowsOf<{ id: string; owed: Owed }>(
    tx,
    sql`
      select id, details->'owed' as owed from cronhook.incidents where ${owing}
      order by opened_at, id limit ${MOST_CAUSES}
    `,
  );
  for (const { id, owed } of leaders) {
    const left: Owed = {};
    for (const way of WAYS) {
      const kind = owed[way];
      if (!kind) continue;
      const news = { kind, leader: id, incidents: await groupOf(tx, id) };
      // What is known not to work is not tried once for each cause.
      const works = !telling.refused.has(way) && (await tellBy(tx, [way], news, telling)).length === 0;
      if (!works) left[way] = kind;
    }
    await settle(tx, id, owed, left, telling.tools.now);
  }
  return leaders.length === MOST_CAUSES;
}

async function settle(tx: Transaction, leader: string, owed: Owed, left: Owed, now: Date): Promise<void> {
  const settled = Object.keys(owed).length - Object.keys(left).length;
  if (settled === 0) return;
  // Days are counted from the mail that came late, or the first reminder would come with it.
  const toldAt = owed.mail === 'opened' && !left.mail ? { toldAt: now.toISOString() } : {};
  const rest = Object.keys(left).length > 0 ? { owed: left } : {};
  await tx.execute(sql`
    update cronhook.incidents set details = details - 'owed' || ${jsonb({ ...toldAt, ...rest })}
    where id = ${leader}::uuid
  `);
}
