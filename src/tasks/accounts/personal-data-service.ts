import type { RulesOf } from './rules.js';
import type { Subject } from './subject.js';

type ServiceTable = 'incidents' | 'taskRuns' | 'taskRunTotals' | 'taskLeases' | 'settings';

const withMailboxes = ({ addresses, mailboxAddresses, contacts }: Subject): string[] => [
  ...new Set([...addresses, ...mailboxAddresses, ...contacts.addresses]),
];

/** What the service keeps about its own work. */
export const SERVICE_DATA: RulesOf<ServiceTable> = {
  incidents: {
    shared: true,
    addresses: withMailboxes,
    columns: {
      id: 'none',
      source: 'none',
      severity: 'none',
      title: 'address redacted',
      details: 'address redacted',
      openedAt: 'none',
      lastSeenAt: 'none',
      resolvedAt: 'none',
      createdAt: 'none',
    },
  },
  taskRuns: {
    shared: true,
    addresses: withMailboxes,
    columns: {
      id: 'none',
      task: 'none',
      status: 'none',
      trigger: 'none',
      host: 'none',
      dryRun: 'none',
      aside: 'none',
      startedAt: 'none',
      finishedAt: 'none',
      durationMs: 'none',
      message: 'address redacted',
      progress: 'address redacted',
      stats: 'address redacted',
      errors: 'address redacted',
      details: 'address redacted',
      log: 'address redacted',
      createdAt: 'none',
    },
  },
  taskRunTotals: {
    columns: {
      task: 'none',
      status: 'none',
      le: 'none',
      runs: 'none',
      durationMs: 'none',
      createdAt: 'none',
    },
  },
  taskLeases: { columns: { task: 'none', runId: 'none', expiresAt: 'none', createdAt: 'none' } },
  settings: { columns: { key: 'none', value: 'none', updatedAt: 'none', createdAt: 'none' } },
};
