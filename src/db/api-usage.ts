import { sql } from 'drizzle-orm';
import { type Database, type Executor, rowsOf } from './client.js';

/** A provider's own day: its quota begins anew with it. */
export interface UsageDay {
  provider: string;
  day: string;
}

export interface Usage {
  calls: number;
  /** The provider itself wants no call before. */
  blockedUntil: Date | undefined;
}

/** No pause is longer: a row says nothing of today once it is older. */
const LONGEST_PAUSE_DAYS = 5;

/**
 * Takes one call of the day's quota: one statement, so that replicas that take at once never take more than there is.
 * @returns false when there is none left, or the provider wants no calls for now
 */
export async function takeCall(
  executor: Executor,
  { provider, day }: UsageDay,
  { limit, now }: { limit: number; now: Date },
): Promise<boolean> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const taken = await rowsOf(
    executor,
    sql`
      insert into cronhook.api_usage as usage (provider, usage_date, calls)
      select ${provider}, ${day}::date, 1
      where ${limit}::int > 0 and not exists (
        select from cronhook.api_usage before
        where before.provider = ${provider} and before.usage_date < ${day}::date
          and before.usage_date >= ${day}::date - ${LONGEST_PAUSE_DAYS}::int and before.blocked_until > ${at}
      )
      on conflict (provider, usage_date) do update set calls = usage.calls + 1
        where usage.calls < ${limit}::int and (usage.blocked_until is null or usage.blocked_until <= ${at})
      returning 1
    `,
  );
  return taken.length > 0;
}

/** Remembers that the provider wants no call before; never brings the moment forward. */
export async function blockCalls(
  executor: Executor,
  { provider, day }: UsageDay,
  until: Date,
): Promise<void> {
  await executor.execute(sql`
    insert into cronhook.api_usage as usage (provider, usage_date, blocked_until)
    values (${provider}, ${day}::date, ${until.toISOString()}::timestamptz)
    on conflict (provider, usage_date) do update
      set blocked_until = greatest(usage.blocked_until, excluded.blocked_until)
  `);
}

/** What was taken of the day; a pause that the provider asked for may have begun days before. */
export async function usageOf({ rows }: Pick<Database, 'rows'>, { provider, day }: UsageDay): Promise<Usage> {
  const [usage] = await rows<{ calls: number; blocked: string | null }>(sql`
    select coalesce(sum(calls) filter (where usage_date = ${day}::date), 0)::int as calls,
      (extract(epoch from max(blocked_until)) * 1000)::bigint::text as blocked
    from cronhook.api_usage where provider = ${provider} and usage_date >= ${day}::date - ${LONGEST_PAUSE_DAYS}::int
  `);
  return {
    calls: usage?.calls ?? 0,
    blockedUntil: usage?.blocked ? new Date(Number(usage.blocked)) : undefined,
  };
}
