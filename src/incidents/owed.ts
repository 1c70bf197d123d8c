import { type SQL, sql } from 'drizzle-orm';
import { type Database, rowsOf, type Transaction } from '../db/client.js';
import { type Announcement, type Telling, tell } from './telling.js';
import { type Owed, WAYS } from './ways.js';

/** So many causes at a time; the next run goes on. */
const MOST_CAUSES = 20;

const owing: SQL = sql`details->'owed' is not null`;

export async function isAnythingOwed(db: Database): Promise<boolean> {
  const [found] = await db.rows<{ owed: boolean }>(
    sql`select exists (select from cronhook.incidents where ${owing}) as owed`,
  );
  return found?.owed ?? false;
}

/** Tells what could not be told before, the oldest first. */
export async function tellOwed(tx: Transaction, telling: Telling): Promise<void> {
  const debts = await rowsOf<{ leader: string; owed: Owed }>(
    tx,
    sql`
      select id as leader, details->'owed' as owed from cronhook.incidents where ${owing}
      order by opened_at, id limit ${MOST_CAUSES}
    `,
  );
  await tell(
    tx,
    debts.flatMap(({ leader, owed }) => announcementsOf(leader, owed)),
    telling,
  );
  telling.owesMore = debts.length === MOST_CAUSES;
}

/** One for each kind that is owed: the ways may have failed at different times. */
const announcementsOf = (leader: string, owed: Owed): Announcement[] =>
  [...new Set(Object.values(owed))].map((kind) => ({
    kind,
    leader,
    ways: WAYS.filter((way) => owed[way] === kind),
  }));
