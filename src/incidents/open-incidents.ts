import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';

/** The incident of a task. */
export interface TaskIncident {
  id: string;
  source: string;
  cause: string | null;
  /** The first incident of its cause: mails are counted by it. */
  leader: string;
  message: string;
  runId: string | null;
  openedAt: string;
  /** When it was told of, where that was later. */
  toldAt: string | null;
  /** True while no mail could be queued about its beginning. */
  isUntold: boolean;
  resolved: boolean;
}

const columns =
  sql.raw(`id, source, coalesce(details->>'leader', id::text) as leader, details->>'cause' as cause,
  coalesce(details->>'message', title) as message, details->>'runId' as "runId", opened_at as "openedAt",
  details->>'toldAt' as "toldAt", coalesce(details->'owed'->>'mail' = 'opened', false) as "isUntold",
  resolved_at is not null as resolved`);

export const sourceOf = (task: string): string => `task:${task}`;

export const openIncidents = (tx: Transaction): Promise<TaskIncident[]> =>
  rowsOf(
    tx,
    sql`select ${columns} from cronhook.incidents where resolved_at is null and source like 'task:%'`,
  );

/** The incidents of one cause, those that have ended included, the oldest first. */
export const groupOf = (tx: Transaction, leader: string): Promise<TaskIncident[]> =>
  rowsOf(
    tx,
    sql`
      select ${columns} from cronhook.incidents
      where source like 'task:%' and details->>'leader' = ${leader} order by opened_at, id
    `,
  );
