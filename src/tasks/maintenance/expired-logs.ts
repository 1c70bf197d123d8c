import { sql } from 'drizzle-orm';
import { RunStopped } from '../../run-stop.js';
import { type ArchiveContext, archiveLines, type LogArchive } from './log-archive.js';
import { type KeptRow, type Sweep, type Swept, sweep } from './sweep.js';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 90;

/** So many lines, or so many bytes, are archived and deleted at a time: one statement deletes them. */
const SEGMENT_LINES = 2_000;
const SEGMENT_BYTES = 4_000_000;

/** What a row takes beside its texts: header, id, time, flag. */
const ROW_BYTES = sql.raw('45');

export interface LogTally {
  levels: Record<string, number>;
  /** Of them, archived before. */
  archived: number;
  bytesFreed: number;
  archives: LogArchive[];
}

/** Lines that matter go through the storage; the others just go. */
const expiredLogs = (now: Date): Sweep => ({
  table: 'application_logs',
  keys: ['created_at', 'id'],
  range: sql`line.created_at < ${new Date(now.getTime() - KEPT_DAYS * DAY_MS).toISOString()}::timestamptz`,
  due: sql`not (line.level in ('error', 'critical') or coalesce(line.important, false))`,
  size: sql`${ROW_BYTES} + pg_column_size(line.level) + pg_column_size(line.message) + coalesce(pg_column_size(line.context), 0)`,
  label: sql`line.level`,
  namesKept: true,
});

/** @returns how many lines are left to the next run */
export async function removeLogs(context: ArchiveContext, tally: LogTally): Promise<number> {
  const segments = new Segments(context, tally);
  const remaining = await sweep(context, expiredLogs(context.now()), async (swept) => {
    count(tally, swept);
    for (const row of swept.kept) await segments.add(row);
  });
  await segments.end();
  return remaining + segments.left;
}

function count(tally: LogTally, { gone }: Swept): void {
  for (const [level, { rows, bytes }] of Object.entries(gone)) {
    tally.levels[level] = (tally.levels[level] ?? 0) + rows;
    tally.bytesFreed += bytes;
  }
}

/** Gathers the lines that matter, and sends them off by segments of one size. */
class Segments {
  /** Lines that could not be archived, and so stay. */
  left = 0;
  #rows: KeptRow[] = [];
  #bytes = 0;
  #failed = false;

  constructor(
    private readonly context: ArchiveContext,
    private readonly tally: LogTally,
  ) {}

  async add(row: KeptRow): Promise<void> {
    this.#rows.push(row);
    this.#bytes += row.size;
    if (this.#rows.length === SEGMENT_LINES || this.#bytes >= SEGMENT_BYTES) await this.end();
  }

  async end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    if (rows.length === 0) return;
    const gone = this.context.dryRun ? rows : await this.#archive(rows);
    for (const { label, size } of gone) {
      this.tally.levels[label] = (this.tally.levels[label] ?? 0) + 1;
      this.tally.bytesFreed += size;
    }
    this.tally.archived += gone.length;
    this.left += rows.length - gone.length;
  }

  /**
   * A storage that is away is told once, and keeps no other line from going.
   * @returns the rows that are gone
   */
  async #archive(rows: KeptRow[]): Promise<KeptRow[]> {
    if (this.#failed) return [];
    try {
      const archive = await archiveLines(this.context, rows);
      if (archive) this.tally.archives.push(archive);
      return rows.filter(({ keys }) => archive?.deleted.has(keys[1] ?? ''));
    } catch (error) {
      if (this.context.signal.aborted || error instanceof RunStopped) throw error;
      this.#failed = true;
      this.context.fail('application_logs', error);
      return [];
    }
  }
}
