import { type SQL, sql } from 'drizzle-orm';

export interface Moment {
  now: Date;
  timeZone: string;
}

/** A kind of cause: the form of its dedupe keys, and how it stands. */
export interface Cause {
  keys: string;
  /** What is asked: the team's application may have replaced them. */
  tables: string[];
  standing(moment: Moment): SQL;
  /** How it stands where it cannot be asked; without it the messages wait. */
  unasked?: 'stands';
}

export const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** The id that a dedupe key names; CASE has checked its form before. */
export const causeId = sql.raw(`split_part(message.dedupe_key, ':', 2)::uuid`);
