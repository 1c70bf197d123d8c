import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

export const RUN_STATUSES = [
  'running',
  'succeeded',
  'partial',
  'skipped',
  'failed',
  'lost',
  'interrupted',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One row for each run: the history pages, the metrics and the dead-man's switch. */
export const taskRuns = cronhook.table(
  'task_runs',
  {
    id: id(),
    task: text('task').notNull(),
    status: text('status', { enum: RUN_STATUSES }).notNull(),
    trigger: text('trigger').notNull(),
    host: text('host').notNull(),
    dryRun: boolean('dry_run').notNull().default(false),
    /** A run that says nothing of how its task fares: of one item that somebody named, or asked for what is not there. */
    aside: boolean('aside').notNull().default(false),
    startedAt: time('started_at').notNull(),
    finishedAt: time('finished_at'),
    durationMs: integer('duration_ms'),
    message: text('message'),
    progress: jsonb('progress'),
    stats: jsonb('stats').notNull().default({}),
    errors: jsonb('errors').notNull().default([]),
    details: jsonb('details'),
    log: jsonb('log').notNull().default([]),
    createdAt: createdAt(),
  },
  (run) => [
    index('task_runs_recent').on(run.startedAt, run.id),
    index('task_runs_by_task').on(run.task, run.startedAt, run.id),
    index('task_runs_running').on(run.task).where(sql`status = 'running'`),
    index('task_runs_telling')
      .on(run.task, run.startedAt, run.id)
      .where(sql`status in ('succeeded', 'partial', 'failed', 'lost') and not dry_run and not aside`),
  ],
);

/** Who runs a task now. The row stays; a released lease has expired long ago. */
export const taskLeases = cronhook.table('task_leases', {
  task: text('task').primaryKey(),
  runId: uuid('run_id').notNull(),
  expiresAt: time('expires_at').notNull(),
  createdAt: createdAt(),
});

/** A key without a row has its default. */
export const settings = cronhook.table('settings', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
  updatedAt: time('updated_at').notNull().defaultNow(),
  createdAt: createdAt(),
});

/** How often runs have ended, since the beginning: rows of `task_runs` go, counters must not. Dry runs do not count. */
export const taskRunTotals = cronhook.table(
  'task_run_totals',
  {
    task: text('task').notNull(),
    status: text('status', { enum: RUN_STATUSES }).notNull(),
    /** The least bound in seconds that the duration keeps to, `Infinity` for the longest. */
    le: doublePrecision('le').notNull(),
    runs: bigint('runs', { mode: 'number' }).notNull(),
    durationMs: bigint('duration_ms', { mode: 'number' }).notNull(),
    createdAt: createdAt(),
  },
  (total) => [primaryKey({ columns: [total.task, total.status, total.le] })],
);
