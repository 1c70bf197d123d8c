import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { rowsOf, type Transaction } from '../../db/client.js';
import type { Capabilities } from '../define.js';
import { Pace } from './pace.js';
import { bound, type SweepContext } from './sweep.js';
import type { Recorder } from './untold.js';

export type ArchiveContext = SweepContext &
  Pick<Capabilities, 'storage'> &
  Partial<Pick<Capabilities, 'backups'>> & { record: Recorder };

/** Lines that an archive holds, read back and compared: they may go. */
export interface Archived {
  key: string;
  /** The MD5 of each as it was archived, by its id. */
  md5s: Record<string, string>;
}

/** What was deleted of them. */
export interface Deleted {
  archived: number;
  levels: Record<string, number>;
  bytesFreed: number;
}

/** How a line is counted, in SQL that calls it `line`. */
interface Counted {
  label: SQL;
  size: SQL;
}

/** No setting that people know. While it is there, the lines in it need no other archive. */
const KEY = 'cleanup-logs.archived';
const FIRST_ROWS = 200;
/** The archive that is being written. No line relies on it yet. */
const UNFINISHED = 'cleanup-logs.unfinished';

const upsert = (key: string, value: string, now: Date): SQL => sql`
  insert into cronhook.settings (key, value, updated_at) values (${key}, ${value}, ${now.toISOString()}::timestamptz)
  on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`;
const remove = (key: string): SQL => sql`delete from cronhook.settings where key = ${key}`;

/** To be done before it is written: a run that is stopped meanwhile leaves it to the next one to remove. */
export async function beginArchive({ db, now }: ArchiveContext, key: string): Promise<void> {
  await db.write((tx) => tx.execute(upsert(UNFINISHED, key, now())));
}

/** Removes what a stopped run wrote and never relied on: its lines are archived anew, and must not be there twice. */
export async function removeUnfinished({ db, storage, log }: ArchiveContext): Promise<void> {
  const [row] = await db.rows<{ value: string }>(
    sql`select value from cronhook.settings where key = ${UNFINISHED}`,
  );
  if (!row) return;
  await storage.remove(row.value);
  await db.write((tx) => tx.execute(remove(UNFINISHED)));
  log.info({ key: row.value }, 'removed an archive that a stopped run left unfinished');
}

/** From here on a run that is stopped leaves these lines to the next one to delete, not to archive again. */
export async function promiseToDelete(
  { db, record, now }: ArchiveContext,
  archived: Archived,
): Promise<void> {
  await db.write(async (tx) => {
    await tx.execute(upsert(KEY, JSON.stringify(archived), now()));
    await tx.execute(remove(UNFINISHED));
    await record(tx, { archives: 1, archiveKeys: [archived.key] });
  });
}

/** What an earlier run archived and did not come to delete; undefined when its archive is not there any more. */
export async function promisedLines({ db, storage, log }: ArchiveContext): Promise<Archived | undefined> {
  const [row] = await db.rows<{ value: string }>(sql`select value from cronhook.settings where key = ${KEY}`);
  const archived = row && readPromise(row.value);
  if (!archived || (await storage.metadata(archived.key))) return archived;
  log.warn({ key: archived.key }, 'an archive has gone whose lines were not all deleted: they go to another');
  return undefined;
}

const promise = z.object({ key: z.string(), md5s: z.record(z.string(), z.string()) });

function readPromise(value: string): Archived | undefined {
  try {
    return promise.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}

/**
 * Deletes lines that an archive holds, by small statements; what the end of the time leaves stays promised. A line
 * that has changed since, or that is held, waits for another archive.
 */
export async function deleteArchived(
  context: ArchiveContext,
  { key, md5s }: Archived,
  counted: Counted,
  onDeleted: (deleted: Deleted) => void,
): Promise<void> {
  const pace = new Pace(FIRST_ROWS);
  const ids = Object.keys(md5s);
  let deleted = 0;
  for (let from = 0; from < ids.length; ) {
    if (from > 0) await pace.rest(context.signal);
    if (context.outOfTime()) return;
    const some = await pace.take(context.signal, async ({ rows, timeoutMs }) => {
      const tried = ids.slice(from, from + rows);
      return { tried, ...(await deleteSome(context, { md5s, ids: tried, timeoutMs }, counted)) };
    });
    from += some.tried.length;
    deleted += some.archived;
    onDeleted(some);
  }
  await context.db.write((tx) => tx.execute(remove(KEY)));
  context.log.info({ key, lines: ids.length, deleted }, 'log lines archived');
}

interface Some {
  md5s: Record<string, string>;
  ids: string[];
  timeoutMs: number | undefined;
}

function deleteSome({ db, record }: ArchiveContext, some: Some, counted: Counted): Promise<Deleted> {
  return db.write(async (tx) => {
    await bound(tx, some.timeoutMs);
    const rows = await deleteUnchanged(tx, some, counted);
    const deleted = {
      levels: Object.fromEntries(rows.map(({ label, lines }) => [label, lines])),
      archived: rows.reduce((sum, { lines }) => sum + lines, 0),
      bytesFreed: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    if (deleted.archived > 0) await record(tx, deleted);
    return deleted;
  });
}

function deleteUnchanged(tx: Transaction, { md5s, ids }: Some, { label, size }: Counted) {
  const wanted = JSON.stringify(Object.fromEntries(ids.map((id) => [id, md5s[id]])));
  return rowsOf<{ label: string; lines: number; bytes: number }>(
    tx,
    sql`
      with free as materialized (
        select held.id from cronhook.application_logs held where held.id = any(${`{${ids.join(',')}}`})
        for update skip locked
      ), gone as (
        delete from cronhook.application_logs line
        where line.id = any(array(select id from free))
          and md5(convert_to(to_jsonb(line)::text, 'UTF8')) = ${wanted}::jsonb ->> line.id::text
        returning ${label} as label, ${size} as size
      )
      select label, count(*)::int as lines, sum(size)::float8 as bytes from gone group by label
    `,
  );
}
