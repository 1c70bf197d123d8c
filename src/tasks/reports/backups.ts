import { sql } from 'drizzle-orm';
import type { Capabilities } from '../define.js';

export interface BackupState {
  /** When a backup was last proved by restoring it. */
  verifiedAt: Date | undefined;
  backedUpAt: Date | undefined;
}

/** As the runs tell: each task keeps at least its newest thirty, and one that failed since shows as failed. */
export async function readBackups(db: Capabilities['db']): Promise<BackupState> {
  const [found] = await db.rows<{ verifiedAt: string | null; backedUpAt: string | null }>(sql`
    select (
      select max(finished_at) from cronhook.task_runs
      where task = 'backup-verify' and not dry_run and status in ('succeeded', 'partial') and stats->>'verified' = 'true' and isfinite(finished_at)
    ) as "verifiedAt", (
      select max(finished_at) from cronhook.task_runs
      where task = 'backup' and not dry_run and status in ('succeeded', 'partial')
        and isfinite(finished_at)
    ) as "backedUpAt"
  `);
  const moment = (text: string | null | undefined) => (text ? new Date(text) : undefined);
  return { verifiedAt: moment(found?.verifiedAt), backedUpAt: moment(found?.backedUpAt) };
}
