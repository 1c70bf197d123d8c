import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { MailAttachment, Sender } from '../clients/mail.js';
import type { Vault } from '../clients/vault.js';
import { rowsOf, type Transaction } from '../db/client.js';
import { storable } from '../db/json.js';
import type { Channel } from '../db/schema/messages.js';
import { plainLine } from './layout-clean.js';

export interface NewMessage {
  /** The task that delivers it after its own work; `outbox` delivers what is left. */
  task: string;
  channel?: Channel;
  /** Names the cause, and so makes the message unique: `followup:<id>:2`. */
  dedupeKey: string;
  /** One address, or one number in E.164. */
  recipient: string;
  /** Empty for an SMS. */
  subject: string;
  text: string;
  html?: string;
  /** Images that the HTML shows (`cid:`), and files. */
  attachments?: MailAttachment[];
  /** How the sender is called, where that is not the service itself. */
  fromName?: string | undefined;
  replyTo?: string | undefined;
  /** Message-IDs, in brackets. */
  references?: string[];
  /** For mails that are not about a debt. */
  unsubscribeUrl?: string | undefined;
  /** What it says of its cause, in short: once that has changed it must not go out. */
  fingerprint?: string | undefined;
  /** Marketing SMS keep the hours of the law. */
  marketing?: boolean;
  /** Stored encrypted, blanked once it has ended: passwords, farewells. */
  ephemeral?: boolean;
}

export interface QueueTools {
  /** Whose domain the Message-IDs carry. */
  sender: Pick<Sender, 'address'> | undefined;
  /** Needed for ephemeral messages. */
  vault?: Vault | undefined;
  now: Date;
}

/** The task that alerts are delivered under. */
export const ALERTS = 'alerts';

/** Kept with the headers, but never sent. */
export const SENDER_NAME = 'X-Cronhook-Sender-Name';
export const MARKETING = 'X-Cronhook-Marketing';
export const FINGERPRINT = 'X-Cronhook-Fingerprint';

const LONGEST_NAME = 120;

/** What an ephemeral message holds, as it is encrypted. */
export interface Envelope {
  recipient: string;
  subject: string;
  text: string;
  html: string | null;
}

export const sealedIn = (id: string): string => `outbox_messages:${id}:text_body`;

export const domainOf = (address: string): string =>
  address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/**
 * Queues messages in the transaction of their cause; one that is queued already stays as it is.
 * @returns how many are new
 */
export async function queueMessages(
  tx: Transaction,
  messages: NewMessage[],
  tools: QueueTools,
): Promise<number> {
  if (messages.length === 0) return 0;
  const rows = messages.map((message) => toRow(message, tools));
  const queued = await rowsOf(
    tx,
    sql`
      insert into cronhook.outbox_messages
        (id, task, channel, dedupe_key, recipient, subject, text_body, html_body, headers, attachments, message_id,
          ephemeral, next_attempt_at)
      select id, task, channel, dedupe_key, recipient, subject, text_body, html_body, headers, attachments, message_id,
        ephemeral, ${tools.now.toISOString()}::timestamptz
      from json_to_recordset(${JSON.stringify(rows, storable)}::json) as message (id uuid, task text, channel text,
        dedupe_key text, recipient text, subject text, text_body text, html_body text, headers jsonb, attachments jsonb,
        message_id text, ephemeral boolean)
      on conflict (dedupe_key) do nothing
      returning 1
    `,
  );
  return queued.length;
}

function toRow(message: NewMessage, { sender, vault }: QueueTools) {
  const id = uuidv7();
  const content: Envelope = {
    recipient: message.recipient.trim(),
    subject: message.subject,
    text: message.text,
    html: message.html ?? null,
  };
  return {
    id,
    task: message.task,
    channel: message.channel ?? 'email',
    dedupe_key: message.dedupeKey,
    ...(message.ephemeral ? sealed(id, content, vault) : columns(content)),
    headers: headersOf(message),
    attachments: message.attachments ?? [],
    message_id: `<${id}@${domainOf(sender?.address ?? 'cronhook')}>`,
    ephemeral: message.ephemeral ?? false,
  };
}

const columns = ({ recipient, subject, text, html }: Envelope) => ({
  recipient,
  subject: subject || null,
  text_body: text,
  html_body: html,
});

function sealed(id: string, content: Envelope, vault: Vault | undefined) {
  if (!vault) throw new Error('an ephemeral message needs ENCRYPTION_KEY');
  const text = vault.encrypt(JSON.stringify(content), sealedIn(id));
  return columns({ recipient: '', subject: '', text, html: null });
}

function headersOf(message: NewMessage): Record<string, string> {
  const { replyTo, references = [], unsubscribeUrl, marketing, fingerprint } = message;
  const fromName = plainLine(message.fromName ?? '', LONGEST_NAME);
  return {
    ...(fromName && { [SENDER_NAME]: fromName }),
    ...(replyTo && { 'Reply-To': replyTo }),
    ...(references.length > 0 && { References: references.join(' ') }),
    ...(unsubscribeUrl && {
      'List-Unsubscribe': `<${unsubscribeUrl}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    }),
    ...(marketing && { [MARKETING]: 'yes' }),
    ...(fingerprint && { [FINGERPRINT]: fingerprint }),
  };
}
