import { digested, gunzipped } from '../../backups/pipes.js';
import { decryptWith } from '../../clients/age.js';
import type { Storage } from '../../clients/storage.js';
import { AppError } from '../../errors.js';
import type { Secret } from '../../secret.js';
import type { RowCounts } from './export.js';

/** What was written, as far as its reader must find it again. */
export interface WrittenExport {
  key: string;
  companyId: string;
  bytes: number;
  sha256: string;
  rows: RowCounts;
  encrypted: boolean;
}

interface CheckOptions {
  /** Without it an encrypted export is checked by its bytes alone. */
  identity: Secret | undefined;
  signal: AbortSignal;
}

/**
 * Reads an export back from the storage to its last byte.
 * @throws {AppError} unless it is what was written, and, as far as it can be opened, every row of it is JSON
 */
export async function checkExport(
  storage: Storage,
  written: WrittenExport,
  { identity, signal }: CheckOptions,
): Promise<void> {
  const stored = await storage.download(written.key, { signal });
  if (!stored) throw damaged(written.key);
  const { bytes, digest } = digested(stored);
  if (written.encrypted && !identity) for await (const _ of bytes);
  else {
    const compressed = written.encrypted && identity ? decryptWith(identity, bytes) : bytes;
    const { companyId, rows } = await readExport(gunzipped(compressed), written.key);
    if (companyId !== written.companyId || !sameRows(rows, written.rows)) throw damaged(written.key);
  }
  if (digest.bytes !== written.bytes || digest.sha256() !== written.sha256) throw damaged(written.key);
}

/** Line by line, as `exportCompany` writes it: what it says of itself, and the rows that are there. */
async function readExport(
  json: AsyncIterable<Uint8Array>,
  key: string,
): Promise<{ companyId: string; rows: RowCounts }> {
  const rows: RowCounts = {};
  let companyId: string | undefined;
  let table = '';
  let told: RowCounts | undefined;
  try {
    for await (const line of linesOf(json)) {
      if (companyId === undefined) companyId = (JSON.parse(`${line}}}`) as { company: string }).company;
      else if (line.startsWith('{')) {
        JSON.parse(line.replace(/,$/, ''));
        rows[table] = (rows[table] ?? 0) + 1;
      } else if (line.startsWith('"')) {
        table = JSON.parse(line.slice(0, line.lastIndexOf(':'))) as string;
        rows[table] = 0;
      } else if (line.startsWith('}')) told = (JSON.parse(`{${line.slice(2)}`) as { rows: RowCounts }).rows;
    }
  } catch (cause) {
    if (cause instanceof SyntaxError || String((cause as NodeJS.ErrnoException).code).startsWith('Z_'))
      throw damaged(key, cause);
    throw cause;
  }
  if (companyId === undefined || !told || !sameRows(rows, told)) throw damaged(key);
  return { companyId, rows };
}

const NEW_LINE = 10;

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]).toString('utf8');
      parts = [];
      from = end + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (parts.length > 0) yield Buffer.concat(parts).toString('utf8');
}

const sameRows = (found: RowCounts, wanted: RowCounts): boolean =>
  Object.keys(found).length === Object.keys(wanted).length &&
  Object.entries(wanted).every(([table, count]) => found[table] === count);

const damaged = (key: string, cause?: unknown): AppError =>
  new AppError('unprocessable', (t) => t.archiving.damaged(key), { cause });
