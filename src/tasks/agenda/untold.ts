import { type SQL, sql } from 'drizzle-orm';
import type { Round } from './round.js';

/** A cause that is older when it is first seen stays silent. */
export const SILENT_AFTER_DAYS = 60;
export const silentAfter = sql.raw(`interval '${SILENT_AFTER_DAYS * 24} hours'`);

/**
 * Whether nobody was told of a cause yet. OFFSET keeps the planner from reading the whole table of notifications:
 * each cause is one look into its unique index.
 */
export const untold = (key: SQL): SQL => sql`not exists (
  select from cronhook.notifications notification where notification.dedupe_key = ${key} offset 0
)`;

/** A deletion waits until what its user is told is there to be deleted; users it has begun with are left alone. */
export const holdReader = sql`for key share of reader skip locked`;

interface Foreseen {
  total: number;
  mails: number;
  dedupeKey: string;
  userId: string;
}

const SHOWN = 500;

/** In a dry run: shows whom a query's rows would tell of what, by ids alone. */
export async function foresee(round: Round, kind: string, due: SQL, mailed: SQL): Promise<Foreseen> {
  const rows = await round.db.rows<Foreseen>(sql`
    select count(*) over ()::int as total, count(*) filter (where ${mailed}) over ()::int as mails,
      due."dedupeKey", due."userId"
    from (${due}) as due limit ${SHOWN}
  `);
  for (const { dedupeKey, userId } of rows) round.would(dedupeKey, { notify: userId, kind });
  return rows[0] ?? { total: 0, mails: 0, dedupeKey: '', userId: '' };
}
