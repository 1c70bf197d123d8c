import { randomUUID } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import { AppError } from '../errors.js';

/**
 * pg_dump sets its session up before its transaction begins; a pooler in transaction mode may give these settings to
 * another client and pg_dump another's, and what it writes then is no longer certain.
 */
export async function refuseTransactionPooler(
  tx: TransactionSql,
  connect: () => Sql,
  place: string,
): Promise<void> {
  if (await reachesServer(tx)) return;
  const [first, second] = [connect(), connect()];
  try {
    if (await sharesSessions(first, second)) {
      throw new AppError('unprocessable', (t) => t.backups.dump.pooler(place), { permanent: true });
    }
  } finally {
    await Promise.all([first, second].map((client) => client.end({ timeout: 1 })));
  }
}

/** A pooler gives its clients keys of its own, of which the process id is a part. */
async function reachesServer(tx: TransactionSql): Promise<boolean> {
  const result = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`;
  return result[0].pid === (result.state as unknown as { pid?: number })?.pid;
}

/** What one session sets, another sees, or does not find again itself. */
async function sharesSessions(first: Sql, second: Sql): Promise<boolean> {
  const id = randomUUID();
  await first`select set_config('cronhook.session', ${id}, false)`;
  return second.begin(async (tx) => {
    const [seen] = await tx`select current_setting('cronhook.session', true) as id`;
    const [kept] = await first`select current_setting('cronhook.session', true) as id`;
    return seen?.id === id || kept?.id !== id;
  });
}
