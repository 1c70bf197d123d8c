import postgres from 'postgres';
import type { Secret } from '../src/secret.js';

const MEGABYTE_ROWS = 1_000;

/**
 * Rows as an application has them: numbers, dates and words, which compress, and a third of digests, which hardly do.
 * @param megabytes about so large on the server's disk
 */
export async function fillDatabase(url: Secret, megabytes: number): Promise<void> {
  const client = postgres(url.reveal(), { max: 1, onnotice: () => {} });
  const words = 'Bonjour, votre facture reste impayée à ce jour. Merci de la régler sous huitaine. ';
  await client`
    create table documents as
    select n as id, now() - n * interval '1 minute' as created_at, n::bigint * 7919 % 100000 as amount_cents,
      repeat(${words}, 6) || n as text,
      (select string_agg(md5(n::text || m), '') from generate_series(1, 10) m) as digest
    from generate_series(1, ${megabytes * MEGABYTE_ROWS}::int) n
  `;
  await client`vacuum analyze documents`;
  await client.end();
}

export async function sizeOf(url: Secret): Promise<number> {
  const client = postgres(url.reveal(), { max: 1 });
  const [row] = await client<[{ size: string }]>`select pg_database_size(current_database()) as size`;
  await client.end();
  return Number(row.size);
}
