import { getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import { storable } from '../../db/json.js';
import { PERSONAL_DATA } from './personal-data.js';
import { createRedactor, type Redact, redactJson, spellings } from './redact.js';
import { TABLES, type TableName, type TableRule } from './rules.js';
import type { Rows, Subject } from './subject.js';

const BATCH = 200;

interface Searched {
  name: string;
  type: string;
  /** Emptied instead of redacted. */
  cleared: boolean;
}

type FoundRow = { key: string; withNames: boolean } & Record<string, string | null>;

/**
 * Replaces what names the person in the rows of a table that stay; only rows in which something is found are written.
 * @returns how many
 */
export async function redactRows(
  rows: Rows,
  tableName: TableName,
  subject: Subject,
  placeholder: string,
): Promise<number> {
  const rule: TableRule = PERSONAL_DATA[tableName];
  const columns = searchedColumns(tableName);
  if (columns.length === 0) return 0;
  const addresses = rule.addresses?.(subject) ?? subject.addresses;
  const redact = createRedactor({ addresses, names: subject.names }, placeholder);
  let changed = 0;
  for (let after: string | undefined; ; ) {
    const found = await rows<FoundRow>(search(tableName, rule, columns, { subject, addresses, after }));
    const redacted = found.flatMap((row) => redactRow(row, columns, redact) ?? []);
    if (redacted.length > 0) await rows(replacement(tableName, columns, redacted));
    changed += redacted.length;
    after = found.at(-1)?.key;
    if (found.length < BATCH) return changed;
  }
}

function searchedColumns(tableName: TableName): Searched[] {
  const rules: Record<string, string> = PERSONAL_DATA[tableName].columns;
  return Object.entries(getTableColumns(TABLES[tableName])).flatMap(([property, column]) => {
    const cleared = rules[property] === 'cleared' || (rules[property] === 'anonymised' && !column.notNull);
    if (!cleared && !rules[property]?.endsWith('redacted')) return [];
    return { name: column.name, type: column.getSQLType(), cleared };
  });
}

const columnName = (name: string): SQL => sql`${sql.identifier(name)}`;

const tableOf = (tableName: TableName): SQL => sql`cronhook.${columnName(getTableName(TABLES[tableName]))}`;

function keyOf(tableName: TableName) {
  const key = Object.values(getTableColumns(TABLES[tableName])).find((column) => column.primary);
  if (!key) throw new Error(`${tableName} has no key of one column`);
  return { name: columnName(key.name), type: sql.raw(key.getSQLType()) };
}

/** Rows that may name the person, in the order of their keys; which do is then looked at closely. */
function search(
  tableName: TableName,
  rule: TableRule,
  columns: Searched[],
  { subject, addresses, after }: { subject: Subject; addresses: string[]; after: string | undefined },
): SQL {
  const key = keyOf(tableName);
  const names = columns.map(({ name }) => sql`${columnName(name)}::text`);
  const named = rule.named?.(subject) ?? sql`false`;
  return sql`
    select ${key.name}::text as key, (${named}) is true as "withNames",
      ${sql.join(
        columns.map(({ name }) => sql`${columnName(name)}::text as ${columnName(name)}`),
        sql`, `,
      )}
    from ${tableOf(tableName)} as held
    cross join lateral (
      select lower(concat_ws(chr(10), ${sql.join(names, sql`, `)})) as haystack offset 0
    ) as searched
    where ${rule.searched?.(subject) ?? sql`true`}
      ${after === undefined ? sql`` : sql`and ${key.name} > ${after}::${key.type}`}
      and (${holdsOneOf(addresses)} or ${named} and ${holdsOneOf(subject.names)})
    order by ${key.name} limit ${BATCH} for update of held
  `;
}

function holdsOneOf(values: string[]): SQL {
  const needles = values.flatMap(spellings);
  const inJson = needles.map((needle) => JSON.stringify(needle).slice(1, -1));
  return sql`exists (
    select from jsonb_array_elements_text(${JSON.stringify([...new Set([...needles, ...inJson])])}::jsonb) as needle
    where strpos(haystack, lower(needle)) > 0
  )`;
}

/** @returns undefined for a row in which nothing is to be replaced */
function redactRow(row: FoundRow, columns: Searched[], redact: Redact): FoundRow | undefined {
  const redactText = (text: string) => redact(text, row.withNames);
  const result = { ...row };
  for (const { name, type, cleared } of columns) {
    const text = row[name];
    if (text === null || text === undefined) continue;
    const clean = type === 'jsonb' ? redactJsonText(text, redactText) : redactText(text);
    result[name] = cleared && clean !== text ? null : clean;
  }
  return columns.some(({ name }) => result[name] !== row[name]) ? result : undefined;
}

/** JSON in which nothing is found stays to the letter: its numbers may be longer than JavaScript's. */
function redactJsonText(text: string, redact: (text: string) => string): string {
  const value: unknown = JSON.parse(text);
  const clean = JSON.stringify(redactJson(value, redact), storable);
  return clean === JSON.stringify(value, storable) ? text : clean;
}

function replacement(tableName: TableName, columns: Searched[], redacted: FoundRow[]): SQL {
  const key = keyOf(tableName);
  const assignments = columns.map(
    ({ name, type }) => sql`${columnName(name)} = clean.${columnName(name)}::${sql.raw(type)}`,
  );
  const fields = columns.map(({ name }) => sql`${columnName(name)} text`);
  return sql`
    update ${tableOf(tableName)} as held set ${sql.join(assignments, sql`, `)}
    from json_to_recordset(${JSON.stringify(redacted, storable)}::json) as clean (key ${key.type},
      ${sql.join(fields, sql`, `)})
    where held.${key.name} = clean.key
  `;
}
