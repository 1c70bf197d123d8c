import { pgSchema, timestamp, uuid } from 'drizzle-orm/pg-core';

/** A schema of its own, so that the service can share a database with the team's application. */
export const cronhook = pgSchema('cronhook');

export const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const id = () => uuid('id').primaryKey().defaultRandom();

export const createdAt = () => time('created_at').notNull().defaultNow();
