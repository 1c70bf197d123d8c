import { type SQL, sql } from 'drizzle-orm';
import type { TaskDatabase } from '../define.js';

export interface DueUser {
  id: string;
  /** Where the next batch begins. */
  position: string;
  claimed: boolean;
  stripeCustomerId: string | null;
}

const BATCH = 100;

const position = sql`coalesce(deletion_scheduled_at, deletion_started_at)`;

/** Scheduled and its time has come, or begun by a run that did not get to the end. */
const isDue = (now: Date): SQL =>
  sql`(deletion_scheduled_at <= ${now.toISOString()}::timestamptz or deletion_started_at is not null)`;

/** In the order of their times, batch by batch; one that stays is not met twice. */
export async function* dueUsers(db: TaskDatabase, now: Date): AsyncGenerator<DueUser[]> {
  for (let last: DueUser | undefined; ; ) {
    const after = last
      ? sql`and (${position}, id) > (${last.position}::timestamptz, ${last.id}::uuid)`
      : sql``;
    const users: DueUser[] = await db.rows<DueUser>(sql`
      select id, ${position}::text as position, deletion_started_at is not null as claimed,
        stripe_customer_id as "stripeCustomerId"
      from cronhook.users where ${isDue(now)} ${after} order by ${position}, id limit ${BATCH}
    `);
    if (users.length > 0) yield users;
    if (users.length < BATCH) return;
    last = users.at(-1);
  }
}

export async function countDueUsers(db: TaskDatabase, now: Date): Promise<number> {
  const [row] = await db.rows<{ count: number }>(
    sql`select count(*)::int as count from cronhook.users where ${isDue(now)}`,
  );
  return row?.count ?? 0;
}
