import { sql } from 'drizzle-orm';
import { addressPattern } from './patterns.js';
import { PERSONAL_DATA } from './personal-data.js';
import { oneOf, type TableName, type TableRule } from './rules.js';
import { anyOf, keyOf, searchedColumns, tableOf, textOf } from './searched.js';
import { spellings } from './spellings.js';
import type { Rows } from './subject.js';

/** Addresses looked for in one reading of a table: more make a pattern that is slower than a second reading. */
const ADDRESSES_AT_A_TIME = 100;
/** RFC 5321. What is longer is nobody's, and would slow the pattern down for all. */
const LONGEST_ADDRESS = 320;

const SHARED = (Object.entries(PERSONAL_DATA) as [TableName, TableRule][])
  .filter(([, rule]) => rule.shared)
  .map(([tableName]) => tableName);

/** Rows of a table that hold an address, as of a moment. */
interface Seen {
  keys: string[];
  /** Rows of this transaction and later ones were not looked at. */
  since: string;
}

/** Where the addresses of several people stand in the tables with rows about everybody. */
export class Traces {
  readonly #found = new Map<string, string[]>();

  constructor(
    private readonly since: string,
    private readonly addresses: ReadonlySet<string>,
  ) {}

  add(tableName: TableName, address: string, key: string): void {
    const place = `${tableName} ${address}`;
    const keys = this.#found.get(place);
    if (keys) keys.push(key);
    else this.#found.set(place, [key]);
  }

  /** @returns undefined where it was not looked for all of them */
  of(tableName: TableName, addresses: string[]): Seen | undefined {
    if (!SHARED.includes(tableName) || addresses.some((address) => !this.addresses.has(address)))
      return undefined;
    const keys = addresses.flatMap((address) => this.#found.get(`${tableName} ${address}`) ?? []);
    return { keys, since: this.since };
  }
}

/**
 * Reads the large tables once for many deletions: each by itself would read through every mail. Nothing is locked;
 * what is written between this and a deletion, the deletion looks at itself.
 */
export async function findTraces(rows: Rows, userIds: string[]): Promise<Traces> {
  const addresses = (await addressesOf(rows, userIds)).filter(({ length }) => length <= LONGEST_ADDRESS);
  const [moment] = await rows<{ since: string }>(
    sql`select pg_snapshot_xmin(pg_current_snapshot())::xid::text as since`,
  );
  const traces = new Traces(moment?.since ?? '', new Set(addresses));
  for (let from = 0; from < addresses.length; from += ADDRESSES_AT_A_TIME) {
    const some = addresses.slice(from, from + ADDRESSES_AT_A_TIME);
    for (const tableName of SHARED) await readTable(rows, tableName, some, traces);
  }
  return traces;
}

async function readTable(
  rows: Rows,
  tableName: TableName,
  addresses: string[],
  traces: Traces,
): Promise<void> {
  const addressOf = new Map(
    addresses.flatMap((address) => spellings(address).map((form) => [form.toLowerCase(), address])),
  );
  const text = textOf(searchedColumns(tableName));
  const pattern = anyOf(addresses.map(addressPattern));
  const hits = await rows<{ key: string; forms: string[] }>(sql`
    select ${keyOf(tableName).name}::text as key,
      (select json_agg(distinct form[1]) from regexp_matches(${text}, ${`(${pattern})`}, 'gi') as form) as forms
    from ${tableOf(tableName)} where ${text} ~* ${pattern}
  `);
  for (const { key, forms } of hits) {
    const found = new Set(forms.flatMap((form) => addressOf.get(form.toLowerCase()) ?? []));
    for (const address of found) traces.add(tableName, address, key);
  }
}

/** Those of the people themselves, and of companies and mailboxes that may go with them. */
async function addressesOf(rows: Rows, userIds: string[]): Promise<string[]> {
  const found = await rows<{ email: string }>(sql`
    with leaving as (
      select company_id, lower(nullif(trim(email), '')) as email from cronhook.users
      where id in ${oneOf(userIds, 'uuid')}
    )
    select email from leaving where email is not null
    union
    select lower(trim(email)) from cronhook.companies
    where id in (select company_id from leaving) and trim(email) <> ''
    union
    select lower(trim(email)) from cronhook.inbox_integrations
    where company_id in (select company_id from leaving)
      or company_id is null and (lower(email) in (select email from leaving)
        or lower(username) in (select email from leaving))
  `);
  return found.map(({ email }) => email.toLowerCase()).filter(Boolean);
}
