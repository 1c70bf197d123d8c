import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Storage } from '../../clients/storage.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import { jsonb } from '../../db/json.js';
import type { Capabilities, RunContext } from '../define.js';
import { CLOSED, type Counts } from './erase.js';

/** The proof of a deletion, and what repeats it after a restored backup: opaque ids only. */
export interface Erasure {
  id: string;
  userId: string;
  deletedAt: string;
  /** The company went with its last member. False where an older record does not say. */
  companyClosed: boolean;
}

export const ERASURES = 'erasures/';

const BATCH = 100;
/** Objects written or read at a time. */
const SIDE_BY_SIDE = 10;

const stored = z.object({
  userId: z.guid(),
  deletedAt: z.iso.datetime({ offset: true }),
  companyClosed: z.boolean().catch(false),
});

export const keyOf = (id: string): string => `${ERASURES}${id}.json`;

/** @returns undefined for what is no erasure */
export function parseErasure(key: string, body: string): Erasure | undefined {
  const id = z.guid().safeParse(key.slice(ERASURES.length).replace(/\.json$/, ''));
  try {
    const content = stored.safeParse(JSON.parse(body));
    return id.success && content.success ? { id: id.data, ...content.data } : undefined;
  } catch {
    return undefined;
  }
}

export async function recordErasure(
  tx: Transaction,
  erasure: Erasure,
  { counts, storedAt }: { counts: Counts; storedAt: Date | null },
): Promise<boolean> {
  const added = await rowsOf(
    tx,
    sql`
      insert into cronhook.account_deletions (id, user_id, deleted_at, counts, stored_at)
      values (${erasure.id}::uuid, ${erasure.userId}::uuid, ${erasure.deletedAt}::timestamptz, ${jsonb(counts)},
        ${storedAt?.toISOString() ?? null}::timestamptz)
      on conflict (id) do nothing returning 1
    `,
  );
  return added.length > 0;
}

type StoringContext = RunContext<unknown> & Pick<Capabilities, 'db'> & Partial<Pick<Capabilities, 'storage'>>;

/** Writes erasures to the storage. One that is away is told once, and holds nothing up. */
export class ErasureStore {
  #away = false;

  constructor(private readonly context: StoringContext) {}

  /** Everything that is not stored yet, whichever run deleted it. */
  async storePending(): Promise<void> {
    const { storage, db, now, dryRun } = this.context;
    if (!storage || dryRun) return;
    while (!this.#away && !this.context.outOfTime()) {
      const pending = await db.rows<Erasure>(sql`
        select id, user_id as "userId", deleted_at as "deletedAt", counts ? ${CLOSED} as "companyClosed"
        from cronhook.account_deletions
        where stored_at is null order by deleted_at, id limit ${BATCH}
      `);
      const done = await this.#put(storage, pending);
      if (done.length > 0) await db.write((tx) => markStored(tx, done, now()));
      if (pending.length < BATCH) return;
    }
  }

  async countPending(): Promise<number> {
    const [row] = await this.context.db.rows<{ count: number }>(
      sql`select count(*)::int as count from cronhook.account_deletions where stored_at is null`,
    );
    return row?.count ?? 0;
  }

  /** @returns the ids of those that are stored now */
  async #put(storage: Storage, pending: Erasure[]): Promise<string[]> {
    const done: string[] = [];
    for (let from = 0; from < pending.length && !this.#away; from += SIDE_BY_SIDE) {
      this.context.signal.throwIfAborted();
      const group = pending.slice(from, from + SIDE_BY_SIDE);
      const results = await Promise.allSettled(group.map((erasure) => putErasure(storage, erasure)));
      const failure = results.find((result) => result.status === 'rejected');
      done.push(...group.filter((_, index) => results[index]?.status === 'fulfilled').map(({ id }) => id));
      if (failure) this.context.fail('storage', failure.reason);
      this.#away = failure !== undefined;
    }
    return done;
  }
}

function putErasure(storage: Storage, { id, userId, deletedAt, companyClosed }: Erasure): Promise<void> {
  const content = { userId, deletedAt: new Date(deletedAt).toISOString(), companyClosed };
  return storage.put(keyOf(id), JSON.stringify(content), { contentType: 'application/json' });
}

const markStored = (tx: Transaction, ids: string[], now: Date) =>
  tx.execute(sql`
    update cronhook.account_deletions set stored_at = ${now.toISOString()}::timestamptz
    where id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))
  `);
