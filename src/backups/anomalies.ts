import type { Anomaly, Manifest } from './set.js';

type Counted = Pick<Manifest, 'sizeBytes' | 'tables' | 'schemas'>;

/** Smaller tables shrink by half on any working day. */
const LARGE_TABLE_ROWS = 1_000;

/** What the tasks of this service empty by themselves. */
const EMPTIED = new Set(
  [
    'application_logs',
    'crypto_price_history',
    'metric_samples',
    'monitor_checks',
    'notifications',
    'outbox_messages',
    'sessions',
    'stack_usage',
    'task_runs',
    'tokens',
  ].map((table) => `cronhook.${table}`),
);

/** What is down by more than half since the set before: somebody may have emptied it by mistake. */
export function findAnomalies(before: Counted | undefined, after: Counted): Anomaly[] {
  // Another choice of schemas is another backup.
  if (!before || JSON.stringify(before.schemas) !== JSON.stringify(after.schemas)) return [];
  const sizes = { table: null, before: before.sizeBytes, after: after.sizeBytes };
  const tables = Object.entries(before.tables)
    .filter(([table, rows]) => rows > LARGE_TABLE_ROWS && !EMPTIED.has(table))
    .map(([table, rows]) => ({ table, before: rows, after: after.tables[table] ?? 0 }));
  return [sizes, ...tables].filter((count) => count.after * 2 < count.before);
}
