import { type SQL, sql } from 'drizzle-orm';
import { chased, GONE, todayIn } from '../../db/billing.js';
import { anyOf } from '../../db/ids.js';
import { suppressedSql } from '../../db/suppressions.js';
import { documentFingerprint } from '../../messages/fingerprint.js';

/** A document whose next follow-up is due. */
export interface DueDocument {
  id: string;
  companyId: string;
  followupId: string;
  kind: 'invoice' | 'quote';
  number: string;
  customerName: string;
  customerEmail: string;
  totalCents: string;
  currency: string;
  issuedAt: string;
  dueAt: string | null;
  url: string | null;
  companyName: string;
  senderName: string | null;
  replyTo: string | null;
  stepsSent: number;
  steps: number;
  /** Since the due date of an invoice, or the day of a quote. */
  daysLate: number;
  /** Days after that at which the first step is due. */
  firstDelay: number;
  blocked: Blocked | null;
  /** The customer's address gets nothing. */
  suppressed: boolean;
  fingerprint: string;
}

/** Why a follow-up that is due is not sent now. */
export type Blocked = 'company' | 'followup' | 'closed' | 'weekend';

interface DueOptions {
  now: Date;
  timeZone: string;
  columns: SQL;
  /** Only these documents. */
  ids?: string[];
}

/**
 * The documents whose next step is due: the step's own delay has passed, and so have, since the last mail really went
 * out, the days that the settings put between the two.
 */
export function dueDocuments({ now, timeZone, columns, ids }: DueOptions): SQL {
  const today = todayIn(now, timeZone);
  return sql`
    select ${columns}
    from cronhook.billing_documents document
    join cronhook.companies company on company.id = document.company_id
    left join cronhook.billing_settings settings on settings.company_id = document.company_id
    left join cronhook.followups followup on followup.document_id = document.id
    left join cronhook.outbox_messages last
      on last.dedupe_key = 'followup:' || followup.id || ':' || followup.steps_sent
    cross join lateral (
      select coalesce(followup.steps_sent, 0) as sent,
        case document.kind when 'invoice' then document.due_at else document.issued_at end as since,
        (greatest(followup.last_sent_at, last.sent_at) at time zone ${timeZone})::date as last_day,
        array(
          select distinct days from unnest(
            case document.kind when 'invoice' then coalesce(settings.invoice_delays_days, '{3,10,20}')
              else coalesce(settings.quote_delays_days, '{3,7}') end
          ) as days where days between 0 and ${LONGEST_DELAY} order by days
        ) as delays
    ) as plan
    where ${ids ? sql`document.id = ${anyOf(ids)}` : sql`true`}
      and ${chased(today)} and followup.stopped_at is null and isfinite(since) and sent < cardinality(delays)
      and (last.status is null or last.status not in ('pending', 'sending', 'held'))
      and ${today} >= since + delays[sent + 1]
      and (sent = 0 or last_day is null or ${today} >= last_day + (delays[sent + 1] - delays[sent]))
    order by document.id
  `;
}

/** A longer delay means never. */
const LONGEST_DELAY = sql.raw('3650');

/** @param dayOff nobody works today: a weekend or a public holiday */
export const blockedColumn = (dayOff: boolean): SQL => sql`
  case when company.status in ${GONE} then 'closed'
    when not coalesce(settings.auto_followups_enabled, true) then 'company'
    when not coalesce(followup.auto_enabled, true) then 'followup'
    when ${dayOff}::boolean and coalesce(settings.skip_weekends, false) then 'weekend' end as blocked`;

export const documentColumns = (now: Date, timeZone: string, dayOff: boolean): SQL => sql`
  document.id, document.company_id as "companyId", followup.id as "followupId", document.kind, document.number,
  document.customer_name as "customerName", document.customer_email as "customerEmail",
  document.total_cents::text as "totalCents", document.currency, document.issued_at::text as "issuedAt",
  document.due_at::text as "dueAt", document.url, company.name as "companyName",
  settings.sender_name as "senderName", coalesce(settings.reply_to, company.email) as "replyTo",
  sent as "stepsSent", cardinality(delays) as steps, ${todayIn(now, timeZone)} - since as "daysLate",
  delays[1] as "firstDelay", ${blockedColumn(dayOff)},
  ${suppressedSql(sql`document.customer_email`)} as suppressed, ${documentFingerprint} as fingerprint`;
