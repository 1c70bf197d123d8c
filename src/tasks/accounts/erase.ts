import { getTableName, type SQL, sql } from 'drizzle-orm';
import type { Vault } from '../../clients/vault.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import { AppError } from '../../errors.js';
import type { Messages } from '../../locales/index.js';
import { closeCompany } from './company.js';
import { PERSONAL_DATA } from './personal-data.js';
import { redactRows } from './redact-rows.js';
import { TABLES, type TableName, type TableRule } from './rules.js';
import { type Rows, readEmptyCompany, readSubject, type Subject } from './subject.js';
import type { Traces } from './traces.js';

interface EraseTools {
  messages: Messages;
  adminEmail: string | undefined;
  /** Finds the encrypted messages to that person. */
  vault: Vault | undefined;
  now: Date;
  /** Only a user whose deletion has begun. */
  claimed: boolean;
  /** Whether a company goes with its last member. */
  mayCloseCompany: boolean;
  /** Where addresses were found a moment ago; without it this deletion looks for itself. */
  traces?: Traces;
}

/** By table, what was deleted or changed; companies that went with their last member under `CLOSED` too. */
export type Counts = Record<string, number>;

export const CLOSED = 'companies_closed';

export interface Erased {
  subject: Subject;
  counts: Counts;
}

/**
 * Deletes a user and whatever is personal, by the rules of `PERSONAL_DATA`, in the caller's transaction. What it never
 * deletes: billing documents, and anything of a company in which somebody is left.
 * @returns undefined when there is nothing to delete (any more)
 */
export async function eraseUser(
  tx: Transaction,
  userId: string,
  { messages, vault, now, claimed, mayCloseCompany, adminEmail, traces }: EraseTools,
): Promise<Erased | undefined> {
  const options = { claimed, lock: true, vault, mayCloseCompany, adminEmail };
  for (let tries = 1; ; tries++) {
    const outcome = await unlessJoined(tx, async (rows) => {
      const subject = await readSubject(rows, userId, options);
      return subject && erase(rows, subject, { messages, now, traces });
    });
    if (outcome !== 'joined') return outcome;
    if (tries === TRIES) throw new AppError('unprocessable', (t) => t.accounts.locked);
  }
}

/**
 * Deletes what is left of a company in which nobody is left, in the caller's transaction, by the same rules.
 * @returns undefined when somebody has joined it meanwhile: nothing is touched
 */
export async function eraseEmptyCompany(
  tx: Transaction,
  companyId: string,
  { messages, now, adminEmail }: Pick<EraseTools, 'messages' | 'now' | 'adminEmail'>,
): Promise<Erased | undefined> {
  const outcome = await unlessJoined(tx, async (rows) =>
    erase(rows, await readEmptyCompany(rows, companyId, adminEmail), { messages, now }),
  );
  return outcome === 'joined' ? undefined : outcome;
}

const TRIES = 3;

/** Nothing locks out whoever joins a company: that is looked at last, and a company that has somebody is not closed. */
async function unlessJoined<Outcome extends Erased | undefined>(
  tx: Transaction,
  work: (rows: Rows) => Promise<Outcome>,
): Promise<Outcome | 'joined'> {
  try {
    return await tx.transaction(async (attempt) => {
      const rows: Rows = (statement) => rowsOf(attempt, statement);
      const erased = await work(rows);
      if (erased?.subject.closesCompany && (await hasMembers(rows, erased.subject))) throw new Joined();
      return erased;
    });
  } catch (error) {
    if (error instanceof Joined) return 'joined';
    throw error;
  }
}

class Joined extends Error {}

const hasMembers = async (rows: Rows, { companyId }: Subject): Promise<boolean> =>
  (await rows(sql`select from cronhook.users where company_id = ${companyId}::uuid limit 1`)).length > 0;

async function erase(
  rows: Rows,
  subject: Subject,
  { messages, now, traces }: Pick<EraseTools, 'messages' | 'now'> & { traces?: Traces | undefined },
): Promise<Erased> {
  const counts: Counts = {};
  const add = (table: string, count: number) => {
    if (count > 0) counts[table] = (counts[table] ?? 0) + count;
  };
  if (subject.companyId && subject.closesCompany) {
    await closeCompany(rows, subject.companyId, messages.accounts.deletedCompany, now, add);
    add(CLOSED, 1);
  }
  for (const [tableName, rule] of rules()) {
    const table = getTableName(TABLES[tableName]);
    if (rule.goes) add(table, await countOf(rows, deletion(table, rule.goes(subject), rule.leaves)));
    add(table, await redactRows(rows, tableName, { subject, traces }, messages.accounts.redacted));
  }
  return { subject, counts };
}

/** What would go, table by table; nothing is locked or changed. */
export async function previewErasure(
  rows: Rows,
  userId: string,
  vault: Vault | undefined,
): Promise<{ lastMember: boolean; rows: Counts } | undefined> {
  const subject = await readSubject(rows, userId, {
    claimed: false,
    lock: false,
    vault,
    mayCloseCompany: true,
    adminEmail: undefined,
  });
  if (!subject) return undefined;
  const counts: Counts = {};
  for (const [tableName, rule] of rules()) {
    if (!rule.goes) continue;
    const table = getTableName(TABLES[tableName]);
    const count = await countOf(
      rows,
      sql`select count(*)::int as count from cronhook.${sql.identifier(table)} where ${rule.goes(subject)}`,
    );
    if (count > 0) counts[table] = count;
  }
  return { lastMember: subject.lastMember, rows: counts };
}

const rules = () => Object.entries(PERSONAL_DATA) as [TableName, TableRule][];

const deletion = (table: string, condition: SQL, leaves?: SQL): SQL => sql`
  with gone as (delete from cronhook.${sql.identifier(table)} where ${condition} returning *)
  ${leaves ? sql`, left_behind as (${leaves})` : sql``}
  select count(*)::int as count from gone`;

async function countOf(rows: Rows, statement: SQL): Promise<number> {
  const [row] = await rows<{ count: number }>(statement);
  return row?.count ?? 0;
}
