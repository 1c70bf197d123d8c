import { type SQL, sql } from 'drizzle-orm';
import { addDays, daysBetween, localDay } from '../../calendar.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import { withoutJit } from '../../db/jit.js';
import { AppError } from '../../errors.js';
import type { Capabilities, RunContext } from '../define.js';
import { compute } from './compute.js';
import { type DayRange, readSpans } from './spans.js';
import { markSpans } from './store.js';

type RefreshContext = Pick<RunContext<unknown>, 'now' | 'site' | 'signal' | 'outOfTime' | 'log' | 'fail'> &
  Pick<Capabilities, 'db'>;

export interface RefreshTally {
  /** Worked on: those that were not final. */
  days: number;
  /** Left for the next run. */
  remainingDays: number;
  /** Values that are new or have changed. */
  values: number;
}

/** Worked on in one transaction, after an outage. */
const MOST_DAYS = 31;
/** Any number that no other program uses: the reports refresh too. */
const LOCK = 7_203_115_642;

/** Brings the statistics up to this moment: the days that are not final, and the hours, weeks and months around them. */
export async function refreshStatistics(context: RefreshContext): Promise<RefreshTally> {
  const { db, now, site, signal, outOfTime, fail, log } = context;
  const moment = now();
  const today = localDay(moment, site.timeZone);
  const tally: RefreshTally = { days: 0, remainingDays: 0, values: 0 };
  for (;;) {
    signal.throwIfAborted();
    const done = await db.write((tx) => refreshDays(tx, { today, now: moment, timeZone: site.timeZone }));
    tally.days += done.days;
    tally.values += done.values;
    tally.remainingDays = Math.max(0, daysBetween(done.last, today));
    if (done.broken) {
      fail(done.broken, new AppError('internal', (t) => t.statistics.notBridged));
      return tally;
    }
    if (tally.remainingDays === 0) return tally;
    log.info({ upTo: done.last, remainingDays: tally.remainingDays }, 'statistics are being caught up');
    if (outOfTime()) return tally;
  }
}

interface Done {
  days: number;
  values: number;
  /** The last day of those worked on. */
  last: string;
  /** A day whose movements do not lead from its start to its end. */
  broken?: string;
}

interface Moment {
  today: string;
  now: Date;
  timeZone: string;
}

async function refreshDays(tx: Transaction, { today, ...moment }: Moment): Promise<Done> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK}::bigint)`);
  await withoutJit(tx);
  const first = await firstOpenDay(tx, moment);
  if (first > today) return { days: 0, values: 0, last: today };
  const last = addDays(first, Math.min(MOST_DAYS - 1, daysBetween(first, today)));
  return refreshRange(tx, { ...moment, first, last });
}

async function refreshRange(tx: Transaction, range: DayRange): Promise<Done> {
  const { first, last, now } = range;
  if (last < first) return { days: 0, values: 0, last };
  const spans = await readSpans(tx, range);
  const computed = await compute(tx, range, spans);
  if ('broken' in computed) {
    const { broken } = computed;
    return { ...(await refreshRange(tx, { ...range, last: addDays(broken, -1) })), broken };
  }
  await markSpans(tx, spans, now);
  return { days: daysBetween(first, last) + 1, values: computed.values, last };
}

/** The day after the last final one; before there is any, that of the oldest row. */
async function firstOpenDay(tx: Transaction, { now, timeZone }: Omit<Moment, 'today'>): Promise<string> {
  const moment = sql`${now.toISOString()}::timestamptz`;
  const day = (at: SQL) => sql`((${at}) at time zone ${timeZone})::date`;
  const oldest = sql.join(
    OLDEST.map(([table, column]) =>
      sql.raw(`(select min(${column}) from cronhook.${table} where ${column} > '-infinity')`),
    ),
    sql`, `,
  );
  const [found] = await rowsOf<{ day: string }>(
    tx,
    sql`
      select coalesce(
        (select ${day(sql`max(bucket)`)} + 1 from cronhook.statistics_buckets where period = 'day' and final),
        least(
          -- A date that somebody has mistyped must not make millions of hours.
          greatest(
            coalesce(least(${day(sql`least(${oldest})`)}, (select min(day) from cronhook.user_activity)), ${day(moment)}),
            ${day(sql`${moment} - interval '10 years'`)}
          ),
          ${day(moment)}
        )
      )::text as day
    `,
  );
  return found?.day as string;
}

/** The columns that say when something was, each with an index. */
const OLDEST = [
  ['leads', 'created_at'],
  ['companies', 'created_at'],
  ['users', 'created_at'],
  ['subscriptions', 'started_at'],
  ['payments', 'created_at'],
  ['support_tickets', 'opened_at'],
];
