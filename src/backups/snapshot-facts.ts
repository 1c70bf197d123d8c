import type { TransactionSql } from 'postgres';
import { type PostgresTarget, placeOf } from '../clients/postgres-url.js';
import { AppError } from '../errors.js';
import { LOCK_WAIT_SECONDS } from './limits.js';

interface Facts {
  id: string;
  name: string;
  oid: number;
  version: string;
  version_number: number;
  size: string;
  roles: string[];
  extensions: string[];
  missing: string[];
}

/** Makes the transaction ready for a dump, exports its snapshot, and reads what is known beforehand. */
export async function readFacts(tx: TransactionSql, target: PostgresTarget, schemas: string[] | undefined) {
  await tx.unsafe(SETTINGS);
  const chosen = JSON.stringify(schemas ?? []);
  const [facts] = await tx<[Facts]>`
    with chosen as (select json_array_elements_text(${chosen}::text::json) as name),
    named_roles as (
      select unnest(polroles) as oid from pg_policy
      join pg_class c on c.oid = polrelid join pg_namespace n on n.oid = relnamespace
      where ${schemas === undefined} or nspname in (select name from chosen)
      union select umuser from pg_user_mappings where ${schemas === undefined}
    )
    select pg_export_snapshot() as id, datname as name, d.oid::int8::float8 as oid,
      current_setting('server_version') as version,
      current_setting('server_version_num')::int as version_number,
      pg_database_size(d.oid) as size,
      coalesce((select json_agg(rolname order by rolname) from pg_roles where oid in (select oid from named_roles)), '[]') as roles,
      coalesce((
        select json_agg(extname order by extname) from pg_extension e
        join pg_namespace n on n.oid = extnamespace where nspname in (select name from chosen)
      ), '[]') as extensions,
      coalesce((select json_agg(name) from chosen where name not in (select nspname from pg_namespace)), '[]') as missing
    from pg_database d where datname = current_database()
  `;
  if (facts.version_number >= 170_000) await tx.unsafe('set local transaction_timeout = 0');
  if (facts.missing.length > 0) {
    throw new AppError('unprocessable', (t) => t.backups.dump.schemasMissing(facts.missing), {
      permanent: true,
    });
  }
  const { id, name, oid, roles, extensions } = facts;
  return {
    id,
    database: { id: await databaseId(tx, oid, `${placeOf(target)}/${oid}/${name}`), name },
    serverVersion: facts.version.split(' ')[0] ?? facts.version,
    serverMajor: Math.floor(facts.version_number / 10_000),
    sizeBytes: Number(facts.size),
    roles,
    extensions,
  };
}

/** The transaction waits for as long as the dump takes, and sees every row or fails. */
const SETTINGS = `
  set local statement_timeout = 0;
  set local lock_timeout = '${LOCK_WAIT_SECONDS}s';
  set local idle_in_transaction_session_timeout = 0;
  set local row_security = off;
  set local quote_all_identifiers = off;
  set local search_path = pg_catalog
`;

async function databaseId(tx: TransactionSql, oid: number, fallback: string): Promise<string> {
  try {
    const [row] = await tx.savepoint(
      (inner) => inner`select system_identifier::text from pg_control_system()`,
    );
    return `${row?.system_identifier}/${oid}`;
  } catch (error) {
    if (error instanceof Error && error.name === 'PostgresError') return fallback;
    throw error;
  }
}
