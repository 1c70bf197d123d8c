import { sql } from 'drizzle-orm';
import type { Storage } from '../../clients/storage.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import type { RunContext, TaskDatabase } from '../define.js';

/** The export of an archived company in which somebody stands who is erased. */
export interface StaleExport {
  companyId: string;
  key: string;
  /** The company has gone with that person: the key stays with it until the object is gone. */
  closed: boolean;
}

/**
 * In the transaction of an erasure: the company knows the export no more. What nobody removes now, the sweep of
 * `clients-archive` removes, which also writes a new one.
 */
export async function forgetExport(tx: Transaction, companyId: string): Promise<StaleExport | undefined> {
  const [stale] = await rowsOf<StaleExport>(
    tx,
    sql`
      select id as "companyId", archive_key as key, status = 'anonymized' as closed
      from cronhook.companies where id = ${companyId}::uuid and archive_key is not null
    `,
  );
  if (stale && !stale.closed)
    await tx.execute(sql`update cronhook.companies set archive_key = null where id = ${companyId}::uuid`);
  return stale;
}

type RemovingContext = Pick<RunContext<unknown>, 'log' | 'fail'> & { db: TaskDatabase; storage?: Storage };

/** At once, where there is a storage; a failure is told and holds nothing up. */
export async function removeExport(
  { storage, db, log, fail }: RemovingContext,
  { companyId, key, closed }: StaleExport,
): Promise<void> {
  if (!storage) return;
  try {
    await storage.remove(key);
  } catch (err) {
    fail('storage', err);
    log.warn({ err, key }, 'an export with somebody who is erased stays until clients-archive removes it');
    return;
  }
  if (!closed) return;
  await db.write((tx) =>
    tx.execute(sql`
      update cronhook.companies set archive_key = null
      where id = ${companyId}::uuid and status = 'anonymized' and archive_key = ${key}
    `),
  );
}
