import { sql } from 'drizzle-orm';
import { index, integer, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, cronhook, id, time } from './base.js';

export const todos = cronhook.table(
  'todos',
  {
    id: id(),
    companyId: uuid('company_id'),
    assigneeId: uuid('assignee_id').notNull(),
    title: text('title').notNull(),
    dueAt: time('due_at'),
    priority: text('priority', { enum: ['low', 'normal', 'high', 'critical'] })
      .notNull()
      .default('normal'),
    status: text('status', { enum: ['open', 'done'] })
      .notNull()
      .default('open'),
    createdAt: createdAt(),
  },
  (todo) => [
    index('todos_due').on(todo.dueAt).where(sql`status = 'open'`),
    index('todos_assignee').on(todo.assigneeId),
  ],
);

export const appointments = cronhook.table(
  'appointments',
  {
    id: id(),
    companyId: uuid('company_id'),
    userId: uuid('user_id').notNull(),
    title: text('title').notNull(),
    startsAt: time('starts_at').notNull(),
    location: text('location'),
    reminderMinutes: integer('reminder_minutes').array().notNull().default([1440, 60]),
    status: text('status', { enum: ['planned', 'cancelled', 'done'] })
      .notNull()
      .default('planned'),
    createdAt: createdAt(),
  },
  (appointment) => [
    index('appointments_planned').on(appointment.startsAt).where(sql`status = 'planned'`),
    index('appointments_user').on(appointment.userId),
  ],
);
