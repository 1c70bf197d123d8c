import { type SQL, sql } from 'drizzle-orm';

/** PostgreSQL texts hold neither NUL nor half a surrogate pair. */
export const storable = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value;

/** A value as a `jsonb` parameter; nothing becomes NULL. */
export const jsonb = (value: unknown): SQL =>
  value === undefined || value === null ? sql`null::jsonb` : sql`${JSON.stringify(value, storable)}::jsonb`;
