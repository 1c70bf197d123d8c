import { sql } from 'drizzle-orm';
import type { ReportContext } from './edition.js';

export interface Reach {
  /** The keys of the issues before this one. */
  earlier: string[];
  leastMs: number;
  /** More than that nobody reads up on. */
  mostMs: number;
}

/** An ending may be committed a moment after the time that it bears. */
const COMMITTED_WITHIN_MS = 60_000;

/** From when on things are new: the last issue that went out, or may still, told of what was before. */
export async function sinceLastIssue(context: ReportContext, { earlier, ...reach }: Reach): Promise<Date> {
  const { db, now, attempt } = context;
  const ago = (ms: number) => now().getTime() - ms;
  const [last] =
    (await attempt('outbox_messages', () =>
      db.rows<{ madeAt: string | null }>(sql`
        select max(created_at) as "madeAt" from cronhook.outbox_messages
        where dedupe_key in (select json_array_elements_text(${JSON.stringify(earlier)}::json))
          and status not in ('failed', 'suppressed', 'cancelled')
      `),
    )) ?? [];
  const latest = ago(reach.leastMs);
  if (!last?.madeAt) return new Date(latest);
  const lastAt = new Date(last.madeAt).getTime() - COMMITTED_WITHIN_MS;
  return new Date(Math.max(Math.min(lastAt, latest), ago(reach.mostMs)));
}
