import { sql } from 'drizzle-orm';
import { RunStopped } from '../../run-stop.js';
import {
  type ArchiveContext,
  type Archived,
  type Deleted,
  deleteArchived,
  promisedLines,
  promiseToDelete,
  removeUnfinished,
} from './archived-lines.js';
import { archiveLines, SEGMENT_LINES } from './log-archive.js';
import { type KeptRow, type Sweep, type Swept, sweep } from './sweep.js';
import { addLevels } from './untold.js';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 90;

/** What a row takes beside its texts: header, id, time, flag. */
const ROW_BYTES = sql.raw('45');

/** Levels in whatever case. One that nobody knows, or none, may matter. */
const level = sql`coalesce(lower(line.level), '?')`;

const counted = {
  label: level,
  size: sql`${ROW_BYTES} + coalesce(pg_column_size(line.level), 0) + coalesce(pg_column_size(line.message), 0)
    + coalesce(pg_column_size(line.context), 0)`,
};

export interface LogTally {
  levels: Record<string, number>;
  /** Of them, archived before. */
  archived: number;
  bytesFreed: number;
  /** How many were written. */
  archives: number;
}

/** Lines that matter go through the storage; the others just go. */
const expiredLogs = ({ now, record }: ArchiveContext): Sweep => ({
  table: 'application_logs',
  keys: ['created_at', 'id'],
  range: sql`line.created_at < ${new Date(now().getTime() - KEPT_DAYS * DAY_MS).toISOString()}::timestamptz`,
  due: sql`${level} in ('debug', 'info', 'warn') and not coalesce(line.important, false)`,
  ...counted,
  namesKept: true,
  record: (tx, gone) => record(tx, sumOf(gone)),
});

/** @returns how many lines are left to the next run */
export async function removeLogs(context: ArchiveContext, tally: LogTally): Promise<number> {
  const segments = new Segments(context, tally);
  if (!context.dryRun) await segments.finishEarlier();
  const remaining = await sweep(context, expiredLogs(context), async ({ gone, kept }) => {
    add(tally, sumOf(gone));
    for (const row of kept) await segments.add(row);
  });
  await segments.end();
  return remaining + segments.left;
}

type Sum = Pick<LogTally, 'levels' | 'bytesFreed'>;

function sumOf(gone: Swept['gone']): Sum {
  const levels = Object.fromEntries(Object.entries(gone).map(([label, { rows }]) => [label, rows]));
  return { levels, bytesFreed: Object.values(gone).reduce((sum, { bytes }) => sum + bytes, 0) };
}

function add(tally: LogTally, { levels, bytesFreed }: Sum): void {
  addLevels(tally.levels, levels);
  tally.bytesFreed += bytesFreed;
}

/** Gathers the lines that matter, and sends them off together. */
class Segments {
  /** Lines that could not be archived, and so stay. */
  left = 0;
  #rows: KeptRow[] = [];
  #failed = false;

  constructor(
    private readonly context: ArchiveContext,
    private readonly tally: LogTally,
  ) {}

  /** What a run that was stopped has archived and not deleted. */
  async finishEarlier(): Promise<void> {
    await this.#whilePossible(async () => {
      await removeUnfinished(this.context);
      const archived = await promisedLines(this.context);
      if (archived) await this.#delete(archived);
    });
  }

  async add(row: KeptRow): Promise<void> {
    this.#rows.push(row);
    if (this.#rows.length === SEGMENT_LINES) await this.end();
  }

  async end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    if (this.context.dryRun) return this.#foresee(rows);
    const before = this.tally.archived;
    await this.#whilePossible(async () => {
      for await (const archived of archiveLines(this.context, rows)) {
        await promiseToDelete(this.context, archived);
        this.tally.archives += 1;
        await this.#delete(archived);
        // One promise at a time: another would take its place.
        if (this.context.outOfTime()) break;
      }
    });
    this.left += rows.length - (this.tally.archived - before);
  }

  async #delete(archived: Archived): Promise<void> {
    await deleteArchived(this.context, archived, counted, (deleted: Deleted) => {
      add(this.tally, deleted);
      this.tally.archived += deleted.archived;
    });
  }

  #foresee(rows: KeptRow[]): void {
    for (const { label, size } of rows) add(this.tally, { levels: { [label]: 1 }, bytesFreed: size });
    this.tally.archived += rows.length;
  }

  /** A storage that is away is told once, and keeps no other line from going. */
  async #whilePossible(work: () => Promise<void>): Promise<void> {
    if (this.#failed || this.context.outOfTime()) return;
    try {
      await work();
    } catch (error) {
      if (this.context.signal.aborted || error instanceof RunStopped) throw error;
      this.#failed = true;
      this.context.fail('application_logs', error);
    }
  }
}
