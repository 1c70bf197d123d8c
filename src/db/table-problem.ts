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

/** Why a statement failed that lacks one of our tables, or a right on it: the table's name is all that is quoted. */
export function missingTable(error: unknown): Text | undefined {
  const code = refusalCode(error);
  const { message } = Object(error instanceof Error ? (error.cause ?? error) : error) as Error;
  const [, absent] = (code === UNDEFINED_TABLE && /\bcronhook\.(\w+)/.exec(message)) || [];
  if (absent) return (t) => t.tables.missing(absent);
  const [, denied] = (code === INSUFFICIENT_PRIVILEGE && /\b(?:table|view) (\w+)/.exec(message)) || [];
  return denied ? (t) => t.tables.denied(denied) : undefined;
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
