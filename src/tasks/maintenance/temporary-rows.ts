import { type SQL, sql } from 'drizzle-orm';
import type { Sweep } from './sweep.js';

const DAY_MS = 86_400_000;

/** What is deleted by its age alone; what the rows are called in the run's stats. */
export function temporaryRows(now: Date): Record<string, Sweep> {
  const daysAgo = (days: number): SQL =>
    sql`${new Date(now.getTime() - days * DAY_MS).toISOString()}::timestamptz`;
  return {
    sessions: {
      table: 'sessions',
      keys: ['expires_at', 'id'],
      range: sql`line.expires_at <= ${daysAgo(0)}`,
    },
    tokens: {
      table: 'tokens',
      keys: ['expires_at', 'id'],
      range: sql`true`,
      due: sql`line.expires_at <= ${daysAgo(0)} or line.used_at is not null`,
    },
    // Longer than `overdue-reminders` looks back (60 days): nobody is told again of what they have read.
    notifications: {
      table: 'notifications',
      keys: ['read_at', 'id'],
      range: sql`line.read_at < ${daysAgo(90)}`,
    },
    monitorChecks: {
      table: 'monitor_checks',
      keys: ['at', 'monitor_id'],
      range: sql`line.at < ${daysAgo(100)}`,
    },
    monitorDays: {
      table: 'monitor_days',
      keys: ['day', 'monitor_id'],
      range: sql`line.day < (${daysAgo(100)} at time zone 'UTC')::date`,
    },
    metricSamples: {
      table: 'metric_samples',
      keys: ['at', 'source', 'metric'],
      range: sql`line.at < ${daysAgo(30)}`,
    },
    // Those that failed stay: they can be retried, and stop the chase of a document.
    messages: {
      table: 'outbox_messages',
      keys: ['sent_at', 'id'],
      range: sql`line.status = 'sent' and line.sent_at < ${daysAgo(180)}`,
      size: sql`pg_column_size(line.text_body) + coalesce(pg_column_size(line.html_body), 0)
        + pg_column_size(line.attachments)`,
    },
  };
}
