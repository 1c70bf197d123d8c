import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { digested, gunzipped, gzipped } from '../../backups/pipes.js';
import { decryptWith, encryptFor } from '../../clients/age.js';
import { AppError } from '../../errors.js';
import { type ArchiveContext, type Archived, beginArchive } from './archived-lines.js';
import type { KeptRow } from './sweep.js';

/** A line as it is archived: one JSON object, with every column. */
interface Line {
  id: string;
  /** In UTC, whatever zone the session writes. */
  moment: string;
  text: string;
  md5: string;
}

const FOLDER = 'archives/logs';

/** So many lines, or so many bytes of text, to an archive; both are in memory while it is written. */
export const SEGMENT_LINES = 2_000;
const SEGMENT_BYTES = 4_000_000;

/** Lines are read by so many bytes as stored: PostgreSQL has made them up to a hundred times smaller. */
const PAGE_BYTES = 64_000;
const PAGE_ROWS = 250;

/** Writes lines to the storage, as many archives as they need, and reads each back: its lines may be deleted then. */
export async function* archiveLines(context: ArchiveContext, rows: KeptRow[]): AsyncGenerator<Archived> {
  for await (const lines of segments(context, rows)) {
    const key = keyOf(lines, context.backups?.recipient !== undefined);
    await beginArchive(context, key);
    const written = await write(context, key, lines);
    await verify(context, key, written, lines.length);
    yield { key, md5s: Object.fromEntries(lines.map(({ id, md5 }) => [id, md5])) };
  }
}

async function* segments(context: ArchiveContext, rows: KeptRow[]): AsyncGenerator<Line[]> {
  let lines: Line[] = [];
  let bytes = 0;
  for (const page of pagesOf(rows)) {
    for (const line of await readLines(context, page)) {
      lines.push(line);
      bytes += Buffer.byteLength(line.text);
      if (lines.length < SEGMENT_LINES && bytes < SEGMENT_BYTES) continue;
      yield lines;
      lines = [];
      bytes = 0;
    }
  }
  if (lines.length > 0) yield lines;
}

function* pagesOf(rows: KeptRow[]): Generator<KeptRow[]> {
  let page: KeptRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (page.length === PAGE_ROWS || (page.length > 0 && bytes + row.size > PAGE_BYTES)) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(row);
    bytes += row.size;
  }
  if (page.length > 0) yield page;
}

/** In the order of the rows; those that others have deleted meanwhile are not there. */
async function readLines({ db, signal }: ArchiveContext, rows: KeptRow[]): Promise<Line[]> {
  signal.throwIfAborted();
  const ids = `{${rows.map(({ keys }) => keys[1]).join(',')}}`;
  const found = await db.rows<{ id: string; text: string }>(sql`
    select line.id::text as id, to_jsonb(line)::text as text from cronhook.application_logs line
    where line.id = any(${ids}) order by line.created_at, line.id
  `);
  const moments = new Map(rows.map(({ keys: [moment = '', id = ''] }) => [id, moment]));
  return found.map(({ id, text }) => ({
    id,
    moment: inUtc(moments.get(id) ?? ''),
    text,
    md5: createHash('md5').update(text).digest('hex'),
  }));
}

function inUtc(text: string): string {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString();
}

/**
 * `archives/logs/2026/08/<first id>-<last id>-<which lines>.ndjson.gz`: the same lines have the same key, and those
 * of another database, or of a table that counts anew, have another.
 */
function keyOf(lines: Line[], encrypted: boolean): string {
  const [first, last] = [lines[0], lines.at(-1)];
  const [, year, month] = /^(\d{4})-(\d{2})/.exec(first?.moment ?? '') ?? [];
  const folder = month ? `${FOLDER}/${year}/${month}` : `${FOLDER}/undated`;
  return `${folder}/${first?.id}-${last?.id}-${digestOf(lines)}.ndjson.gz${encrypted ? '.age' : ''}`;
}

function digestOf(lines: Line[]): string {
  const names = lines.map(({ moment, id, md5 }) => `${moment} ${id} ${md5}\n`);
  return createHash('sha256').update(names.join('')).digest('hex').slice(0, 12);
}

interface Written {
  bytes: number;
  /** Of the object. */
  sha256: string;
  /** Of the lines in it. */
  plainSha256: string;
}

async function write(context: ArchiveContext, key: string, lines: Line[]): Promise<Written> {
  const { storage, backups, signal } = context;
  const plain = digested(bytesOf(lines));
  const compressed = gzipped(plain.bytes);
  const stored = digested(backups?.recipient ? encryptFor(backups.recipient, compressed) : compressed);
  await storage.upload(key, stored.bytes, {
    contentType: backups?.recipient ? 'application/octet-stream' : 'application/gzip',
    signal,
  });
  const { digest } = stored;
  return { bytes: digest.bytes, sha256: digest.sha256(), plainSha256: plain.digest.sha256() };
}

async function* bytesOf(lines: Line[]): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < lines.length; from += PAGE_ROWS)
    yield Buffer.from(
      lines
        .slice(from, from + PAGE_ROWS)
        .map(({ text }) => `${text}\n`)
        .join(''),
    );
}

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
