import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { type Balance, balancePoints, levelAt, pointsOf } from './balances.js';
import { quotient } from './decimal.js';
import { METRIC_NAMES, type MetricName, metricOf, type Point } from './metrics.js';
import type { Movements } from './movements.js';
import { type Span, spanTable } from './spans.js';

interface DayTotals {
  totals: Map<MetricName, string>;
  days: bigint;
}

/**
 * What weeks and months make of their days, as these are stored.
 * @param flows what was counted in their raw rows
 * @param wonIn new customers of the days that are not booked yet
 */
export async function longerPoints(
  tx: Transaction,
  spans: Span[],
  flows: Point[],
  wonIn: (span: Span) => bigint,
): Promise<Point[]> {
  const totals = await readTotals(tx, spans);
  const points: Point[] = [];
  for (const span of spans) {
    const { period, bucket } = span;
    const ofDays = totals.get(`${period} ${bucket}`);
    if (!ofDays) continue;
    const summed = METRIC_NAMES.filter((name) => metricOf(name).adds).map((name) => [
      name,
      ofDays.totals.get(name),
    ]);
    const mau = flows.find(
      (flow) => flow.metric === 'mau' && flow.period === period && flow.bucket === bucket,
    );
    const active = BigInt(ofDays.totals.get('dau') ?? 0);
    const balance = await balanceOf(tx, span, ofDays);
    points.push(
      ...balancePoints(span, balance).filter(({ metric }) => !metricOf(metric).adds),
      ...pointsOf(period, bucket, {
        ...(Object.fromEntries(summed) as Partial<Record<MetricName, string>>),
        dau: quotient(active, ofDays.days),
        stickiness: quotient(active, ofDays.days * BigInt(mau?.value ?? 0)),
        ...(period === 'month' && { cac_cents: await acquisitionCost(tx, span, wonIn(span)) }),
      }),
    );
  }
  return points;
}

async function readTotals(tx: Transaction, spans: Span[]): Promise<Map<string, DayTotals>> {
  const metrics = METRIC_NAMES.filter((name) => metricOf(name).adds || name === 'dau');
  const rows = await rowsOf<{ key: string; metric: MetricName; total: string; days: string }>(
    tx,
    sql`
      select span.period || ' ' || span.bucket as key, wanted.metric, day.total, day.days
      from ${spanTable(spans)} cross join json_array_elements_text(${JSON.stringify(metrics)}::json) as wanted (metric)
      cross join lateral (
        -- One after the other, by the primary key: a join reads the whole history.
        select sum(value)::text as total, count(*)::text as days from cronhook.statistics
        where metric = wanted.metric and period = 'day' and bucket between span.bucket and span.last
      ) as day
      where day.total is not null
    `,
  );
  const found = new Map<string, DayTotals>();
  for (const { key, metric, total, days } of rows) {
    const { totals } = found.get(key) ?? { totals: new Map() };
    found.set(key, { totals: totals.set(metric, total), days: BigInt(days) });
  }
  return found;
}

async function balanceOf(tx: Transaction, { bucket, last }: Span, { totals }: DayTotals): Promise<Balance> {
  const opening = await levelAt(tx, '<', bucket);
  const closing = await levelAt(tx, '<=', last);
  const twelfths = (name: MetricName) => toTwelfths(totals.get(name) ?? '0');
  const movements: Movements = {
    fresh: twelfths('mrr_new_cents'),
    expansion: twelfths('mrr_expansion_cents'),
    contraction: twelfths('mrr_contraction_cents'),
    churn: twelfths('mrr_churn_cents'),
    reactivation: twelfths('mrr_reactivation_cents'),
    net: closing.twelfths - opening.twelfths,
    lost: BigInt(totals.get('cancellations') ?? 0),
    won: 0n,
    back: 0n,
  };
  return { opening, movements, closing };
}

/** Cents with ten decimals, as they are stored, are twelfths but for their rounding. */
function toTwelfths(cents: string): bigint {
  const [whole = '0', part = ''] = cents.split('.');
  const scaled = BigInt(whole + part.padEnd(10, '0').slice(0, 10)) * 12n;
  return (scaled + 5_000_000_000n) / 10_000_000_000n;
}

/** What was spent on a new customer; none where nothing was spent, or nobody won. */
async function acquisitionCost(
  tx: Transaction,
  { firstDay, lastDay }: Span,
  won: bigint,
): Promise<string | undefined> {
  const [found] = await rowsOf<{ spent: string | null; booked: string }>(
    tx,
    sql`
      select
        (select sum(amount_cents)::text from cronhook.marketing_spend
          where month between ${firstDay}::date and ${lastDay}::date) as spent,
        (select count(*)::text from cronhook.statistics_customers
          where customer_since between ${firstDay}::date and ${lastDay}::date) as booked
    `,
  );
  return found?.spent ? quotient(BigInt(found.spent), BigInt(found.booked) + won) : undefined;
}
