import { randomBytes } from 'node:crypto';
import type { Sql } from 'postgres';
import { AppError } from '../errors.js';
import { Secret } from '../secret.js';
import { inspectTarget, onTarget } from './restore-target.js';
import type { Manifest } from './set.js';
import { identifier, literal } from './sql-text.js';

/** A database that lives as long as a dump is tried out, on a server that others may use as well. */
export interface Scratch {
  url: Secret;
  /** Removes it with the roles that were made for it. */
  drop(): Promise<void>;
}

const NAME = /^cronhook_verify_(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})_[0-9a-f]{8}$/;
/** What a role is told from all others by; the name of its database, with the time in it, stands behind it. */
const COMMENT = 'cronhook backup-verify ';

/** @throws {AppError} when the server does not answer, or does not let this user create databases */
export async function createScratch(
  server: Secret,
  manifest: Pick<Manifest, 'roles' | 'schemas'>,
  now: Date,
): Promise<Scratch> {
  const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
  const name = `cronhook_verify_${stamp}_${randomBytes(4).toString('hex')}`;
  const { lackingRoles } = await inspectTarget(server, manifest);
  const drop = () => onTarget(server, (db) => dropScratch(db, name));
  try {
    await onTarget(server, async (db) => {
      await db.unsafe(`CREATE DATABASE ${identifier(name)} TEMPLATE template0 ENCODING 'UTF8'`);
      // It holds what others on this server may not see.
      await db.unsafe(`REVOKE ALL ON DATABASE ${identifier(name)} FROM PUBLIC`);
      for (const role of lackingRoles) await createRole(db, role, name);
    });
  } catch (error) {
    await drop().catch(() => {});
    if ((error as { code?: unknown }).code !== '42501') throw error;
    throw new AppError('not_configured', (t) => t.backups.verify.mayNotCreate, {
      cause: error,
      permanent: true,
    });
  }
  const url = new URL(server.reveal());
  url.pathname = `/${name}`;
  return { url: new Secret(url.toString()), drop };
}

/** In one transaction: a role without its comment would never be removed. */
const createRole = (db: Sql, role: string, scratch: string) =>
  db.begin(async (tx) => {
    await tx.unsafe(`CREATE ROLE ${identifier(role)} NOLOGIN`);
    await tx.unsafe(`COMMENT ON ROLE ${identifier(role)} IS ${literal(COMMENT + scratch)}`);
  });

/**
 * Removes what runs that were killed have left on the server.
 * @param before no run that began earlier can still be at work
 */
export async function sweepScratches(server: Secret, before: Date): Promise<number> {
  return onTarget(server, async (db) => {
    const found = await db<{ name: string }[]>`
      select datname as name from pg_database
      union select substr(shobj_description(oid, 'pg_authid'), ${COMMENT.length + 1}::int) from pg_roles
      where starts_with(shobj_description(oid, 'pg_authid'), ${COMMENT})
    `;
    const old = found.filter(
      ({ name }) => (beganAt(name)?.getTime() ?? Number.POSITIVE_INFINITY) < before.getTime(),
    );
    for (const { name } of old) await dropScratch(db, name);
    return old.length;
  });
}

function beganAt(name: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = NAME.exec(name) ?? [];
  return year === undefined
    ? undefined
    : new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`);
}

async function dropScratch(db: Sql, name: string): Promise<void> {
  await db`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`.catch(() => {});
  const force = Number(await serverVersion(db)) >= 130_000 ? ' WITH (FORCE)' : '';
  await db.unsafe(`DROP DATABASE IF EXISTS ${identifier(name)}${force}`);
  const roles = await db<{ name: string }[]>`
    select rolname as name from pg_roles where shobj_description(oid, 'pg_authid') = ${COMMENT + name}
  `;
  for (const role of roles) await dropRole(db, role.name);
}

const serverVersion = async (db: Sql): Promise<unknown> =>
  (await db`select current_setting('server_version_num') as number`)[0]?.number;

/** Another verification may have begun to use it: then it is not ours alone to remove. */
async function dropRole(db: Sql, name: string): Promise<void> {
  try {
    await db.unsafe(`DROP ROLE IF EXISTS ${identifier(name)}`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== '2BP01') throw error;
  }
}
