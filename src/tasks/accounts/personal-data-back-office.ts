import { sql } from 'drizzle-orm';
import { ofGoneCompany, oneOf, type RulesOf } from './rules.js';
import type { Subject } from './subject.js';

const withCompany = ({ addresses, contacts }: Subject): string[] => [
  ...new Set([...addresses, ...contacts.addresses]),
];

/** Of the back office only leads and the application's log name people; the rest are ids, numbers and times. */
export const BACK_OFFICE_DATA: RulesOf<
  | 'leads'
  | 'subscriptions'
  | 'payments'
  | 'marketingSpend'
  | 'supportTickets'
  | 'applicationLogs'
  | 'kpiTargets'
  | 'statistics'
  | 'statisticsBuckets'
  | 'statisticsCustomers'
  | 'trialContacts'
  | 'monitors'
  | 'monitorDays'
  | 'counterReadings'
  | 'monitorChecks'
  | 'metricSamples'
> = {
  leads: {
    // A lead counts in the statistics; whose it was does not.
    named: (subject) => sql`lower(trim(email)) in ${oneOf(withCompany(subject), 'text')}`,
    addresses: withCompany,
    names: ({ names, contacts }) => [...names, ...contacts.names],
    columns: {
      id: 'none',
      email: 'redacted',
      name: 'redacted',
      source: 'redacted',
      convertedAt: 'none',
      createdAt: 'none',
    },
  },
  subscriptions: {
    columns: {
      id: 'none',
      companyId: 'none',
      plan: 'none',
      priceCents: 'none',
      currency: 'none',
      interval: 'none',
      status: 'none',
      startedAt: 'none',
      cancelledAt: 'none',
      createdAt: 'none',
    },
  },
  payments: {
    columns: {
      id: 'none',
      companyId: 'none',
      amountCents: 'none',
      currency: 'none',
      status: 'none',
      refundedAt: 'none',
      createdAt: 'none',
    },
  },
  marketingSpend: { columns: { month: 'none', channel: 'none', amountCents: 'none', createdAt: 'none' } },
  supportTickets: {
    columns: {
      id: 'none',
      companyId: 'none',
      openedAt: 'none',
      firstResponseAt: 'none',
      resolvedAt: 'none',
      satisfaction: 'none',
      createdAt: 'none',
    },
  },
  applicationLogs: {
    shared: true,
    addresses: withCompany,
    // Of a person the address goes and no more; a company's name beside it can be nobody else's.
    names: ({ contacts }) => contacts.names,
    namesBesideAddress: true,
    columns: {
      id: 'none',
      level: 'none',
      message: 'address redacted',
      context: 'address redacted',
      important: 'none',
      createdAt: 'none',
    },
  },
  kpiTargets: { columns: { metric: 'none', period: 'none', target: 'none', createdAt: 'none' } },
  statistics: {
    columns: { metric: 'none', period: 'none', bucket: 'none', value: 'none', createdAt: 'none' },
  },
  statisticsBuckets: {
    columns: { period: 'none', bucket: 'none', computedAt: 'none', final: 'none', createdAt: 'none' },
  },
  statisticsCustomers: {
    columns: { companyId: 'none', mrrTwelfths: 'none', customerSince: 'none', createdAt: 'none' },
  },
  trialContacts: {
    goes: ofGoneCompany,
    columns: {
      companyId: 'none',
      warnedOf: 'none',
      helpOfferedAt: 'none',
      demoOfferedAt: 'none',
      createdAt: 'none',
    },
  },
  monitors: {
    columns: {
      id: 'none',
      name: 'none',
      kind: 'none',
      target: 'none',
      expectedStatus: 'none',
      timeoutMs: 'none',
      keyword: 'none',
      followRedirects: 'none',
      severity: 'none',
      enabled: 'none',
      createdAt: 'none',
    },
  },
  monitorChecks: {
    columns: {
      monitorId: 'none',
      at: 'none',
      ok: 'none',
      latencyMs: 'none',
      dnsMs: 'none',
      connectMs: 'none',
      tlsMs: 'none',
      firstByteMs: 'none',
      certificateExpiresAt: 'none',
      error: 'none',
      createdAt: 'none',
    },
  },
  monitorDays: {
    columns: { monitorId: 'none', day: 'none', upMs: 'none', downMs: 'none', createdAt: 'none' },
  },
  counterReadings: {
    columns: {
      source: 'none',
      counter: 'none',
      instance: 'none',
      at: 'none',
      value: 'none',
      createdAt: 'none',
    },
  },
  metricSamples: {
    columns: { source: 'none', metric: 'none', at: 'none', value: 'none', createdAt: 'none' },
  },
};
