import { type SQL, sql } from 'drizzle-orm';

/** To stand after `=`. Read once: the cast alone would be made again for every row that is compared. */
export const anyOf = (ids: Iterable<string>): SQL =>
  sql`any ((select ${`{${[...ids].join(',')}}`}::text::uuid[])::uuid[])`;
