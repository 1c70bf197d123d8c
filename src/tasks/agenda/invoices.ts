import { type SQL, sql } from 'drizzle-orm';
import { localDay } from '../../calendar.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import { reachable } from '../../db/readers.js';
import { formatDay, formatMoney } from '../../messages/format.js';
import { webUrl } from '../../messages/layout-clean.js';
import { addNotifications } from '../../messages/notify.js';
import type { Round } from './round.js';
import { line } from './texts.js';
import { foresee, holdReader, SILENT_AFTER_DAYS, untold } from './untold.js';

const BATCH = 1_000;
const KIND = 'invoice_overdue';

/** An invoice past due, and an owner who does not know yet. */
interface Late {
  number: string;
  customer: string;
  cents: string;
  currency: string;
  dueAt: string;
  url: string | null;
  dedupeKey: string;
  userId: string;
}

/** Those past their day become `overdue`, and so their company's owners learn of it. */
export async function chaseInvoices(round: Round): Promise<void> {
  if (round.dryRun) return foreseeInvoices(round);
  let marked: number;
  do marked = await markSome(round);
  while (marked === BATCH);
  // Those that the application has marked itself, and owners who came later.
  let from: string | null = '-infinity';
  while (from !== null) from = await tellSome(round, from);
}

/** Marks some invoices, and tells of them before anybody sees them marked. */
const markSome = (round: Round): Promise<number> =>
  round.db.write(async (tx) => {
    const marked = await rowsOf<{ id: string }>(
      tx,
      sql`
        with past as (
          select document.id from cronhook.billing_documents document
          where ${pastDue(round)} and document.status = 'sent'
          order by document.due_at limit ${BATCH} for update skip locked
        )
        update cronhook.billing_documents document set status = 'overdue' from past where document.id = past.id
        returning document.id
      `,
    );
    const these = sql`document.id = any(${`{${marked.map(({ id }) => id)}}`}::text::uuid[])`;
    if (marked.length > 0) await tell(round, tx, sql`${lateInvoices(round)} and ${these} ${holdReader}`);
    round.tally.invoicesOverdue += marked.length;
    return marked.length;
  });

/** @returns the day to go on from, or null at the end */
async function tellSome(round: Round, from: string): Promise<string | null> {
  const late = await round.db.write((tx) =>
    tell(
      round,
      tx,
      sql`
        ${lateInvoices(round)} and document.status = 'overdue' and document.due_at >= ${from}::date
        order by document.due_at limit ${BATCH} ${holdReader}
      `,
    ),
  );
  return late.length < BATCH ? null : (late.at(-1)?.dueAt ?? null);
}

async function tell(round: Round, tx: Transaction, query: SQL): Promise<Late[]> {
  const late = await rowsOf<Late>(tx, query);
  const added = await addNotifications(
    tx,
    late.map((invoice) => noticeOf(round, invoice)),
  );
  // Not `+= await`: that adds to the sum of before.
  round.tally.notifications += added;
  return late;
}

function noticeOf({ messages, site }: Round, invoice: Late) {
  const { userId, dedupeKey, url } = invoice;
  const { untitled, invoiceOverdue } = messages.reminders;
  const text = invoiceOverdue({
    number: line(invoice.number, untitled),
    customer: line(invoice.customer, untitled),
    amount: formatMoney(invoice.cents, invoice.currency, site.locale),
    due: formatDay(invoice.dueAt, site.locale),
  });
  return {
    userId,
    kind: KIND,
    severity: 'important' as const,
    dedupeKey,
    link: webUrl(url) ? url : null,
    ...text,
  };
}

const today = ({ now, site }: Round): SQL => sql`${localDay(now, site.timeZone)}::date`;

/** Credit notes and invoices of nothing are never late: nobody has to pay them. */
const pastDue = (round: Round): SQL => sql`
  document.kind = 'invoice' and document.paid_at is null and document.total_cents > 0
    and document.due_at < ${today(round)}`;

const dueDay = sql`to_char(document.due_at, 'YYYY-MM-DD')`;
const key = sql`'invoice-overdue:' || document.id || ':' || ${dueDay} || ':' || reader.id`;

const lateInvoices = (round: Round): SQL => sql`
  select document.number, document.customer_name as customer, document.total_cents::text as cents, document.currency,
    ${dueDay} as "dueAt", document.url, ${key} as "dedupeKey", reader.id as "userId"
  from cronhook.billing_documents document
  join cronhook.users reader on reader.company_id = document.company_id and reader.role = 'owner'
  where ${pastDue(round)} and document.due_at >= ${today(round)} - ${sql.raw(`${SILENT_AFTER_DAYS}`)}
    and ${reachable} and ${untold(key)}
`;

async function foreseeInvoices(round: Round): Promise<void> {
  const sent = sql`${pastDue(round)} and document.status = 'sent'`;
  const past = await round.db.rows<{ id: string; total: number }>(sql`
    select document.id, count(*) over ()::int as total from cronhook.billing_documents document where ${sent} limit 500
  `);
  for (const { id } of past) round.would(`invoice:${id}`, { status: 'overdue' });
  const late = sql`${lateInvoices(round)} and document.status in ('sent', 'overdue')`;
  round.tally.invoicesOverdue += past[0]?.total ?? 0;
  const { total } = await foresee(round, KIND, late, sql`false`);
  round.tally.notifications += total;
}
