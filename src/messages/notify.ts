import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';
import { storable } from '../db/json.js';
import type { Severity } from '../db/schema/messages.js';
import { plainLine } from './layout-clean.js';

export interface NewNotification {
  /** Without one it is the administrators'. */
  userId: string | null;
  kind: string;
  severity: Severity;
  /** Names the cause and the reader. */
  dedupeKey: string;
  title: string;
  /** Lines of our own; a string is one line, whatever others wrote in it. */
  body: string | string[];
  link: string | null;
}

const LONGEST_TITLE = 200;
const LONGEST_LINE = 2_000;

/**
 * Adds in-app notifications; one whose cause is told already stays as it is.
 * @returns how many are new
 */
export async function addNotifications(tx: Transaction, notifications: NewNotification[]): Promise<number> {
  if (notifications.length === 0) return 0;
  const rows = notifications.map(({ userId, dedupeKey, title, body, ...rest }) => ({
    ...rest,
    title: plainLine(title, LONGEST_TITLE),
    body: [body].flat().map(plain).join('\n'),
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

const plain = (line: string): string => plainLine(line, LONGEST_LINE);
