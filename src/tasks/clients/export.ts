import { getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import { getTableConfig } from 'drizzle-orm/pg-core';
import { phoneRecipients } from '../accounts/patterns.js';
import { TABLES, type TableName } from '../accounts/rules.js';
import { columnName, tableOf } from '../accounts/searched.js';
import type { TaskDatabase } from '../define.js';
import { COMPANY_DATA, type Exported, type Owner } from './company-data.js';

/** Rows read at a time: mails may be large. */
const PAGE = 50;
const KEYS = 5_000;

/** By table, as the database calls it. */
export type RowCounts = Record<string, number>;

interface ExportOptions {
  db: Pick<TaskDatabase, 'rows'>;
  now: Date;
  signal: AbortSignal;
  /** Told once all is read. */
  onEnd(rows: RowCounts): void;
}

/**
 * All that the database has of a company, as one JSON document with a row on each line, in constant memory. It is read
 * page by page, not as of one moment: the rows themselves stay where they are.
 */
export async function* exportCompany(
  companyId: string,
  { db, now, signal, onEnd }: ExportOptions,
): AsyncGenerator<Uint8Array> {
  const owner = await ownerOf(db, companyId);
  const rows: RowCounts = {};
  const head = { format: 1, company: companyId, exportedAt: now.toISOString() };
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"tables":{\n`);
  for (const [tableName, rule] of exportedTables()) {
    const table = getTableName(TABLES[tableName]);
    const isFirst = Object.keys(rows).length === 0;
    rows[table] = 0;
    yield Buffer.from(`${isFirst ? '' : ',\n'}${JSON.stringify(table)}:[`);
    for await (const page of pagesOf(db, tableName, rule, owner)) {
      signal.throwIfAborted();
      yield Buffer.from(`${rows[table] > 0 ? ',' : ''}\n${page.join(',\n')}`);
      rows[table] += page.length;
    }
    yield Buffer.from('\n]');
  }
  yield Buffer.from(`\n},"rows":${JSON.stringify(rows)}}\n`);
  onEnd(rows);
}

export const exportedTables = (): [TableName, Exported][] =>
  Object.entries(COMPANY_DATA).flatMap(([name, rule]) =>
    'rows' in rule ? [[name as TableName, rule] satisfies [TableName, Exported]] : [],
  );

/** An address or number that somebody outside the company has too (a switchboard, say) finds nothing. */
async function ownerOf(db: ExportOptions['db'], companyId: string): Promise<Owner> {
  const contacts = await db.rows<{ address: string | null; phone: string | null }>(sql`
    with contact as (
      select company_id as company, lower(nullif(trim(email), '')) as address, phone from cronhook.users
      union all select id, lower(nullif(trim(email), '')), phone from cronhook.companies
    ), digits as (
      select *, right(nullif(regexp_replace(phone, '[^0-9]', '', 'g'), ''), 9) as number from contact
    ), own as (select * from digits where company = ${companyId}::uuid),
    foreign_one as (select * from digits where company is distinct from ${companyId}::uuid)
    select case when address not in (select address from foreign_one where address is not null) then address end
        as address,
      case when length(number) > 5 and number not in (select number from foreign_one where number is not null)
        then phone end as phone
    from own
  `);
  return {
    companyId,
    addresses: contacts.map(({ address }) => address).filter((address) => address !== null),
    numbers: contacts.flatMap(({ phone }) => (phone === null ? [] : phoneRecipients(phone))),
  };
}

/** Rows as JSON texts: numbers keep all their digits, and columns that a view of the team adds come along. */
async function* pagesOf(
  db: ExportOptions['db'],
  tableName: TableName,
  rule: Exported,
  owner: Owner,
): AsyncGenerator<string[]> {
  const columns = keysOf(tableName, rule);
  const secrets = sql`array(select jsonb_array_elements_text(${JSON.stringify(rule.without ?? [])}::jsonb))`;
  const fields = list(columns.map(({ name, type }) => sql`${columnName(name)} ${sql.raw(type)}`));
  const isPicked = columns.map(({ name }) => sql`held.${columnName(name)} = picked.${columnName(name)}`);
  for await (const keys of keyPages(db, tableName, rule, owner)) {
    for (let from = 0; from < keys.length; from += PAGE) {
      const some = `[${keys.slice(from, from + PAGE).join(',')}]`;
      const found = await db.rows<{ row: string }>(sql`
        select (to_jsonb(held) - ${secrets})::text as row
        from json_to_recordset(${some}::json) as picked (${fields})
        join ${tableOf(tableName)} as held on ${sql.join(isPicked, sql` and `)}
        order by ${list(columns.map(({ name }) => sql`held.${columnName(name)}`))}
      `);
      if (found.length > 0) yield found.map(({ row }) => row);
    }
  }
}

/**
 * First the keys alone, by the thousand: whole rows read only to be sorted would cost the square of their number. What
 * grows with every mail is walked along the index that leads to its owner.
 */
async function* keyPages(
  db: ExportOptions['db'],
  tableName: TableName,
  rule: Exported,
  owner: Owner,
): AsyncGenerator<string[]> {
  const columns = keysOf(tableName, rule);
  if (!rule.walk) return yield* keysIn(db, tableName, columns, rule.rows(owner));
  const { by, of } = rule.walk;
  const parents = await db.rows<{ id: string }>(of(owner));
  for (const { id } of parents)
    yield* keysIn(db, tableName, columns.slice(1), sql`${columnName(by)} = ${id}::uuid`, { [by]: id });
}

type Key = Record<string, string>;

/** In the order of these columns, page by page; each key is a JSON object, `given` included. */
async function* keysIn(
  db: ExportOptions['db'],
  tableName: TableName,
  columns: KeyColumn[],
  condition: SQL,
  given: Key = {},
): AsyncGenerator<string[]> {
  const names = list(columns.map(({ name }) => columnName(name)));
  const texts = columns.map(({ name }) => sql`${columnName(name)}::text as ${columnName(name)}`);
  for (let last: Key | undefined; ; ) {
    const after = last && list(columns.map(({ name, type }) => sql`${last?.[name]}::${sql.raw(type)}`));
    const keys: Key[] = await db.rows(sql`
      select ${list(texts)} from (
        select ${names} from ${tableOf(tableName)}
        where ${condition} ${after ? sql`and (${names}) > (${after})` : sql``}
        order by ${names} limit ${KEYS}
      ) as held
    `);
    if (keys.length > 0) yield keys.map((key) => JSON.stringify({ ...given, ...key }));
    if (keys.length < KEYS) return;
    last = keys.at(-1);
  }
}

interface KeyColumn {
  name: string;
  type: string;
}

/** By the schema: a view of the team has no keys of its own. */
function keysOf(tableName: TableName, { walk }: Exported): KeyColumn[] {
  const table = TABLES[tableName];
  const columns = Object.values(getTableColumns(table));
  const [composite] = getTableConfig(table).primaryKeys;
  const primary = composite?.columns ?? columns.filter((column) => column.primary);
  const named = walk ? [walk.by, ...walk.along] : primary.map(({ name }) => name);
  return named.flatMap((name) => {
    const column = columns.find((each) => each.name === name);
    return column ? [{ name, type: column.getSQLType() }] : [];
  });
}

const list = (parts: SQL[]): SQL => sql.join(parts, sql`, `);
