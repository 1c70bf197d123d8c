import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import * as schema from '../../db/schema/index.js';
import type { Subject } from './subject.js';

/**
 * What becomes of a column when somebody's account is deleted:
 * - `none`: by the contract it holds nothing personal (ids, numbers, times, words of a fixed list);
 * - `row goes`: it is personal, and every row that is that person's goes;
 * - `redacted`: in the rows that stay, address and name are replaced by a neutral text;
 * - `cleared`: in the rows that stay, a value that holds them becomes null;
 * - `anonymised`: overwritten with the last member; before that, cleared where it may be null;
 * - `kept`: it stays, for the reason given.
 */
export type ColumnRule = 'none' | 'row goes' | 'redacted' | 'cleared' | 'anonymised' | `kept: ${string}`;

export interface TableRule<Column extends PropertyKey = string> {
  /** The rows that go with this person, and with the company when its last member goes. */
  goes?(subject: Subject): SQL;
  /** Where address and name are looked for; everywhere without it. */
  searched?(subject: Subject): SQL;
  /** Where only the address is replaced, for a namesake must not lose a name in it. */
  addressesOnly?: SQL;
  columns: Record<Column, ColumnRule>;
}

type Schema = typeof schema;
export type TableName = {
  [Name in keyof Schema]: Schema[Name] extends PgTable ? Name : never;
}[keyof Schema];

/** The tables by the names of the schema. */
export const TABLES: Pick<Schema, TableName> = { ...schema };

type ColumnsOf<Table> = Table extends PgTable ? keyof Table['_']['columns'] : never;

/** A rule for each column of these tables. */
export type RulesOf<Names extends TableName> = { [Name in Names]: TableRule<ColumnsOf<Schema[Name]>> };

export const ofUser = ({ userId }: Subject): SQL => sql`user_id = ${userId}::uuid`;
export const ofCompany = ({ companyId }: Subject): SQL => sql`company_id = ${companyId}::uuid`;
export const ofGoneCompany = (subject: Subject): SQL =>
  subject.lastMember ? ofCompany(subject) : sql`false`;
export const oneOf = (values: string[], type: 'text' | 'uuid'): SQL =>
  sql`(select value::${sql.raw(type)} from jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;

/** Whose address or user name is the person's own, and those of a company that goes. */
export function goingMailboxes(subject: Subject): SQL {
  const own = sql`lower(nullif(trim(${subject.email}), ''))`;
  return sql`(lower(email) = ${own} or lower(username) = ${own} or ${ofGoneCompany(subject)})`;
}
