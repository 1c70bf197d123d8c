import {
  bigint,
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';
import { SEVERITIES } from './messages.js';

export const monitors = cronhook.table('monitors', {
  id: id(),
  name: text('name').notNull(),
  kind: text('kind', { enum: ['http', 'tcp'] }).notNull(),
  target: text('target').notNull(),
  expectedStatus: integer('expected_status').notNull().default(200),
  timeoutMs: integer('timeout_ms').notNull().default(10_000),
  keyword: text('keyword'),
  followRedirects: boolean('follow_redirects').notNull().default(false),
  severity: text('severity', { enum: SEVERITIES }).notNull().default('critical'),
  enabled: boolean('enabled').notNull().default(true),
  createdAt: createdAt(),
});

export const monitorChecks = cronhook.table(
  'monitor_checks',
  {
    monitorId: uuid('monitor_id').notNull(),
    at: time('at').notNull(),
    ok: boolean('ok').notNull(),
    latencyMs: integer('latency_ms'),
    dnsMs: integer('dns_ms'),
    connectMs: integer('connect_ms'),
    tlsMs: integer('tls_ms'),
    firstByteMs: integer('first_byte_ms'),
    certificateExpiresAt: time('certificate_expires_at'),
    error: text('error'),
    createdAt: createdAt(),
  },
  (check) => [primaryKey({ columns: [check.monitorId, check.at] }), index('monitor_checks_at').on(check.at)],
);

export const metricSamples = cronhook.table(
  'metric_samples',
  {
    source: text('source').notNull(),
    metric: text('metric').notNull(),
    at: time('at').notNull(),
    value: doublePrecision('value').notNull(),
    createdAt: createdAt(),
  },
  (sample) => [
    primaryKey({ columns: [sample.source, sample.metric, sample.at] }),
    index('metric_samples_at').on(sample.at),
  ],
);

/** What the checks of a day that is over come to: uptime over months without reading every check. Days are of UTC. */
export const monitorDays = cronhook.table(
  'monitor_days',
  {
    monitorId: uuid('monitor_id').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    /** Milliseconds for which the last check had been good, and had not. The rest of the day nobody knows. */
    upMs: bigint('up_ms', { mode: 'number' }).notNull(),
    downMs: bigint('down_ms', { mode: 'number' }).notNull(),
    createdAt: createdAt(),
  },
  (line) => [primaryKey({ columns: [line.monitorId, line.day] }), index('monitor_days_day').on(line.day)],
);

/** The last reading of each counter that only grows: the next run has the rate from it. */
export const counterReadings = cronhook.table(
  'counter_readings',
  {
    source: text('source').notNull(),
    counter: text('counter').notNull(),
    /** Which start of which machine counted: counters of another one cannot be compared. */
    instance: text('instance').notNull(),
    at: time('at').notNull(),
    value: doublePrecision('value').notNull(),
    createdAt: createdAt(),
  },
  (reading) => [primaryKey({ columns: [reading.source, reading.counter, reading.instance] })],
);
