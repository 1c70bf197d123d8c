import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import * as schema from '../../db/schema/index.js';
import type { Pattern } from './patterns.js';
import type { Subject } from './subject.js';

/**
 * What becomes of a column when somebody's account is deleted:
 * - `none`: by the contract it holds nothing personal (ids, numbers, times, words of a fixed list);
 * - `row goes`: it is personal, and every row that is that person's goes;
 * - `redacted`: in the rows that stay, the person's address is replaced by a neutral text, whoever's rows they are; their
 *   name, number and customer id only in what their own company and the administrators read (`named`);
 * - `address redacted`: the address only. Such rows tell of everybody, and a name may be any words;
 * - `digested`: in that person's rows a digest takes its place, which recognises the value and tells nobody of it;
 * - `cleared`: in the rows that stay, a value in which something would be redacted becomes null;
 * - `anonymised`: overwritten with the last member; before that, cleared where it may be null;
 * - `kept`: it stays, for the reason given.
 */
export type ColumnRule =
  | 'none'
  | 'row goes'
  | 'redacted'
  | 'address redacted'
  | 'digested'
  | 'cleared'
  | 'anonymised'
  | `kept: ${string}`;

export interface TableRule<Column extends PropertyKey = string> {
  /** The rows that go with this person, and with the company when its last member goes. */
  goes?(subject: Subject): SQL;
  /** What such a row leaves behind: an `insert` that reads from `gone`. */
  leaves?: SQL;
  /** A table of the service itself with rows about everybody: searched once for all deletions of a run. */
  shared?: true;
  /** Where the address is looked for; everywhere without it. */
  searched?(subject: Subject): SQL;
  /** Where name, number and customer id are looked for too; nowhere without it, for to others they may be any words. */
  named?(subject: Subject): SQL;
  /** The addresses that are looked for; the person's own without it. */
  addresses?(subject: Subject): string[];
  /** What `named` looks for; the person's own without it. */
  names?(subject: Subject): Pattern[];
  /** In rows that hold the address what `names` says goes too. */
  namesBesideAddress?: true;
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
  subject.closesCompany ? ofCompany(subject) : sql`false`;
export const oneOf = (values: string[], type: string): SQL =>
  sql`(select value::${sql.raw(type)} from jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;

/** Everybody in the person's company. */
export const ofMembers = (subject: Subject, column: 'id' | 'lower(email)'): SQL =>
  sql`(select ${sql.raw(column)} from cronhook.users where ${ofCompany(subject)})`;

/** Rows of the person's company, and of those in it whatever company the row names. */
export const ofCompanyOr =
  (member: 'assignee_id' | 'user_id') =>
  (subject: Subject): SQL =>
    sql`(${ofCompany(subject)} or ${sql.raw(member)} in ${ofMembers(subject, 'id')})`;

/**
 * Those of a company that goes, and those of no company whose address or user name is the person's own. A company in
 * which somebody is left keeps its mailboxes, whoever logs in to them.
 */
export function goingMailboxes(subject: Subject): SQL {
  const own = sql`lower(nullif(trim(${subject.email}), ''))`;
  return sql`(${ofGoneCompany(subject)} or company_id is null and (lower(email) = ${own} or lower(username) = ${own}))`;
}

/** What a company that goes has written to its customers: their names, and its own. */
export const ofGoneFollowups = (subject: Subject): SQL => sql`
  (split_part(dedupe_key, ':', 1) = 'followup' and split_part(dedupe_key, ':', 2) in (
    select followup.id::text from cronhook.followups followup
    join cronhook.billing_documents document on document.id = followup.document_id
    where ${ofGoneCompany(subject)}
  ))`;

/** What was written to a company that goes about itself (`trial-warning:<company>:…`). */
export const ofGoneCompanyMails = (subject: Subject): SQL =>
  subject.closesCompany ? sql`split_part(dedupe_key, ':', 2) = ${subject.companyId}` : sql`false`;
