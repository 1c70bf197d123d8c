import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { ebayUsage } from './quota.js';

/** What was taken today of a provider's calls, by the provider's own day. */
export interface ProviderUsage {
  provider: string;
  day: string;
  calls: number;
  /** Null where there is no limit of ours. */
  limit: number | null;
  remaining: number | null;
  blockedUntil: string | null;
  resetsAt: string | null;
}

/** Of eBay always; of others, whose days are those of UTC, what there is: a ban may be days old. */
export async function usageToday(
  db: Pick<Database, 'rows'>,
  limit: number,
  now: Date,
): Promise<ProviderUsage[]> {
  const ebay = await ebayUsage(db, limit, now);
  const today = now.toISOString().slice(0, 10);
  const others = await db.rows<{ provider: string; day: string; calls: number; blocked: string | null }>(sql`
    select provider, ${today} as day, coalesce(sum(calls) filter (where usage_date = ${today}::date), 0)::int as calls,
      (extract(epoch from max(blocked_until)) * 1000)::bigint::text as blocked
    from cronhook.api_usage
    where provider <> 'ebay' and (usage_date = ${today}::date or blocked_until > ${now.toISOString()}::timestamptz)
    group by provider order by provider
  `);
  return [
    {
      provider: 'ebay',
      day: ebay.day,
      calls: ebay.calls,
      limit,
      remaining: Math.max(0, limit - ebay.calls),
      blockedUntil: ebay.blockedUntil?.toISOString() ?? null,
      resetsAt: ebay.resetsAt.toISOString(),
    },
    ...others.map(({ provider, day, calls, blocked }) => {
      const blockedUntil =
        blocked && Number(blocked) > now.getTime() ? new Date(Number(blocked)).toISOString() : null;
      return { provider, day, calls, limit: null, remaining: null, blockedUntil, resetsAt: null };
    }),
  ];
}
