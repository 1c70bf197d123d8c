import { gunzipSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import { type BackupSet, takeInventory } from '../../src/backups/inventory.js';
import { createPostgresPrograms } from '../../src/clients/postgres-programs.js';
import type { Storage } from '../../src/clients/storage.js';
import type { Database } from '../../src/db/client.js';

const programs = createPostgresPrograms();

/** Why tests that dump or restore cannot run here, if so. */
export const missingPrograms =
  programs.has('pg_dump') && programs.has('psql') ? undefined : 'pg_dump and psql (postgresql-client)';

export const PREFIX = 'backups/database';

export async function keysIn(storage: Storage, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
}

export async function setsIn(storage: Storage, prefix = PREFIX): Promise<BackupSet[]> {
  return (await takeInventory(storage, prefix)).sets;
}

export async function bytesOf(storage: Storage, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await storage.download(key)) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const sqlOf = async (storage: Storage, key: string): Promise<string> =>
  gunzipSync(await bytesOf(storage, key)).toString();

/** A table `big` of about so many megabytes, whose rows hardly compress. */
export async function fillTable(db: Pick<Database, 'rows'>, megabytes: number): Promise<void> {
  await db.rows(sql`
    create table public.big as
    select n, (select string_agg(md5(n::text || m), '') from generate_series(1, 32) m) as text
    from generate_series(1, ${megabytes * 1000}::int) n
  `);
}
