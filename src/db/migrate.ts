import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { type Database, rowsOf, type Transaction } from './client.js';
import { recordIdentity } from './identity.js';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** Any number that no other program uses as a lock on this database. */
const LOCK = 7_203_115_640;

/**
 * Applies what is pending, in one transaction behind one lock: three replicas that start together apply it once.
 * @returns how many migrations were applied
 */
export async function migrate(db: Database): Promise<number> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK}::bigint)`);
    const applied = await appliedHashes(tx);
    const pending = knownMigrations().filter((migration) => !applied.has(migration.hash));
    for (const migration of pending) {
      for (const statement of migration.sql) await apply(tx, statement);
      await tx.execute(
        sql`insert into cronhook.migrations (hash, created_at) values (${migration.hash}, ${migration.folderMillis}::bigint)`,
      );
    }
    await recordIdentity(tx);
    return pending.length;
  });
}

/** True when the newest migration of this program is applied; a newer database is fine. */
export async function isMigrated(db: Database): Promise<boolean> {
  const newest = knownMigrations().at(-1);
  const [row] = await db.rows<{ ledger: string | null }>(
    sql`select to_regclass('cronhook.migrations')::text as ledger`,
  );
  if (!row?.ledger) return false;
  const found = await db.rows(sql`select 1 from cronhook.migrations where hash = ${newest?.hash ?? ''}`);
  return found.length > 0;
}

let migrations: MigrationMeta[] | undefined;

/** Read once: they do not change while the program runs. */
function knownMigrations(): MigrationMeta[] {
  migrations ??= readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER });
  return migrations;
}

async function appliedHashes(tx: Transaction): Promise<Set<string>> {
  const [schema] = await rowsOf<{ oid: string | null }>(
    tx,
    sql`select to_regnamespace('cronhook')::text as oid`,
  );
  // IF NOT EXISTS alone would ask for a privilege that a prepared schema makes needless.
  if (!schema?.oid) await tx.execute(sql`create schema cronhook`);
  await tx.execute(
    sql`create table if not exists cronhook.migrations (id serial primary key, hash text not null, created_at bigint)`,
  );
  const rows = await rowsOf<{ hash: string }>(tx, sql`select hash from cronhook.migrations`);
  return new Set(rows.map((row) => row.hash));
}

const CHANGED_TABLE =
  /^\s*(?:create table|alter table|drop table|insert into|create (?:unique )?index "\w+" on)\s+"cronhook"\."(\w+)"/i;

/** A table that the application has replaced by a view of its own is left to the application. */
async function apply(tx: Transaction, statement: string): Promise<void> {
  if (/^\s*create schema/i.test(statement)) return;
  const table = CHANGED_TABLE.exec(statement)?.[1];
  if (table && (await isView(tx, table))) return;
  await tx.execute(sql.raw(statement));
}

async function isView(tx: Transaction, table: string): Promise<boolean> {
  const rows = await rowsOf(
    tx,
    sql`select 1 from pg_class where oid = to_regclass(${`cronhook.${table}`}) and relkind in ('v', 'm', 'f')`,
  );
  return rows.length > 0;
}
