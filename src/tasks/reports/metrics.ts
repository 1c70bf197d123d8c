import type { Messages } from '../../locales/index.js';
import type { MetricName } from '../statistics/metrics.js';

export type Group = keyof Messages['reports']['groups'];

/** What the reports show of each group, in this order. */
export type Selection = Record<Group, readonly MetricName[]>;

export const DAILY: Selection = {
  acquisition: ['leads_new', 'trials_new', 'signups_new', 'subscriptions_new'],
  revenue: ['revenue_cents', 'mrr_cents', 'arpu_cents', 'payment_failure_rate'],
  customers: ['customers', 'cancellations', 'dau', 'mau', 'stickiness'],
  support: ['tickets_opened', 'tickets_resolved', 'ticket_first_response_seconds', 'satisfaction'],
};

export const WEEKLY: Selection = {
  acquisition: [...DAILY.acquisition, 'conversion_lead_trial', 'conversion_trial_client'],
  revenue: [
    ...['revenue_cents', 'mrr_cents', 'mrr_new_cents', 'mrr_expansion_cents', 'mrr_reactivation_cents'],
    ...['mrr_contraction_cents', 'mrr_churn_cents', 'arr_cents', 'arpu_cents', 'payment_failure_rate'],
  ] as MetricName[],
  customers: [
    ...['customers', 'cancellations', 'churn_rate', 'gross_mrr_churn_rate', 'net_mrr_churn_rate'],
    ...['dau', 'mau', 'stickiness'],
  ] as MetricName[],
  support: [
    ...['tickets_opened', 'tickets_resolved', 'ticket_first_response_seconds', 'ticket_resolution_seconds'],
    ...['ticket_resolution_rate', 'satisfaction'],
  ] as MetricName[],
};

/** In one table: of the acquisition and the customers what only months have too. */
export const MONTHLY: readonly MetricName[] = [
  ...['leads_new', 'trials_new', 'subscriptions_new', 'conversion_trial_client', 'cac_cents'],
  ...['revenue_cents', 'mrr_cents', 'arr_cents', 'customers', 'cancellations', 'churn_rate', 'ltv_cents'],
] as MetricName[];

const GOOD_WHEN_LOW = new Set<MetricName>([
  ...(['mrr_contraction_cents', 'mrr_churn_cents', 'payment_failure_rate', 'cancellations'] as const),
  ...(['churn_rate', 'gross_mrr_churn_rate', 'net_mrr_churn_rate', 'cac_cents'] as const),
  ...(['ticket_first_response_seconds', 'ticket_resolution_seconds'] as const),
]);

/** More of them says nothing about how the business fares. */
const NEITHER = new Set<MetricName>(['tickets_opened']);

/** 1 where more is better, -1 where less is. */
export const directionOf = (metric: MetricName): 1 | -1 | 0 =>
  NEITHER.has(metric) ? 0 : GOOD_WHEN_LOW.has(metric) ? -1 : 1;
