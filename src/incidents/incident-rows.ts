import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';
import { storable } from '../db/json.js';
import type { Severity } from '../db/schema/messages.js';
import type { Owed } from './ways.js';

export interface Incident {
  id: string;
  source: string;
  severity: Severity;
  /** The gravest it has had, and so was told with. */
  gravest: Severity;
  title: string;
  message: string;
  link: string | null;
  cause: string | null;
  /** The first incident of its cause: messages are counted by it. */
  leader: string;
  openedAt: string;
  lastSeenAt: string;
  /** Since when it comes and goes; null for one that does not. */
  flapping: string | null;
  /** Of one that comes and goes: since when it has been well without a break. */
  wellSince: string | null;
  /** When it was told of, where that was later than it began. */
  toldAt: string | null;
  /** What could not be told yet. */
  owed: Owed | null;
  resolved: boolean;
}

const columns =
  sql.raw(`id, source, severity, coalesce(details->>'gravest', severity) as gravest, title, coalesce(details->>'message', title) as message,
  details->>'link' as link, details->>'cause' as cause, coalesce(details->>'leader', id::text) as leader,
  opened_at as "openedAt", last_seen_at as "lastSeenAt", details->>'flapping' as flapping,
  details->>'wellSince' as "wellSince", details->>'toldAt' as "toldAt", details->'owed' as owed,
  resolved_at is not null as resolved`);

/** The open incidents of these sources, and of these causes. */
export const openIncidents = (
  tx: Transaction,
  { sources, causes }: { sources: string[]; causes: string[] },
): Promise<Incident[]> =>
  rowsOf(
    tx,
    sql`
      select ${columns} from cronhook.incidents
      where resolved_at is null and (source in ${listed(sources)} or details->>'cause' in ${listed(causes)})
      order by opened_at, id
    `,
  );

/** The incidents that these lead, those that have ended included, the oldest first. */
export function groupsOf(tx: Transaction, leaders: string[]): Promise<Incident[]> {
  const leading = sql`id in (select leader::uuid from ${listed(leaders)} as one (leader))`;
  // One may have begun before it was noticed, and so before its leader.
  const earliest = sql`(select min(opened_at) - interval '1 day' from cronhook.incidents where ${leading})`;
  return rowsOf(
    tx,
    sql`
      select ${columns} from cronhook.incidents
      where (resolved_at is null or opened_at >= ${earliest})
        and (details->>'leader' in ${listed(leaders)} or ${leading})
      order by opened_at, id
    `,
  );
}

/** An incident as it is to be: new, or with what has changed. */
export interface IncidentChange
  extends Pick<Incident, 'id' | 'source' | 'severity' | 'title' | 'openedAt' | 'lastSeenAt' | 'resolved'> {
  /** Laid over what is there. */
  details: Record<string, unknown>;
}

export async function writeIncidents(tx: Transaction, changes: IncidentChange[], now: Date): Promise<void> {
  if (changes.length === 0) return;
  await tx.execute(sql`
    insert into cronhook.incidents as known
      (id, source, severity, title, details, opened_at, last_seen_at, resolved_at)
    select id, source, severity, title, details, "openedAt", "lastSeenAt",
      case when resolved then ${now.toISOString()}::timestamptz end
    from json_to_recordset(${JSON.stringify(changes, storable)}::json) as change (id uuid, source text,
      severity text, title text, details jsonb, "openedAt" timestamptz, "lastSeenAt" timestamptz, resolved boolean)
    on conflict (id) do update set severity = excluded.severity, title = excluded.title,
      details = known.details || excluded.details, last_seen_at = excluded.last_seen_at,
      resolved_at = excluded.resolved_at
  `);
}

/** Nobody is told, nor of what was still owed. */
export async function endSilently(tx: Transaction, which: SQL, now: Date): Promise<void> {
  await tx.execute(sql`
    update cronhook.incidents
    set resolved_at = ${now.toISOString()}::timestamptz, details = details - 'owed' || '{"retired": true}'
    where resolved_at is null and ${which}
  `);
}

export const listed = (values: string[]): SQL =>
  sql`(select json_array_elements_text(${JSON.stringify(values, storable)}::json))`;
