import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../../db/client.js';
import { anyOf } from '../../../db/ids.js';
import type { TaskDatabase } from '../../define.js';
import { INPUTS, TOTALS } from './totals.js';

export interface Profile {
  id: string;
  /** The lists in the order of `INPUTS`, as one JSON array. */
  inputs: string;
  /** By which PostgreSQL knows whether the lists are still these. */
  fingerprint: string;
  /** The totals in the order of `TOTALS`, as PostgreSQL writes an array. */
  stored: string;
}

export interface NewTotals extends Pick<Profile, 'id' | 'fingerprint'> {
  /** As PostgreSQL writes an array. */
  totals: string;
}

/** Ids in their order: after the one, up to the other and with it; null is no bound. */
export interface Span {
  after: string | null;
  upTo: string | null;
}

const columns = (names: readonly string[], as: (column: string) => string): SQL =>
  sql.raw(names.map((name) => as(`profile.${name}`)).join(', '));

// Texts side by side: PostgreSQL takes several times as long to build one jsonb of them.
const inputs = sql`concat('[', concat_ws(',', ${columns(INPUTS, (list) => `coalesce(${list}::text, 'null')`)}), ']')`;
/** Costs a tenth of a digest of the texts. */
const fingerprint = sql`hash_record_extended(row(${columns(INPUTS, (list) => `${list}::jsonb`)}), 0)`;
const stored = sql`array[${columns(TOTALS, (total) => total)}]::numeric(16,2)[]`;

/** The sums as the column above prints them. */
export const storedForm = (totals: string[]): string => `{${totals.join(',')}}`;

const profiles = (which: SQL): SQL => sql`
  select profile.id::text as id, ${inputs} as inputs, ${fingerprint}::text as fingerprint, ${stored}::text as stored
  from cronhook.investor_profiles profile where ${which}
`;

export const readSpan = (db: TaskDatabase, span: Span, limit: number): Promise<Profile[]> =>
  db.rows<Profile>(sql`${profiles(inSpan(span))} order by profile.id limit ${limit}`);

export const readProfiles = (db: TaskDatabase, ids: string[]): Promise<Profile[]> =>
  db.rows<Profile>(profiles(sql`profile.id = ${anyOf(ids)}`));

export async function countSpan(db: TaskDatabase, span: Span): Promise<number> {
  const [row] = await db.rows<{ count: number }>(
    sql`select count(*)::int as count from cronhook.investor_profiles profile where ${inSpan(span)}`,
  );
  return row?.count ?? 0;
}

const inSpan = ({ after, upTo }: Span): SQL => sql`
  ${after ? sql`profile.id > ${after}::uuid` : sql`true`} and ${upTo ? sql`profile.id <= ${upTo}::uuid` : sql`true`}
`;

const assignments = sql.raw(TOTALS.map((name, index) => `${name} = free.totals[${index + 1}]`).join(', '));

/**
 * Writes totals, all seven of a profile or none; not over lists that have changed since they were read, and not
 * waiting for whoever is changing them now.
 * @returns whose totals were written
 */
export async function writeTotals(tx: Transaction, totals: NewTotals[], now: Date): Promise<Set<string>> {
  const written = await rowsOf<{ id: string }>(
    tx,
    sql`
      with free as materialized (
        select fresh.*
        from json_to_recordset(${JSON.stringify(totals)}::json) as fresh (id uuid, fingerprint bigint, totals numeric(16,2)[])
        join cronhook.investor_profiles locked using (id) for no key update of locked skip locked
      )
      update cronhook.investor_profiles profile
      set ${assignments}, calculated_at = ${now.toISOString()}::timestamptz
      from free where profile.id = free.id and ${fingerprint} = free.fingerprint
      returning profile.id::text as id
    `,
  );
  return new Set(written.map(({ id }) => id));
}
