import { sql } from 'drizzle-orm';
import type { Executor } from './client.js';
import { rowsOf } from './client.js';

/** The setting that tells a database from a copy of it. */
const SETTING = 'database.identity';

/** A dump restores settings as they were, but tables under new object ids. */
const current = sql`(select oid from pg_database where datname = current_database())::text || '/' ||
  to_regclass('cronhook.migrations')::oid::text`;

/** Writes down which database this is, once. */
export async function recordIdentity(executor: Executor): Promise<void> {
  await executor.execute(sql`
    insert into cronhook.settings (key, value) select ${SETTING}, ${current}
    where ${current} is not null on conflict (key) do nothing
  `);
}

/** True when this database was made from a backup or a copy of the one that wrote its identity down. */
export async function isCopy(executor: Executor): Promise<boolean> {
  const [row] = await rowsOf<{ copy: boolean }>(
    executor,
    sql`select value <> ${current} as copy from cronhook.settings where key = ${SETTING}`,
  );
  return row?.copy ?? false;
}

/**
 * From now on this database is its own.
 * @returns false when somebody else has been quicker
 */
export async function adoptIdentity(executor: Executor): Promise<boolean> {
  const rows = await rowsOf(
    executor,
    sql`
      update cronhook.settings set value = ${current}, updated_at = clock_timestamp()
      where key = ${SETTING} and value <> ${current} returning 1
    `,
  );
  return rows.length > 0;
}
