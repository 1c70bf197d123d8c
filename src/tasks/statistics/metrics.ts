import { STATISTICS_PERIODS } from '../../db/schema/back-office.js';

export type Period = (typeof STATISTICS_PERIODS)[number];
export type Unit = 'count' | 'cents' | 'ratio' | 'seconds' | 'score';

export interface Metric {
  unit: Unit;
  /** Those in which it has a meaning: there is no row in the others. */
  periods: readonly Period[];
  /** Weeks and months are the sums of their days. */
  adds?: true;
}

const ALWAYS = STATISTICS_PERIODS;
const FROM_DAYS = ['day', 'week', 'month'] as const;
const MONTHS = ['month'] as const;

const count: Metric = { unit: 'count', periods: ALWAYS, adds: true };
const flow: Metric = { unit: 'cents', periods: ALWAYS, adds: true };
const rate: Metric = { unit: 'ratio', periods: FROM_DAYS };

/** The metrics of the contract (section 6); docs/kpis.md defines each. */
export const METRICS = {
  leads_new: count,
  trials_new: count,
  subscriptions_new: count,
  signups_new: count,
  revenue_cents: flow,
  mrr_cents: { unit: 'cents', periods: ALWAYS },
  mrr_new_cents: flow,
  mrr_expansion_cents: flow,
  mrr_contraction_cents: flow,
  mrr_churn_cents: flow,
  mrr_reactivation_cents: flow,
  arr_cents: { unit: 'cents', periods: ALWAYS },
  arpu_cents: { unit: 'cents', periods: ALWAYS },
  customers: { unit: 'count', periods: ALWAYS },
  churn_rate: rate,
  gross_mrr_churn_rate: rate,
  net_mrr_churn_rate: rate,
  ltv_cents: { unit: 'cents', periods: MONTHS },
  cac_cents: { unit: 'cents', periods: MONTHS },
  conversion_lead_trial: rate,
  conversion_trial_client: rate,
  dau: { unit: 'count', periods: FROM_DAYS },
  mau: { unit: 'count', periods: FROM_DAYS },
  stickiness: rate,
  tickets_opened: count,
  tickets_resolved: count,
  ticket_first_response_seconds: { unit: 'seconds', periods: ALWAYS },
  ticket_resolution_seconds: { unit: 'seconds', periods: ALWAYS },
  ticket_resolution_rate: rate,
  satisfaction: { unit: 'score', periods: ALWAYS },
  payment_failure_rate: { unit: 'ratio', periods: ALWAYS },
  cancellations: count,
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

export const metricOf = (name: MetricName): Metric => METRICS[name];

export const isOf = (name: MetricName, period: Period): boolean => metricOf(name).periods.includes(period);

/** A value of a metric; none where a denominator is zero. */
export interface Point {
  metric: MetricName;
  period: Period;
  /** When the period begins, as PostgreSQL writes it. */
  bucket: string;
  /** A decimal number. */
  value: string;
}
