import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import type { Capabilities, RunContext } from '../define.js';
import { Pace } from './pace.js';

/** Rows of a table in the order of time, and which of them go; in SQL each is called `line`. */
export interface Sweep {
  table: string;
  /** They order the rows and tell them apart; an index begins with the first. */
  keys: readonly string[];
  /** The rows that are looked at. */
  range: SQL;
  /** Those that go; all of them without it. */
  due?: SQL;
  /** The bytes that a row takes. */
  size?: SQL;
  /** What rows are counted by. */
  label?: SQL;
  /** Whether to name the rows that stay, but for those that somebody else holds. */
  namesKept?: boolean;
  /** Writes down what a statement deleted, in its transaction. */
  record?(tx: Transaction, gone: Swept['gone']): Promise<void>;
}

/** A row that was looked at and stays. */
export interface KeptRow {
  /** As PostgreSQL writes them. */
  keys: string[];
  size: number;
  label: string;
}

/** What one statement did. */
export interface Swept {
  gone: Record<string, { rows: number; bytes: number }>;
  kept: KeptRow[];
}

export type SweepContext = RunContext<unknown> & Pick<Capabilities, 'db'>;

/**
 * Deletes what is due, by small batches that each commit; in a dry run only looks.
 * @returns how many rows the end of the time leaves, counted to a bound
 */
export async function sweep(
  context: SweepContext,
  what: Sweep,
  onSwept: (swept: Swept) => Promise<void> | void,
): Promise<number> {
  const pace = new Pace();
  let after: string[] | undefined;
  for (;;) {
    context.signal.throwIfAborted();
    const { swept, next } = await sweepSome(context, what, after, pace);
    await onSwept(swept);
    if (!next) return 0;
    after = next;
    if (context.outOfTime()) return countDue(context, what, after);
    await pace.rest(context.signal);
  }
}

interface Batch {
  swept: Swept;
  /** Where to go on; undefined at the end. */
  next: string[] | undefined;
}

async function sweepSome(
  { db, dryRun, signal }: SweepContext,
  what: Sweep,
  after: string[] | undefined,
  pace: Pace,
): Promise<Batch> {
  return pace.take(signal, async ({ rows: limit, timeoutMs }) => {
    const statement = batchStatement(what, { after, limit, dryRun });
    const write = () =>
      db.write(async (tx) => {
        await bound(tx, timeoutMs);
        const rows = await rowsOf<BatchRow>(tx, statement);
        const gone = rows[0]?.gone;
        if (gone) await what.record?.(tx, gone);
        return rows;
      });
    const [row] = await (dryRun ? db.rows<BatchRow>(statement) : write());
    if (!row) throw new Error('a batch answers one row');
    const atEnd = row.looked < limit && row.seen === row.looked;
    return {
      swept: { gone: row.gone ?? {}, kept: row.kept ?? [] },
      next: atEnd ? undefined : (row.last ?? undefined),
    };
  });
}

/** Looks rows up one by one, by their keys: reading the whole table at once is what takes long. */
export const bound = (tx: Transaction, timeoutMs: number | undefined) =>
  tx.execute(sql`
    select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
      ${timeoutMs === undefined ? sql`` : sql`, set_config('statement_timeout', ${`${timeoutMs}ms`}, true)`}
  `);

interface BatchRow {
  looked: number;
  seen: number;
  gone: Swept['gone'] | null;
  kept: KeptRow[] | null;
  last: string[] | null;
}

/** Large values cost more than rows: a statement takes no more than so many bytes. */
const MOST_BYTES = 4_000_000;

/**
 * Rows that somebody else holds are left for the next time: nobody waits, and no lock waits for another. Rows that
 * are not due are not locked: the application goes on with them.
 */
function batchStatement(
  what: Sweep,
  options: { after: string[] | undefined; limit: number; dryRun: boolean },
): SQL {
  const { table, due = sql`true`, size = sql`0`, label = sql`''`, namesKept } = what;
  const { after, limit, dryRun } = options;
  const keys = list(what.keys);
  const asTexts = sql`json_build_array(${list(what.keys.map((key) => `${key}::text`))})`;
  // One that has changed since it was looked at is judged again when it is locked.
  const held = dryRun
    ? sql`select * from span`
    : sql`
      select ${list(what.keys.map((key) => `line.${key}`))}, span.due, span.label, span.size
      from span join ${named(table)} line on ${sameKeys(what, 'span')}
      where ${what.range} and ${namesKept ? sql`coalesce(${due}, false) = span.due` : sql`span.due and ${due}`}
      for update of line skip locked`;
  const gone = dryRun
    ? sql`select label, size from held where due`
    : sql`delete from ${named(table)} line using held where held.due and ${sameKeys(what, 'held')} returning held.label, held.size`;
  return sql`
    with looked as (
      select ${list(what.keys.map((key) => `line.${key}`))}, coalesce(${due}, false) as due, coalesce(${label}, '') as label,
        coalesce(${size}, 0)::bigint as size
      from ${named(table)} line where ${what.range} and ${beyond(what, after)}
      order by ${list(what.keys.map((key) => `line.${key}`))} limit ${limit}
    ), span as (
      select * from (
        select *, sum(size) over (order by ${keys} rows unbounded preceding) - size as before from looked
      ) as counted where before < ${sql.raw(String(MOST_BYTES))}
    ), held as (${held}), gone as (${gone})
    select (select count(*)::int from looked) as looked, (select count(*)::int from span) as seen,
      (select json_object_agg(label, json_build_object('rows', rows, 'bytes', bytes)) from (
        select label, count(*) as rows, sum(size) as bytes from gone group by label
      ) as labels) as gone,
      ${
        namesKept
          ? sql`(
        select json_agg(json_build_object('keys', ${asTexts}, 'size', size, 'label', label) order by ${keys})
        from held where not due
      )`
          : sql`null::json`
      } as kept,
      (select ${asTexts} from span order by ${list(what.keys.map((key) => `${key} desc`))} limit 1) as last
  `;
}

const COUNTED = 100_000;

async function countDue({ db }: SweepContext, what: Sweep, after: string[]): Promise<number> {
  const [row] = await db.rows<{ count: number }>(sql`
    select count(*)::int as count from (
      select from ${named(what.table)} line
      where ${what.range} and ${beyond(what, after)} and ${what.due ?? sql`true`}
      order by ${list(what.keys.map((key) => `line.${key}`))} limit ${sql.raw(String(COUNTED))}
    ) as due
  `);
  return row?.count ?? 0;
}

function beyond({ keys }: Sweep, after: string[] | undefined): SQL {
  if (!after) return sql`true`;
  const values = sql.join(
    after.map((value) => sql`${value}`),
    sql`, `,
  );
  return sql`(${list(keys.map((key) => `line.${key}`))}) > (${values})`;
}

const sameKeys = ({ keys }: Sweep, other: string): SQL =>
  sql.raw(keys.map((key) => `line.${key} = ${other}.${key}`).join(' and '));
const named = (table: string): SQL => sql.raw(`cronhook.${table}`);
const list = (names: readonly string[]): SQL => sql.raw(names.join(', '));
