import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { rowsOf, type Transaction } from '../../db/client.js';

/** What is gone and no mail has told of. */
interface Untold {
  levels: Record<string, number>;
  runs: number;
  bytesFreed: number;
  archived: number;
  archives: number;
  /** The first of the archives. */
  archiveKeys: string[];
}

/** Writes down what a transaction deletes, in it: a run that is stopped leaves it to the next one to tell. */
export type Recorder = (tx: Transaction, gone: Partial<Untold>) => Promise<void>;

/** No setting that people know: they neither see nor change it. */
const KEY = 'cleanup-logs.untold';
const MOST_KEYS = 20;

const stored = z.object({
  levels: z.record(z.string(), z.number()),
  runs: z.number(),
  bytesFreed: z.number(),
  archived: z.number(),
  archives: z.number(),
  archiveKeys: z.array(z.string()),
});

export async function addUntold(tx: Transaction, gone: Partial<Untold>, now: Date): Promise<void> {
  const [row] = await rowsOf<{ value: string }>(
    tx,
    sql`select value from cronhook.settings where key = ${KEY}`,
  );
  const value = JSON.stringify(sum(read(row?.value), gone));
  await tx.execute(sql`
    insert into cronhook.settings (key, value, updated_at) values (${KEY}, ${value}, ${now.toISOString()}::timestamptz)
    on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at
  `);
}

/** Whoever takes it tells it, in the same transaction. */
export async function takeUntold(tx: Transaction): Promise<Untold> {
  const [row] = await rowsOf<{ value: string }>(
    tx,
    sql`delete from cronhook.settings where key = ${KEY} returning value`,
  );
  return read(row?.value);
}

function read(value: string | undefined): Untold {
  try {
    return stored.parse(JSON.parse(value ?? ''));
  } catch {
    return { levels: {}, runs: 0, bytesFreed: 0, archived: 0, archives: 0, archiveKeys: [] };
  }
}

function sum(before: Untold, gone: Partial<Untold>): Untold {
  const { levels = {}, runs = 0, bytesFreed = 0, archived = 0, archives = 0, archiveKeys = [] } = gone;
  return {
    levels: addLevels({ ...before.levels }, levels),
    runs: before.runs + runs,
    bytesFreed: before.bytesFreed + bytesFreed,
    archived: before.archived + archived,
    archives: before.archives + archives,
    archiveKeys: [...before.archiveKeys, ...archiveKeys].slice(0, MOST_KEYS),
  };
}

/** @returns the first, with the second in it */
export function addLevels(levels: Record<string, number>, more: Record<string, number>) {
  for (const [level, rows] of Object.entries(more)) levels[level] = (levels[level] ?? 0) + rows;
  return levels;
}
