import { type SQL, sql } from 'drizzle-orm';
import { plainLine } from '../../messages/layout-clean.js';

/** Room for what people typed in a notification's title of 200 characters. */
const MAX_LENGTH = 150;

/** What people typed, as one line of bounded length. */
export const line = (text: string, otherwise: string): string => plainLine(text, MAX_LENGTH) || otherwise;

/** The same in SQL. */
export function sqlLine(column: SQL, otherwise: string): SQL {
  const visible = sql`regexp_replace(left(${column}, ${MAX_LENGTH * 4}), ${UNSEEN}, '', 'g')`;
  return sql`(
    select case
      when typed.line = '' then ${otherwise}::text
      when char_length(typed.line) > ${MAX_LENGTH} then rtrim(left(typed.line, ${MAX_LENGTH - 1})) || '…'
      else typed.line
    end
    from (select btrim(regexp_replace(${visible}, ${BREAKS}, ' ', 'g')) as line offset 0) as typed
  )`;
}

const UNSEEN = '[\\u00ad\\u061c\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff]';
const BREAKS = '[\\u0001-\\u0020\\u007f-\\u009f\\u2028\\u2029]+';

const FIRST_GAP = 0xe000;

/** A text of the locale with columns in its gaps: it is put together where the rows are. */
export function sqlText<Name extends string>(
  write: (values: Record<Name, string>) => string,
  columns: Record<Name, SQL>,
): SQL {
  const gaps = Object.entries<SQL>(columns).map(
    ([name, column], index) => [name, String.fromCharCode(FIRST_GAP + index), column] as const,
  );
  const text = write(Object.fromEntries(gaps) as Record<Name, string>);
  const columnAt = new Map(gaps.map(([, gap, column]) => [gap, column]));
  const parts = text.split(/([\ue000-\ue0ff])/).map((part) => columnAt.get(part) ?? sql`${part}::text`);
  return sql.join(parts, sql` || `);
}
