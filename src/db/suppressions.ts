import { type SQL, sql } from 'drizzle-orm';

/**
 * Whether an address or number gets nothing. Of somebody whose account was deleted only a digest is kept (CNIL: an
 * objection outlives the account, with the least that it takes); the same address has the same digest.
 */
export const suppressedSql = (address: SQL): SQL => sql`exists (
  select from cronhook.suppressed_addresses held
  where lower(held.address) in (lower(trim(${address})), ${digestSql(address)})
)`;

export const digestSql = (address: SQL): SQL =>
  sql`'sha256:' || encode(sha256(convert_to(lower(trim(${address})), 'UTF8')), 'hex')`;
