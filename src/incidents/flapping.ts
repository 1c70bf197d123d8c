import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';
import { storable } from '../db/json.js';

export const HOUR_MS = 60 * 60_000;
/** Openings and recoveries of one source within an hour; one more is flapping. */
const MOST_CHANGES = 4;
/** The rows that can hold that many changes, and some more: an incident may have begun before the one before it. */
const LOOKED_AT = 8;

/** The changes of a source within the last hour. */
export interface Recent {
  changes: number;
  /** The first of its incidents that they belong to. */
  since: string | null;
}

/** True when the source changes once too often now. */
export const isFlapping = (recent: Recent | undefined): boolean => (recent?.changes ?? 0) >= MOST_CHANGES;

export async function recentChanges(
  tx: Transaction,
  sources: string[],
  now: Date,
): Promise<Map<string, Recent>> {
  if (sources.length === 0) return new Map();
  const hourAgo = sql`${new Date(now.getTime() - HOUR_MS).toISOString()}::timestamptz`;
  const rows = await rowsOf<Recent & { source: string }>(
    tx,
    sql`
      select source, (count(*) filter (where noted > ${hourAgo}) + count(*) filter (where ended > ${hourAgo}))::int
        as changes, min(began) filter (where noted > ${hourAgo} or ended > ${hourAgo}) as since
      from json_array_elements_text(${JSON.stringify(sources, storable)}::json) as given (source)
      cross join lateral (
        select opened_at as began, coalesce((details->>'notedAt')::timestamptz, opened_at) as noted,
          resolved_at as ended
        from cronhook.incidents known where known.source = given.source order by opened_at desc limit ${LOOKED_AT}
      ) as latest
      group by source
    `,
  );
  return new Map(rows.map(({ source, ...recent }) => [source, recent]));
}
