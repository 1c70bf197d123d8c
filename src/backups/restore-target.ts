import postgres, { type Sql } from 'postgres';
import { driverOptions, parsePostgresUrl, placeOf } from '../clients/postgres-url.js';
import { unlessDriverCrashes } from '../db/driver-crash.js';
import { AppError, isDatabaseUnavailable } from '../errors.js';
import { createScrubber, type Secret } from '../secret.js';
import type { Manifest } from './set.js';

export interface RestoreTarget {
  version: string;
  major: number;
  /** What it holds already, by kind; empty for a new database. */
  content: { kind: string; count: number; example: string }[];
  schemas: string[];
  /** Roles that the dump names and this server does not have. */
  lackingRoles: string[];
}

/** @throws {AppError} for a database that cannot be reached */
export async function inspectTarget(
  url: Secret,
  manifest: Pick<Manifest, 'roles' | 'schemas'>,
): Promise<RestoreTarget> {
  return onTarget(url, async (db) => {
    const [server] = await db<[{ version: string; number: number }]>`
      select current_setting('server_version') as version, current_setting('server_version_num')::int as number
    `;
    const roles = await db<{ name: string }[]>`
      select name from json_array_elements_text(${JSON.stringify(manifest.roles)}::text::json) as name
      where not exists (select from pg_roles where rolname = name)
    `;
    const schemas = await db<{ name: string }[]>`select nspname as name from pg_namespace`;
    return {
      version: server.version,
      major: Math.floor(server.number / 10_000),
      content: await contentOf(db, manifest.schemas),
      schemas: schemas.map(({ name }) => name),
      lackingRoles: roles.map(({ name }) => name),
    };
  });
}

/** @throws {AppError} that says why the database could not be asked, without its address's password */
export async function onTarget<Result>(url: Secret, work: (db: Sql) => Promise<Result>): Promise<Result> {
  const target = parsePostgresUrl(url);
  const db = postgres({
    ...driverOptions(target),
    max: 1,
    prepare: false,
    fetch_types: false,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    connection: { application_name: 'cronhook' },
    onnotice: () => {},
  });
  try {
    return await unlessDriverCrashes(work(db));
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
    const reason = createScrubber(target.password ? [target.password] : [])(rootMessage(error));
    const database = target.database ?? target.user ?? '';
    throw new AppError(
      'database_unavailable',
      (t) => t.backups.restore.unreachable(database, placeOf(target), reason),
      { cause: error },
    );
  } finally {
    await db.end({ timeout: 2 });
  }
}

function rootMessage(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  const { message, code } = current as NodeJS.ErrnoException;
  return message || String(code);
}

const CONNECT_TIMEOUT_SECONDS = 10;

/** PostgreSQL's own schemas, and those of other sessions' temporary tables, are nobody's data. */
const IN_USER_SCHEMA = "nspname not like 'pg\\_%' and nspname <> 'information_schema'";

const notOfExtension = (catalog: string): string => `not exists (
  select from pg_depend where classid = '${catalog}'::regclass and objid = ${catalog}.oid and deptype = 'e'
)`;

/** What people would miss: no table of an extension, no type that only stands for a table. */
const CONTENT = `
  select nspname as schema, format('%I.%I', nspname, relname) as name,
    case relkind when 'v' then 'view' when 'm' then 'view' when 'S' then 'sequence' else 'table' end as kind
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind in ('r', 'p', 'f', 'v', 'm', 'S') and ${IN_USER_SCHEMA} and ${notOfExtension('pg_class')}
  union all
  select nspname, format('%I.%I', nspname, proname), 'function'
  from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
  where ${IN_USER_SCHEMA} and ${notOfExtension('pg_proc')}
  union all
  select nspname, format('%I.%I', nspname, typname), 'type'
  from pg_type join pg_namespace on pg_namespace.oid = typnamespace
  where ${IN_USER_SCHEMA} and ${notOfExtension('pg_type')}
    and (typtype in ('e', 'd', 'r') or exists (select from pg_class where oid = typrelid and relkind = 'c'))
  union all
  select nspname, quote_ident(nspname), 'schema' from pg_namespace
  where ${IN_USER_SCHEMA} and nspname <> 'public' and ${notOfExtension('pg_namespace')}
  union all
  select null, oid::text, 'large object' from pg_largeobject_metadata
`;

/** A dump of chosen schemas leaves the others alone. */
async function contentOf(db: Sql, schemas: string[] | null): Promise<RestoreTarget['content']> {
  const chosen = JSON.stringify(schemas ?? []);
  return db<RestoreTarget['content']>`
    select kind, count(*)::int as count, min(name) as example from (${db.unsafe(CONTENT)}) as found
    where ${schemas === null} or schema is null
      or schema in (select json_array_elements_text(${chosen}::text::json))
    group by kind
    order by array_position(array['table', 'view', 'sequence', 'function', 'type', 'schema', 'large object'], kind)
  `;
}
