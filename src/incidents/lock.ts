import { sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.js';

/** Any number that no other program uses as a lock on this database: changes are noticed one after the other. */
const LOCK = 7_203_115_641;

/** Nobody waits long, neither for the lock nor, in the server, for a replica that has died holding it. */
export async function lockIncidents(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    select set_config('lock_timeout', '5s', true), set_config('idle_in_transaction_session_timeout', '30s', true)
  `);
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK}::bigint)`);
}
