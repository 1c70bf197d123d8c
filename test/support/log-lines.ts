import { gunzipSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import type { Storage } from '../../src/clients/storage.js';
import type { Database } from '../../src/db/client.js';
import { bytesOf, keysIn } from './backups.js';

type Rows = Pick<Database, 'rows'>;

const DAY_MS = 86_400_000;

/** Lines `count` times a level, one minute apart, the newest so many days before `now`. */
export async function writeLines(
  db: Rows,
  now: Date,
  { level = 'info', days = 91, count = 1, important = false, message = 'line' } = {},
): Promise<void> {
  const newest = new Date(now.getTime() - days * DAY_MS).toISOString();
  await db.rows(sql`
    insert into cronhook.application_logs (level, message, context, important, created_at)
    select ${level}, ${message} || ' ' || n, json_build_object('n', n, 'text', E'a\nb "é" \\ 😀'), ${important}::boolean,
      ${newest}::timestamptz - (${count}::int - n) * interval '1 minute'
    from generate_series(1, ${count}::int) n
  `);
}

export const levelsIn = async (db: Rows): Promise<Record<string, number>> => {
  const rows = await db.rows<{ level: string; count: number }>(
    sql`select level, count(*)::int as count from cronhook.application_logs group by level`,
  );
  return Object.fromEntries(rows.map(({ level, count }) => [level, count]));
};

export interface ArchivedLine {
  id: number;
  level: string;
  message: string;
  context: unknown;
  important: boolean;
  created_at: string;
}

export const LOG_ARCHIVES = 'archives/logs/';

/** Every line in the archives, by archive. */
export async function archivedLines(storage: Storage): Promise<Map<string, ArchivedLine[]>> {
  const archives = new Map<string, ArchivedLine[]>();
  for (const key of await keysIn(storage, LOG_ARCHIVES)) {
    const text = gunzipSync(await bytesOf(storage, key)).toString();
    archives.set(
      key,
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    );
  }
  return archives;
}
