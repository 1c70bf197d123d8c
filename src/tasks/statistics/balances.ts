import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { quotient } from './decimal.js';
import { isOf, type MetricName, type Point } from './metrics.js';
import { type Movements, STILL } from './movements.js';
import type { Span } from './spans.js';

/** At one moment. */
export interface Level {
  /** MRR in twelfths of a cent. */
  twelfths: bigint;
  customers: bigint;
}

export interface Balance {
  opening: Level;
  movements: Movements;
  closing: Level;
}

/** What the last day that begins before a moment has left, or at that moment. */
export async function levelAt(tx: Transaction, beginning: '<' | '<=', moment: string): Promise<Level> {
  const last = (metric: MetricName) => sql`
    select value from cronhook.statistics
    where metric = ${metric} and period = 'day' and bucket ${sql.raw(beginning)} ${moment}::timestamptz order by bucket desc limit 1
  `;
  const [found] = await rowsOf<{ twelfths: string; customers: string }>(
    tx,
    sql`
      select coalesce(round((${last('mrr_cents')}) * 12), 0)::text as twelfths,
        coalesce((${last('customers')}), 0)::text as customers
    `,
  );
  return { twelfths: BigInt(found?.twelfths ?? 0), customers: BigInt(found?.customers ?? 0) };
}

/** From span to span, each beginning where the one before has ended. */
export function carry(opening: Level, spans: Span[], moved: Map<string, Movements>): Map<Span, Balance> {
  const balances = new Map<Span, Balance>();
  let level = opening;
  for (const span of spans) {
    const movements = moved.get(`${span.period} ${span.bucket}`) ?? STILL;
    const { net, won, back, lost } = movements;
    const closing = { twelfths: level.twelfths + net, customers: level.customers + won + back - lost };
    balances.set(span, { opening: level, movements, closing });
    level = closing;
  }
  return balances;
}

/** Whether start plus movements is the end, to the twelfth of a cent. */
export function isBridged({ opening, movements, closing }: Balance): boolean {
  const { fresh, expansion, contraction, churn, reactivation } = movements;
  return opening.twelfths + fresh + expansion - contraction - churn + reactivation === closing.twelfths;
}

export function balancePoints({ period, bucket }: Span, { opening, movements, closing }: Balance): Point[] {
  const { fresh, expansion, contraction, churn, reactivation, lost } = movements;
  const { twelfths, customers } = closing;
  const cents = (amount: bigint) => quotient(amount, 12n);
  const values: Partial<Record<MetricName, string | undefined>> = {
    mrr_cents: cents(twelfths),
    mrr_new_cents: cents(fresh),
    mrr_expansion_cents: cents(expansion),
    mrr_contraction_cents: cents(contraction),
    mrr_churn_cents: cents(churn),
    mrr_reactivation_cents: cents(reactivation),
    arr_cents: String(twelfths),
    arpu_cents: quotient(twelfths, 12n * customers),
    customers: String(customers),
    cancellations: String(lost),
    churn_rate: quotient(lost, opening.customers),
    gross_mrr_churn_rate: quotient(contraction + churn, opening.twelfths),
    net_mrr_churn_rate: quotient(contraction + churn - expansion - reactivation, opening.twelfths),
    // ARPU divided by the churn rate.
    ltv_cents:
      opening.customers === 0n ? undefined : quotient(twelfths * opening.customers, 12n * customers * lost),
  };
  return pointsOf(period, bucket, values);
}

/** Those that have a value, and a meaning in the period. */
export function pointsOf(
  period: Span['period'],
  bucket: string,
  values: Partial<Record<MetricName, string | undefined>>,
): Point[] {
  const entries = Object.entries(values) as [MetricName, string | undefined][];
  return entries.flatMap(([metric, value]) =>
    value !== undefined && isOf(metric, period) ? [{ metric, period, bucket, value }] : [],
  );
}
