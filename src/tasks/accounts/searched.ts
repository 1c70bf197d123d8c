import { getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import type { Pattern } from './patterns.js';
import { PERSONAL_DATA } from './personal-data.js';
import { TABLES, type TableName } from './rules.js';

/** A column that is searched for what names a person. */
export interface Searched {
  name: string;
  type: string;
  /** Emptied instead of redacted. */
  cleared: boolean;
}

export function searchedColumns(tableName: TableName): Searched[] {
  const rules: Record<string, string> = PERSONAL_DATA[tableName].columns;
  return Object.entries(getTableColumns(TABLES[tableName])).flatMap(([property, column]) => {
    const cleared = rules[property] === 'cleared' || (rules[property] === 'anonymised' && !column.notNull);
    if (!cleared && !rules[property]?.endsWith('redacted')) return [];
    return { name: column.name, type: column.getSQLType(), cleared };
  });
}

export const columnName = (name: string): SQL => sql`${sql.identifier(name)}`;

export const tableOf = (tableName: TableName): SQL =>
  sql`cronhook.${columnName(getTableName(TABLES[tableName]))}`;

export function keyOf(tableName: TableName) {
  const key = Object.values(getTableColumns(TABLES[tableName])).find((column) => column.primary);
  if (!key) throw new Error(`${tableName} has no key of one column`);
  return { name: columnName(key.name), type: key.getSQLType() };
}

/** All that is searched of a row. */
export const textOf = (columns: Searched[]): SQL =>
  sql`concat_ws(chr(10), ${sql.join(
    columns.map(({ name }) => sql`${columnName(name)}::text`),
    sql`, `,
  )})`;

export const anyOf = (patterns: Pattern[]): string => patterns.map(({ source }) => source).join('|');
