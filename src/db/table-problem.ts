import { sql } from 'drizzle-orm';
import { AppError, type Text } from '../errors.js';
import { type Executor, rowsOf } from './client.js';

interface Use {
  tables: readonly string[];
  privilege: 'select' | 'insert';
}

/** The code with which PostgreSQL refused a statement; none for any other error. */
export function refusalCode(error: unknown): string | undefined {
  const refusal = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { name, code } = Object(refusal) as { name?: unknown; code?: unknown };
  return name === 'PostgresError' && typeof code === 'string' ? code : undefined;
}

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';

/** One of our tables that a refused statement lacked, or lacked a right on. */
interface BrokenTable {
  name: string;
  why: 'missing' | 'denied';
}

/** What is the matter with one of our tables, also where an error in plain words tells of it. */
export function brokenTable(error: unknown): BrokenTable | undefined {
  const refusal = refusalIn(error);
  const { code, message } = Object(refusal) as { code?: unknown; message: string };
  const [, absent] = (code === UNDEFINED_TABLE && /\bcronhook\.(\w+)/.exec(message)) || [];
  if (absent) return { name: absent, why: 'missing' };
  const [, denied] = (code === INSUFFICIENT_PRIVILEGE && /\b(?:table|view) (\w+)/.exec(message)) || [];
  return denied ? { name: denied, why: 'denied' } : undefined;
}

function refusalIn(error: unknown): Error | undefined {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  )
    if (current.name === 'PostgresError') return current;
  return undefined;
}

/** Why a statement failed that lacks one of our tables, or a right on it: the table's name is all that is quoted. */
export function missingTable(error: unknown): Text | undefined {
  const table = brokenTable(error);
  return table && ((t) => t.tables[table.why](table.name));
}

/** Which of the tables that a refused statement used is the matter, in words that a person may read. */
export async function tableProblem(executor: Executor, use: Use, error: unknown): Promise<AppError> {
  const found = await rowsOf<{ name: string; allowed: boolean }>(
    executor,
    sql`
      select relname as name, has_table_privilege(oid, ${use.privilege}) as allowed from pg_class
      where relnamespace = 'cronhook'::regnamespace and relname in ${[...use.tables]}
    `,
  );
  const missing = use.tables.find((table) => found.every(({ name }) => name !== table));
  const denied = found.find(({ allowed }) => !allowed)?.name;
  const text: Text = (t) => {
    if (missing) return t.tables.missing(missing);
    if (denied) return t.tables.denied(denied);
    return t.tables.refuses([...use.tables], refusalCode(error) ?? '?');
  };
  return new AppError('unprocessable', text, { cause: error });
}
