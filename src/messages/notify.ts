import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';
import { storable } from '../db/json.js';
import type { Severity } from '../db/schema/messages.js';

export interface NewNotification {
  /** Without one it is the administrators'. */
  userId: string | null;
  kind: string;
  severity: Severity;
  /** Names the cause and the reader. */
  dedupeKey: string;
  title: string;
  body: string;
  link: string | null;
}

/**
 * Adds in-app notifications; one whose cause is told already stays as it is.
 * @returns how many are new
 */
export async function addNotifications(tx: Transaction, notifications: NewNotification[]): Promise<number> {
  if (notifications.length === 0) return 0;
  const rows = notifications.map(({ userId, dedupeKey, ...rest }) => ({
    ...rest,
    user_id: userId,
    dedupe_key: dedupeKey,
  }));
  const added = await rowsOf(
    tx,
    sql`
      insert into cronhook.notifications (user_id, kind, severity, dedupe_key, title, body, link)
      select user_id, kind, severity, dedupe_key, title, body, link
      from json_to_recordset(${JSON.stringify(rows, storable)}::json) as notification (user_id uuid, kind text,
        severity text, dedupe_key text, title text, body text, link text)
      on conflict (dedupe_key) do nothing
      returning 1
    `,
  );
  return added.length;
}
