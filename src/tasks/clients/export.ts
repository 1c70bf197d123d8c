import { getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import { getTableConfig } from 'drizzle-orm/pg-core';
import { phoneRecipients } from '../accounts/patterns.js';
import { TABLES, type TableName } from '../accounts/rules.js';
import { columnName, tableOf } from '../accounts/searched.js';
import type { TaskDatabase } from '../define.js';
import { COMPANY_DATA, type Exported, type Owner } from './company-data.js';

/** Rows read at a time: mails may be large. */
const PAGE = 50;

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
  { rows, without = [] }: Exported,
  owner: Owner,
): AsyncGenerator<string[]> {
  const keys = keysOf(tableName);
  const names = keys.map(({ name }) => sql`held.${columnName(name)}`);
  const secrets = sql`array(select jsonb_array_elements_text(${JSON.stringify(without)}::jsonb))`;
  for (let after: SQL | undefined; ; ) {
    const found: { row: string; key: string }[] = await db.rows(sql`
      select (to_jsonb(held) - ${secrets})::text as row, jsonb_build_array(${sql.join(
        names.map((name) => sql`${name}::text`),
        sql`, `,
      )})::text as key
      from ${tableOf(tableName)} as held
      where ${rows(owner)} ${after ? sql`and (${sql.join(names, sql`, `)}) > (${after})` : sql``}
      order by ${sql.join(names, sql`, `)} limit ${PAGE}
    `);
    if (found.length > 0) yield found.map(({ row }) => row);
    const last = found.at(-1);
    if (!last || found.length < PAGE) return;
    const values = JSON.parse(last.key) as string[];
    after = sql.join(
      keys.map(({ type }, index) => sql`${values[index]}::${sql.raw(type)}`),
      sql`, `,
    );
  }
}

/** By the schema: a view of the team has no keys of its own. */
function keysOf(tableName: TableName): { name: string; type: string }[] {
  const table = TABLES[tableName];
  const [composite] = getTableConfig(table).primaryKeys;
  const named = composite?.columns.map(({ name }) => name);
  return Object.values(getTableColumns(table))
    .filter((column) => named?.includes(column.name) ?? column.primary)
    .map((column) => ({ name: column.name, type: column.getSQLType() }));
}
