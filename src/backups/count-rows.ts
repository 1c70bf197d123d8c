import type { TransactionSql } from 'postgres';

export interface RowCounts {
  /** Rows by `schema.table`, as SQL quotes it; of a table alone, without those that inherit from it. */
  tables: Record<string, number>;
  largeObjects: number;
}

/** Tables counted by one statement. */
const BATCH = 64;

/** More locks than that would use up the server's. */
const MOST_LOCKED = 1_000;

/**
 * Holds the tables against ALTER and TRUNCATE before pg_dump does: a count that queued behind an ALTER, which waits for
 * pg_dump, would never come to its turn.
 */
export async function lockTables(tx: TransactionSql, schemas?: string[]): Promise<void> {
  const names = await tablesToCount(tx, schemas);
  if (names.length === 0 || names.length > MOST_LOCKED) return;
  await tx.unsafe(`lock table only ${names.join(', only ')} in access share mode`);
}

/**
 * Counts what a dump holds: tables and the leaves of partitioned ones, of the given schemas; neither foreign tables nor
 * those of extensions.
 */
export async function countRows(tx: TransactionSql, schemas?: string[]): Promise<RowCounts> {
  const names = await tablesToCount(tx, schemas);
  const tables: Record<string, number> = {};
  for (let i = 0; i < names.length; i += BATCH) {
    for (const { name, rows } of await countBatch(tx, names.slice(i, i + BATCH))) tables[name] = Number(rows);
  }
  const [objects] = await tx.unsafe('select count(*) as count from pg_catalog.pg_largeobject_metadata');
  return { tables, largeObjects: Number(objects?.count) };
}

/** A standby has no unlogged tables to read, and pg_dump leaves them out there. */
async function tablesToCount(tx: TransactionSql, schemas?: string[]): Promise<string[]> {
  const rows = await tx<{ name: string }[]>`
    select format('%I.%I', nspname, relname) as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
    where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema'
      and relpersistence <> all (case when pg_catalog.pg_is_in_recovery() then '{t,u}' else '{t}' end::"char"[])
      and (${schemas === undefined} or nspname in (select json_array_elements_text(${JSON.stringify(schemas ?? [])}::text::json)))
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and deptype = 'e'
      )
    order by 1
  `;
  return rows.map(({ name }) => name);
}

/** Rolling back to a savepoint gives the locks back: thousands of tables and indexes would use up the server's. */
async function countBatch(tx: TransactionSql, names: string[]): Promise<{ name: string; rows: string }[]> {
  const selects = names.map((name, i) => `select ${i} as i, count(*) as rows from only ${name}`);
  const statement = `
    savepoint counting;
    ${selects.join('\nunion all ')};
    rollback to savepoint counting;
    release savepoint counting
  `;
  const [, counts = []] = (await tx.unsafe(statement)) as unknown as { i: number; rows: string }[][];
  return counts.map(({ i, rows }) => ({ name: names[i] as string, rows }));
}
