import { type SQL, sql } from 'drizzle-orm';
import { storable } from '../../db/json.js';
import { addressPattern, type Pattern } from './patterns.js';
import { PERSONAL_DATA } from './personal-data.js';
import { createRedactor, type Redact, redactJson } from './redact.js';
import { oneOf, type TableName, type TableRule } from './rules.js';
import { anyOf, columnName, keyOf, type Searched, searchedColumns, tableOf, textOf } from './searched.js';
import type { Rows, Subject } from './subject.js';
import type { Traces } from './traces.js';

const BATCH = 200;

interface Whose {
  subject: Subject;
  traces: Traces | undefined;
}

type FoundRow = { key: string; withNames: boolean } & Record<string, string | null>;

/**
 * Replaces what names the person in the rows of a table that stay; only rows in which something is found are written.
 * @returns how many
 */
export async function redactRows(
  rows: Rows,
  tableName: TableName,
  { subject, traces }: Whose,
  placeholder: string,
): Promise<number> {
  const rule: TableRule = PERSONAL_DATA[tableName];
  const columns = searchedColumns(tableName);
  if (columns.length === 0) return 0;
  const known = rule.addresses?.(subject) ?? subject.addresses;
  const addresses = known.map(addressPattern);
  const names = rule.names?.(subject) ?? subject.names;
  const redact = createRedactor({ addresses, names }, placeholder);
  const named = rule.named?.(subject) ?? sql`false`;
  const naming = sql`(${whereSeen(tableName, known, traces, holds(columns, addresses))}
    or case when ${named} then ${holds(columns, names)} else false end)`;
  const searched = sql`${rule.searched?.(subject) ?? sql`true`} and ${naming}`;
  let changed = 0;
  for (let after: string | undefined; ; ) {
    const withNames = rule.namesBesideAddress ? sql`true` : named;
    const found = await rows<FoundRow>(search(tableName, columns, { withNames, searched, after }));
    const redacted = found.flatMap((row) => redactRow(row, columns, redact) ?? []);
    if (redacted.length > 0) await rows(replacement(tableName, columns, redacted));
    changed += redacted.length;
    after = found.at(-1)?.key;
    if (found.length < BATCH) return changed;
  }
}

/** The texts are looked at in rows that had a trace when all were searched, and in those written since. */
function whereSeen(tableName: TableName, addresses: string[], traces: Traces | undefined, holds: SQL): SQL {
  const seen = traces?.of(tableName, addresses);
  if (!seen) return holds;
  const key = keyOf(tableName);
  // In this order, whatever the planner thinks of the cost: to look at all texts takes seconds.
  return sql`case when ${key.name} in ${oneOf(seen.keys, key.type)} or age(held.xmin) <= age(${seen.since}::xid)
    then ${holds} else false end`;
}

const holds = (columns: Searched[], patterns: Pattern[]): SQL =>
  patterns.length === 0 ? sql`false` : sql`${textOf(columns)} ~* ${anyOf(patterns)}`;

/** Rows that may name the person, in the order of their keys; which do is then looked at closely. */
function search(
  tableName: TableName,
  columns: Searched[],
  { withNames, searched, after }: { withNames: SQL; searched: SQL; after: string | undefined },
): SQL {
  const key = keyOf(tableName);
  const texts = columns.map(({ name }) => sql`${columnName(name)}::text as ${columnName(name)}`);
  return sql`
    select ${key.name}::text as key, (${withNames}) is true as "withNames", ${sql.join(texts, sql`, `)}
    from ${tableOf(tableName)} as held
    where ${searched} ${after === undefined ? sql`` : sql`and ${key.name} > ${after}::${sql.raw(key.type)}`}
    order by ${key.name} limit ${BATCH} for update of held
  `;
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
    from json_to_recordset(${JSON.stringify(redacted, storable)}::json) as clean (key ${sql.raw(key.type)},
      ${sql.join(fields, sql`, `)})
    where held.${key.name} = clean.key
  `;
}
