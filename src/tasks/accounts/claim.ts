import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { AppError } from '../../errors.js';
import type { Rows } from './subject.js';

/** `cancelled`: the person has changed their mind, and nothing of theirs is touched. */
export type Claim = 'claimed' | 'cancelled' | 'sole-owner';

const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

/** The point of no return: from here on a cancellation comes too late. */
export async function claimUser(tx: Transaction, userId: string, now: Date): Promise<Claim> {
  const rows: Rows = (statement) => rowsOf(tx, statement);
  if (await isSoleOwner(rows, userId, { lock: true })) return 'sole-owner';
  const at = sql`${now.toISOString()}::timestamptz`;
  const claimed = await rows(sql`
    update cronhook.users set deletion_started_at = ${at}
    where id = ${userId}::uuid and deletion_scheduled_at <= ${at} and deletion_started_at is null
    returning 1
  `);
  return claimed.length > 0 ? 'claimed' : 'cancelled';
}

/**
 * Whether members would be left without an owner. Owners whose deletion has begun are none any more, and one who is
 * disabled could not take over. Company and users are locked, so that two owners do not both slip through.
 */
export async function isSoleOwner(rows: Rows, userId: string, { lock }: { lock: boolean }): Promise<boolean> {
  const locked = lock ? sql`for update` : sql``;
  const ofCompany = sql`(select company_id from cronhook.users where id = ${userId}::uuid)`;
  await rows(sql`select from cronhook.companies where id = ${ofCompany} ${locked}`);
  const members = await rows<{ id: string; owner: boolean; able: boolean; leaving: boolean }>(sql`
    select id, role = 'owner' as owner, disabled_at is null as able, deletion_started_at is not null as leaving
    from cronhook.users where company_id = ${ofCompany} order by id ${locked}
  `);
  const self = members.find(({ id }) => id === userId);
  const staying = members.filter(({ id, leaving }) => id !== userId && !leaving);
  return Boolean(self?.owner) && staying.length > 0 && !staying.some(({ owner, able }) => owner && able);
}

/**
 * Waits for a lock that somebody does not give back end here: one user must not stop the others. A client that stalls
 * inside the transaction is cut off by the server, or the application would wait for it.
 */
export async function boundLockWaits(tx: Transaction, wait: `${number}s` = '10s'): Promise<void> {
  await tx.execute(sql`
    select set_config('lock_timeout', ${wait}, true), set_config('idle_in_transaction_session_timeout', '30s', true)
  `);
}

/** Locks of others are no fault of the program: the next run tries again. */
export function lockProblem(error: unknown): unknown {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code } = (cause ?? {}) as { code?: string };
  if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK) return error;
  return new AppError('unprocessable', (t) => t.accounts.locked, { cause: error });
}
