import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { digested, gunzipped, gzipped } from '../../backups/pipes.js';
import { decryptWith, encryptFor } from '../../clients/age.js';
import { rowsOf } from '../../db/client.js';
import { AppError } from '../../errors.js';
import type { Capabilities } from '../define.js';
import type { KeptRow, SweepContext } from './sweep.js';

export type ArchiveContext = SweepContext &
  Pick<Capabilities, 'storage'> &
  Partial<Pick<Capabilities, 'backups'>>;

export interface LogArchive {
  key: string;
  /** As stored. */
  bytes: number;
  /** The ids of the lines that it holds and that are gone. */
  deleted: Set<string>;
}

/** A line as it was archived. */
interface ArchivedLine {
  id: string;
  md5: string;
}

const FOLDER = 'archives/logs';
const ROWS_METADATA = 'cronhook-lines';
/** Lines read at a time. */
const PAGE_ROWS = 250;

/**
 * Writes lines to the storage, reads them back, and only then deletes them: all in one statement, so that a run that
 * is killed finds the same lines again and writes the same object again.
 * @returns undefined when others have deleted them all meanwhile
 */
export async function archiveLines(
  context: ArchiveContext,
  rows: KeptRow[],
): Promise<LogArchive | undefined> {
  const key = keyOf(rows, context.backups?.recipient !== undefined);
  const lines: ArchivedLine[] = [];
  const written = await write(context, key, rows, lines);
  if (lines.length === 0) {
    await context.storage.remove(key);
    return undefined;
  }
  await verify(context, key, written, lines.length);
  await removeShorter(context, key, rows);
  const deleted = await deleteLines(context, lines);
  context.log.info({ key, lines: lines.length, deleted: deleted.size }, 'log lines archived');
  return { key, bytes: written.bytes, deleted };
}

/**
 * `archives/logs/2026/08/<first id>-<last id>-<which lines>.ndjson.gz`: the same lines have the same key, and those
 * of another database, or of a table that counts anew, have another.
 */
function keyOf(rows: KeptRow[], encrypted: boolean): string {
  const [first, last] = [rows[0], rows.at(-1)].map((row) => row?.keys[1] ?? '');
  const [, year, month] = /^(\d{4})-(\d{2})/.exec(momentOf(rows[0])) ?? [];
  const folder = month ? `${FOLDER}/${year}/${month}` : `${FOLDER}/undated`;
  return `${folder}/${first}-${last}-${digestOf(rows)}.ndjson.gz${encrypted ? '.age' : ''}`;
}

/** Names the lines by when they were written, their ids and their sizes. */
function digestOf(rows: KeptRow[]): string {
  const names = rows.map((row) => `${momentOf(row)} ${row.keys[1]} ${row.size}\n`);
  return createHash('sha256').update(names.join('')).digest('hex').slice(0, 12);
}

/** In UTC, whatever zone the session writes. */
function momentOf(row: KeptRow | undefined): string {
  const [text = ''] = row?.keys ?? [];
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString();
}

interface Written {
  bytes: number;
  /** Of the object. */
  sha256: string;
  /** Of the lines in it. */
  plainSha256: string;
}

async function write(
  context: ArchiveContext,
  key: string,
  rows: KeptRow[],
  lines: ArchivedLine[],
): Promise<Written> {
  const { storage, backups, signal } = context;
  const plain = digested(readLines(context, rows, lines));
  const compressed = gzipped(plain.bytes);
  const stored = digested(backups?.recipient ? encryptFor(backups.recipient, compressed) : compressed);
  await storage.upload(key, stored.bytes, {
    contentType: backups?.recipient ? 'application/octet-stream' : 'application/gzip',
    metadata: { [ROWS_METADATA]: String(rows.length) },
    signal,
  });
  const { digest } = stored;
  return { bytes: digest.bytes, sha256: digest.sha256(), plainSha256: plain.digest.sha256() };
}

/** One JSON object a line, with every column. */
async function* readLines(
  { db, signal }: ArchiveContext,
  rows: KeptRow[],
  lines: ArchivedLine[],
): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < rows.length; from += PAGE_ROWS) {
    signal.throwIfAborted();
    const page = await db.rows<{ id: string; text: string }>(sql`
      select line.id::text as id, to_jsonb(line)::text as text from cronhook.application_logs line
      where line.id = any(${idsOf(rows.slice(from, from + PAGE_ROWS))}) order by line.created_at, line.id
    `);
    for (const { id, text } of page) lines.push({ id, md5: createHash('md5').update(text).digest('hex') });
    if (page.length > 0) yield Buffer.from(page.map(({ text }) => `${text}\n`).join(''));
  }
}

const idsOf = (rows: KeptRow[]): string => `{${rows.map(({ keys }) => keys[1]).join(',')}}`;

/** What cannot be decrypted here can only be compared with what was written. */
async function verify(context: ArchiveContext, key: string, written: Written, lines: number): Promise<void> {
  const { storage, backups, signal } = context;
  const body = await storage.download(key, { signal });
  if (!body) throw new AppError('unprocessable', (t) => t.maintenance.archive.lost(key));
  const stored = digested(body);
  const readable = !backups?.recipient || backups.identity !== undefined;
  const compressed =
    backups?.recipient && backups.identity ? decryptWith(backups.identity, stored.bytes) : stored.bytes;
  let found = 0;
  const plain = digested(readable ? gunzipped(compressed) : compressed);
  try {
    for await (const chunk of plain.bytes) for (const byte of chunk) if (byte === NEWLINE) found += 1;
  } catch (cause) {
    if (cause instanceof AppError || signal.aborted) throw cause;
    throw new AppError('unprocessable', (t) => t.maintenance.archive.damaged(key), { cause });
  }
  const same = stored.digest.bytes === written.bytes && stored.digest.sha256() === written.sha256;
  const readBack = !readable || (plain.digest.sha256() === written.plainSha256 && found === lines);
  if (!same || !readBack) throw new AppError('unprocessable', (t) => t.maintenance.archive.damaged(key));
}

const NEWLINE = 10;

/** Only what is still what was archived; a line that has changed since, or that is held, waits for the next run. */
async function deleteLines({ db }: ArchiveContext, lines: ArchivedLine[]): Promise<Set<string>> {
  const ids = `{${lines.map(({ id }) => id).join(',')}}`;
  const hashes = JSON.stringify(Object.fromEntries(lines.map(({ id, md5 }) => [id, md5])));
  const deleted = await db.write((tx) =>
    rowsOf<{ id: string }>(
      tx,
      sql`
        with free as materialized (
          select held.id from cronhook.application_logs held where held.id = any(${ids}) for update skip locked
        )
        delete from cronhook.application_logs line
        where line.id = any(array(select id from free))
          and md5(convert_to(to_jsonb(line)::text, 'UTF8')) = ${hashes}::jsonb ->> line.id::text
        returning line.id::text as id
      `,
    ),
  );
  return new Set(deleted.map(({ id }) => id));
}

/**
 * A run that was killed before it deleted may have left the beginning of these lines in an object of its own: this
 * one holds them too.
 */
async function removeShorter({ storage, log }: ArchiveContext, key: string, rows: KeptRow[]): Promise<void> {
  const folder = key.slice(0, key.lastIndexOf('/'));
  for await (const other of storage.list(`${folder}/${rows[0]?.keys[1]}-`)) {
    const count = Number((await storage.metadata(other.key))?.[ROWS_METADATA]);
    if (other.key === key || !(count > 0)) continue;
    if (!other.key.includes(`-${digestOf(rows.slice(0, count))}.ndjson.gz`)) {
      log.info({ key: other.key, beside: key }, 'two archives begin with a line of the same id');
      continue;
    }
    log.info({ key: other.key, by: key }, 'removing an archive that a longer one holds');
    // It is only twice in the storage then, and the log says so.
    await storage.remove(other.key).catch((err) => log.warn({ err, key: other.key }, 'it stays'));
  }
}
