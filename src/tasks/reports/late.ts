import { sql } from 'drizzle-orm';
import type { Severity } from '../../db/schema/messages.js';
import { MARKETING } from '../../messages/queue.js';
import type { Capabilities } from '../define.js';

type Db = Capabilities['db'];

interface OpenIncident {
  severity: Severity;
  title: string;
  message: string | null;
  openedAt: string;
  /** How many are open in all. */
  total: number;
}

/** The gravest, of these the newest; a moment that is none (`infinity`) comes last. */
export const openIncidents = (db: Db, limit: number): Promise<OpenIncident[]> =>
  db.rows(sql`
    select severity, left(title, 1000) as title, left(details->>'message', 1000) as message,
      opened_at as "openedAt", (count(*) over ())::int as total
    from cronhook.incidents where resolved_at is null
    order by array_position('{critical,important,info}', severity), isfinite(opened_at) desc, opened_at desc, id
    limit ${limit}
  `);

/** The tasks that have an open incident. */
export async function openTaskIncidents(db: Db): Promise<Set<string>> {
  const rows = await db.rows<{ task: string }>(sql`
    select substr(source, length('task:') + 1) as task from cronhook.incidents
    where resolved_at is null and source like 'task:%'
  `);
  return new Set(rows.map(({ task }) => task));
}

interface LateMails {
  /** Since the last report, as far as the row tells. */
  refused: number;
  /** Due for an hour, or tried four times: a mail that only waits for its hour is not late. */
  waiting: number;
  held: number;
}

export async function lateMails(db: Db, { since, now }: { since: Date; now: Date }): Promise<LateMails> {
  const [found] = await db.rows<LateMails>(sql`
    select
      (count(*) filter (where status = 'failed' and next_attempt_at >= ${since.toISOString()}::timestamptz))::int as refused,
      (count(*) filter (where status = 'pending' and (attempts >= 4
        or next_attempt_at < ${now.toISOString()}::timestamptz - interval '1 hour'
        -- Where the provider is away, each attempt moves on when it is due.
        or next_attempt_at <= ${now.toISOString()}::timestamptz and not headers ? ${MARKETING}
          and created_at < ${now.toISOString()}::timestamptz - interval '1 hour')))::int as waiting,
      (count(*) filter (where status = 'held'))::int as held
    from cronhook.outbox_messages where status in ('failed', 'pending', 'held')
  `);
  return found ?? { refused: 0, waiting: 0, held: 0 };
}

interface LateCustomers {
  /** Opened more than a day and less than a quarter ago, without an answer. */
  tickets: number;
  oldest: string | null;
  /** Subscriptions whose payment is late. */
  pastDue: number;
  /** Trials that end within three days. */
  trials: number;
}

export async function lateCustomers(db: Db, now: Date): Promise<LateCustomers> {
  const moment = sql`${now.toISOString()}::timestamptz`;
  const [found] = await db.rows<LateCustomers>(sql`
    select ticket.tickets, ticket.oldest, (
      select count(*)::int from cronhook.subscriptions where status = 'past_due' and cancelled_at is null
    ) as "pastDue", (
      select count(*)::int from cronhook.companies
      where status = 'trial' and trial_ends_at >= ${moment} and trial_ends_at < ${moment} + interval '3 days'
    ) as trials
    from (
      select count(*)::int as tickets, min(opened_at) as oldest from cronhook.support_tickets
      where opened_at < ${moment} - interval '1 day' and opened_at > ${moment} - interval '90 days'
        and first_response_at is null and resolved_at is null
    ) as ticket
  `);
  return found ?? { tickets: 0, oldest: null, pastDue: 0, trials: 0 };
}
