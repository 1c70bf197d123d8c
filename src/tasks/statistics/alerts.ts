import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { rowsOf, type Transaction } from '../../db/client.js';
import { jsonb } from '../../db/json.js';
import { addNotifications } from '../../messages/notify.js';
import { queueMessages } from '../../messages/queue.js';
import { businessAlertMail } from '../../messages/templates/business-alert.js';
import type { Capabilities, RunContext } from '../define.js';
import { type Finding, lookAtBusiness } from './business.js';

export const NAME = 'statistics';

type AlertContext = RunContext<unknown> &
  Pick<Capabilities, 'db'> &
  Partial<Pick<Capabilities, 'mail' | 'administrator' | 'vault'>>;

/**
 * Tells the administrator what is wrong with the business: once when it begins, then not until it has ended.
 * @returns how many alerts are new, and how many are open
 */
export async function alertOfBusiness(
  context: AlertContext,
): Promise<{ alerts: number; alertsOpen: number }> {
  const findings = await lookAtBusiness(context);
  const wrong = findings.filter((finding) => finding.wrong);
  if (context.dryRun) {
    for (const { cause, count, of } of wrong)
      context.would(sourceOf(cause), { action: 'alert, unless it was', count, of });
    return { alerts: 0, alertsOpen: wrong.length };
  }
  const alerts = await context.db.write(async (tx) => {
    await resolve(tx, context, findings);
    let opened = 0;
    for (const finding of wrong) if (await open(tx, context, finding)) opened += 1;
    return opened;
  });
  return { alerts, alertsOpen: wrong.length };
}

const sourceOf = (cause: Finding['cause']): string => `business:${cause}`;

/** Without a mail: the next report shows it. */
async function resolve(tx: Transaction, { now }: AlertContext, findings: Finding[]): Promise<void> {
  const over = findings.filter(({ wrong }) => !wrong).map(({ cause }) => sourceOf(cause));
  await rowsOf(
    tx,
    sql`
      update cronhook.incidents set resolved_at = ${now().toISOString()}::timestamptz
      where resolved_at is null and source in (
        select json_array_elements_text(${JSON.stringify(over)}::json)
      )
    `,
  );
}

/** @returns false when it is open already */
async function open(tx: Transaction, context: AlertContext, finding: Finding): Promise<boolean> {
  const { now, messages } = context;
  const { cause, count, of, since } = finding;
  const id = uuidv7();
  const moment = sql`${now().toISOString()}::timestamptz`;
  const title = messages.statistics.alerts[cause].title;
  const [incident] = await rowsOf<{ id: string }>(
    tx,
    sql`
      insert into cronhook.incidents as known (id, source, severity, title, details, opened_at, last_seen_at)
      values (${id}::uuid, ${sourceOf(cause)}, 'important', ${title}, ${jsonb({ count, of, since })}, ${moment}, ${moment})
      on conflict (source) where resolved_at is null
      do update set last_seen_at = excluded.last_seen_at, details = excluded.details
      returning id
    `,
  );
  if (incident?.id !== id) return false;
  await tell(tx, context, finding, `${sourceOf(cause)}:${id}`);
  return true;
}

/** Without mail or address, only in the application. */
async function tell(
  tx: Transaction,
  context: AlertContext,
  finding: Finding,
  dedupeKey: string,
): Promise<void> {
  const { mail, administrator, vault, now } = context;
  const letter = businessAlertMail(finding, context);
  const about = { userId: null, kind: 'business_alert', severity: 'important', link: null } as const;
  await addNotifications(tx, [{ ...about, dedupeKey, title: letter.subject, body: letter.text.split('\n') }]);
  if (!mail || !administrator) return;
  const message = { task: NAME, dedupeKey, recipient: administrator, ...letter };
  await queueMessages(tx, [message], { sender: mail.sender, vault, now: now() });
}
