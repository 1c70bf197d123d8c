import { sql } from 'drizzle-orm';
import type { BinanceBusy } from '../../../clients/binance-problem.js';
import { blockCalls } from '../../../db/api-usage.js';
import { AppError } from '../../../errors.js';
import { formatMoment } from '../../../messages/format.js';
import type { Capabilities, RunContext } from '../../define.js';

const PROVIDER = 'binance';

type PauseContext = RunContext<unknown> & Pick<Capabilities, 'db'>;

/** Skips the run while Binance wants no calls. `force` does not help: a call during a ban makes it longer. */
export async function respectPause({ db, now, site, skip }: PauseContext): Promise<void> {
  const [usage] = await db.rows<{ until: string | null }>(sql`
    select (extract(epoch from max(blocked_until)) * 1000)::bigint::text as until from cronhook.api_usage
    where provider = ${PROVIDER} and blocked_until > ${now().toISOString()}::timestamptz
  `);
  if (!usage?.until) return;
  const until = formatMoment(new Date(Number(usage.until)), site);
  skip((t) => t.crypto.pausedUntil(until));
}

/** Remembers until when Binance wants no calls, and names it in the errors. */
export async function rememberPause(context: PauseContext, busy: BinanceBusy): Promise<void> {
  const { db, now, site, dryRun, fail } = context;
  const until = busy.until(now());
  const day = now().toISOString().slice(0, 10);
  if (!dryRun) await db.write((tx) => blockCalls(tx, { provider: PROVIDER, day }, until));
  const time = formatMoment(until, site);
  const why = new AppError('unprocessable', (t) => t.crypto.noCallBefore(busy.text(t), time), {
    cause: busy,
  });
  fail('Binance', why);
}
