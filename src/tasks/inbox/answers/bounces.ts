import { sql } from 'drizzle-orm';
import { rowsOf } from '../../../db/client.js';
import { storable } from '../../../db/json.js';
import { capText } from '../mime/clean-text.js';
import type { DeliveryReport, ReportedRecipient } from '../mime/delivery-report.js';
import type { FetchedMessage } from '../model.js';
import { type Reading, texts, withoutCopies } from './reading.js';

interface SentMessage {
  id: string;
  messageId: string;
  recipient: string;
  ephemeral: boolean;
}

/**
 * Marks the messages of ours that came back for good, and suppresses the addresses that we had sent them to.
 * @returns how many messages came back
 */
export async function recordBounces(reading: Reading): Promise<number> {
  const reports = reading.mails.filter((mail) => aboutId(mail) !== null && someHardFailure(mail.delivery));
  if (reports.length === 0) return 0;
  const sent = await sentMessages(reading, new Set(reports.flatMap((mail) => aboutId(mail) ?? [])));
  if (sent.length === 0) return 0;
  const known = new Set(sent.map(({ messageId }) => messageId));
  const ours = reports.filter((mail) => known.has(aboutId(mail) ?? ''));
  const bounced = new Map<string, string>();
  for (const mail of await withoutCopies(reading, ours)) {
    for (const message of sent) {
      const failure = message.messageId === aboutId(mail) && failureOf(message, mail.delivery);
      if (failure) bounced.set(message.id, reasonOf(failure, message));
    }
  }
  if (bounced.size > 0) await store(reading, bounced);
  return bounced.size;
}

/** Where the report does not quote the mail that it is about, it may still be an answer to it. */
function aboutId({ delivery, headers }: FetchedMessage): string | null {
  if (!delivery) return null;
  return delivery.originalId ?? headers.inReplyTo ?? headers.references.at(-1) ?? null;
}

const someHardFailure = (delivery: DeliveryReport | null): boolean =>
  delivery?.recipients.some(isHardFailure) ?? false;

const isHardFailure = ({ action, status }: ReportedRecipient): boolean =>
  action === 'failed' && (status === null || status.startsWith('5.'));

/** A Message-ID cannot be guessed: who knows it has seen the mail, so that its report is trusted. */
function sentMessages({ tx }: Reading, ids: Set<string>): Promise<SentMessage[]> {
  return rowsOf<SentMessage>(
    tx,
    sql`
      select id, message_id as "messageId", recipient, ephemeral from cronhook.outbox_messages
      where channel = 'email' and message_id = any (${texts(ids)})
    `,
  );
}

/**
 * Each message has one recipient. Where the report does not name it, it was forwarded or an alias: whatever is named
 * then stands for it. It came back when all of that has failed for good.
 */
function failureOf(message: SentMessage, delivery: DeliveryReport | null): ReportedRecipient | undefined {
  const all = delivery?.recipients ?? [];
  const named = (field: 'finalAddress' | 'originalAddress') =>
    all.filter((recipient) => recipient[field]?.toLowerCase() === message.recipient.toLowerCase());
  const concerned = [named('finalAddress'), named('originalAddress'), all].find((some) => some.length > 0);
  return concerned?.every(isHardFailure) ? concerned[0] : undefined;
}

const MAX_REASON_LENGTH = 300;

/** Of an ephemeral message nothing remains that tells whom it was for. */
function reasonOf({ status, diagnostic }: ReportedRecipient, { ephemeral }: SentMessage): string {
  const words = [status, ephemeral ? null : diagnostic].filter(Boolean).join(' ');
  return capText(`bounce: ${words || 'failed'}`, MAX_REASON_LENGTH);
}

/** What is suppressed is the recipient that we recorded, never one that a report claims. */
async function store({ tx }: Reading, bounced: Map<string, string>): Promise<void> {
  const rows = [...bounced].map(([id, reason]) => ({ id, reason }));
  await tx.execute(sql`
    with bounced as (
      select message.id, message.recipient, message.ephemeral, given.reason
      from json_to_recordset(${JSON.stringify(rows, storable)}::json) as given (id uuid, reason text)
      join cronhook.outbox_messages message on message.id = given.id
      order by message.id for update of message
    ), ended as (
      update cronhook.outbox_messages message
      set status = 'failed', claimed_by = null, last_error = bounced.reason,
        subject = case when message.ephemeral then null else message.subject end,
        text_body = case when message.ephemeral then '' else message.text_body end,
        html_body = case when message.ephemeral then null else message.html_body end,
        headers = case when message.ephemeral then '{}' else message.headers end,
        attachments = case when message.ephemeral then '[]' else message.attachments end
      from bounced where message.id = bounced.id and message.status in ('sent', 'sending')
    )
    insert into cronhook.suppressed_addresses (address, reason)
    select distinct on (lower(recipient)) lower(recipient), reason from bounced
    where recipient <> '' and not ephemeral order by lower(recipient), id
    on conflict do nothing
  `);
}
