import { sql } from 'drizzle-orm';
import type { Capabilities, RunContext } from '../define.js';

/** Rows of late that the numbers leave out, so that nobody wonders where they are. */
export async function oddRows({ db, now, log }: RunContext<unknown> & Pick<Capabilities, 'db'>): Promise<{
  otherCurrencies: number;
  undatedCancellations: number;
}> {
  const late = sql`between ${now().toISOString()}::timestamptz - interval '4 days' and ${now().toISOString()}::timestamptz`;
  const [found] = await db.rows<{ currencies: number; undated: number }>(sql`
    select
      ((select count(*) from cronhook.payments where created_at ${late} and currency <> 'EUR')
        + (select count(*) from cronhook.subscriptions where started_at ${late} and currency <> 'EUR'))::int as currencies,
      (select count(*) from cronhook.subscriptions
        where status = 'cancelled' and cancelled_at is null)::int as undated
  `);
  const { currencies: otherCurrencies = 0, undated: undatedCancellations = 0 } = found ?? {};
  if (undatedCancellations > 0)
    log.warn({ undatedCancellations }, 'cancelled subscriptions without cancelled_at are not in the MRR');
  return { otherCurrencies, undatedCancellations };
}
