import { sql } from 'drizzle-orm';
import type { MessageStatus } from '../../db/schema/messages.js';
import type { Messages } from '../../locales/index.js';
import type { Capabilities, Stats } from '../define.js';

/** What became of a report’s mail. */
export interface Fate {
  status: MessageStatus;
  lastError: string | null;
}

/**
 * The fate of a message; without a key that of the period’s messages, where one that went out counts for all.
 * @param issue `report-daily:2026-11-21`, which forced repeats have a run’s id behind
 */
export async function fateOf(
  { db }: Pick<Capabilities, 'db'>,
  { issue, key }: { issue: string; key: string | undefined },
): Promise<Fate | undefined> {
  const asked = key === undefined ? sql`starts_with(dedupe_key, ${issue})` : sql`dedupe_key = ${key}`;
  const [fate] = await db.rows<Fate>(sql`
    select status, left(last_error, 300) as "lastError" from cronhook.outbox_messages where ${asked}
    order by status = 'sent' desc, created_at desc, id desc limit 1
  `);
  return fate;
}

/** Who calls must not read that a report has been sent which nobody got. */
export function unsentReport(stats: Stats, messages: Messages): string | undefined {
  const { unsent } = messages.reports;
  return typeof stats.mail === 'string' && stats.mail in unsent
    ? unsent[stats.mail as keyof typeof unsent]
    : undefined;
}
