import { sql } from 'drizzle-orm';
import { AppError } from '../../errors.js';
import { oneOf } from '../accounts/rules.js';
import { ARCHIVES, archivedAt, DATABASE_METADATA, databaseId } from './archive-keys.js';
import type { ArchiveContext, ArchiveRun } from './model.js';

const DAY_MS = 24 * 60 * 60_000;
const BATCH = 500;

/**
 * Removes, after a day, the exports that no company knows: of runs that were killed, of companies that came back. Never
 * one that a company names, nor one of another database.
 */
export async function sweepExports(run: ArchiveRun): Promise<void> {
  const { context } = run;
  if (run.storageAway) return;
  try {
    const database = await databaseId(context.db);
    for await (const keys of oldExports(context)) {
      for (const key of await unknown(context, keys))
        if (!context.outOfTime()) await sweep(run, key, database);
    }
    await discardUploads(run);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'database_unavailable') throw error;
    run.storageAway = error.away === 'storage';
    context.fail('storage', error);
  }
}

async function* oldExports({ storage, now }: ArchiveContext): AsyncGenerator<string[]> {
  let keys: string[] = [];
  for await (const { key } of storage.list(ARCHIVES)) {
    if (!isOld(key, now())) continue;
    keys.push(key);
    if (keys.length < BATCH) continue;
    yield keys;
    keys = [];
  }
  if (keys.length > 0) yield keys;
}

/** By the time in the key, which the run's own clock has written. */
function isOld(key: string, now: Date): boolean {
  const at = archivedAt(key);
  return at !== undefined && now.getTime() - at.getTime() > DAY_MS;
}

async function unknown({ db }: ArchiveContext, keys: string[]): Promise<string[]> {
  const known = await db.rows<{ key: string }>(
    sql`select archive_key as key from cronhook.companies where archive_key in ${oneOf(keys, 'text')}`,
  );
  const named = new Set(known.map(({ key }) => key));
  return keys.filter((key) => !named.has(key));
}

async function sweep({ context, tally }: ArchiveRun, key: string, database: string): Promise<void> {
  const { storage, signal, dryRun, log, would } = context;
  signal.throwIfAborted();
  const metadata = await storage.metadata(key);
  if (metadata?.[DATABASE_METADATA] !== database) return;
  if (dryRun) would(key, { step: 'remove an export that no company knows' });
  else await storage.remove(key);
  if (!dryRun) log.info({ key }, 'removed an export that no company knows');
  tally.orphans += 1;
}

/** Uploads that never ended are nobody's. */
async function discardUploads({ context }: ArchiveRun): Promise<void> {
  const { storage, now, dryRun } = context;
  for await (const upload of storage.listUnfinished(ARCHIVES)) {
    if (isOld(upload.key, now()) && !dryRun) await storage.discard(upload);
  }
}
