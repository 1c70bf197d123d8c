import { type SQL, sql } from 'drizzle-orm';
import { NIL } from 'uuid';
import { rowsOf, type Transaction } from '../../db/client.js';
import { storable } from '../../db/json.js';
import { type Answers, recordAnswers } from './answers/record-answers.js';
import type { FetchedMessage, FolderState, MailboxSync } from './model.js';
import { assignThreads } from './threads.js';

/** How far a folder has been read. */
export type Marker = { lastUid: number } | { backfillUid: number };

/** A mail as the statements below take it: the columns of `inbox_messages`. */
interface MessageRow {
  uid: number;
  message_id: string | null;
  in_reply_to: string | null;
  reference_ids: string[];
  auto_submitted: boolean;
  thread_id: string;
  from_address: string | null;
  from_name: string | null;
  to_addresses: string[];
  cc_addresses: string[];
  subject: string | null;
  sent_at: string | null;
  received_at: string;
  flags: string[];
  size_bytes: number;
  text_body: string | null;
  html_body: string | null;
  attachments: unknown[];
}

const TYPES: Record<keyof MessageRow, string> = {
  uid: 'bigint',
  message_id: 'text',
  in_reply_to: 'text',
  reference_ids: 'text[]',
  auto_submitted: 'boolean',
  thread_id: 'uuid',
  from_address: 'text',
  from_name: 'text',
  to_addresses: 'text[]',
  cc_addresses: 'text[]',
  subject: 'text',
  sent_at: 'timestamptz',
  received_at: 'timestamptz',
  flags: 'text[]',
  size_bytes: 'bigint',
  text_body: 'text',
  html_body: 'text',
  attachments: 'jsonb',
};

const columns = Object.keys(TYPES);
const TYPED_COLUMNS = sql.raw(
  Object.entries(TYPES)
    .map((column) => column.join(' '))
    .join(', '),
);
const COLUMNS = sql.raw(columns.join(', '));
/** What a mail found again under its number brings with it. */
const content = columns.filter((name) => name !== 'uid' && name !== 'thread_id');
const CONTENT = sql.raw(content.join(', '));
const NEW_CONTENT = sql.raw(content.map((name) => `excluded.${name}`).join(', '));

export interface Stored extends Answers {
  /** How many mails are new. */
  added: number;
}

/** Stores a chunk, what it answers and the folder's marker in one transaction: killed at any instant, nothing is lost or doubled. */
export async function storeMessages(
  sync: MailboxSync,
  folder: FolderState,
  messages: FetchedMessage[],
  marker: Marker,
): Promise<Stored> {
  const rows = messages.map(toRow);
  return sync.write(async (tx) => {
    const known = folder.backfillUid === null ? new Set<number>() : await adopt(tx, folder, rows);
    const fresh = rows.filter((row) => !known.has(row.uid));
    await assignThreads(tx, sync.folderIds, fresh);
    const inserted = fresh.length === 0 ? [] : await insert(tx, folder, fresh);
    const created = new Set(inserted.filter((row) => row.created).map((row) => Number(row.uid)));
    const mails = messages.filter((message) => created.has(message.uid));
    const answers = await recordAnswers({ tx, sync, folder, mails });
    await tx.execute(
      sql`update cronhook.inbox_folders set ${assignment(marker)} where id = ${folder.id}::uuid`,
    );
    return { added: inserted.length, ...answers };
  });
}

const assignment = (marker: Marker): SQL =>
  'lastUid' in marker
    ? sql`last_uid = ${marker.lastUid}::bigint`
    : sql`backfill_uid = ${marker.backfillUid}::bigint`;

/** A mail that is there already was marked deleted when its folder went; the folder came back with its numbers. */
async function insert(tx: Transaction, folder: FolderState, rows: MessageRow[]) {
  // A system column would tell as well, but a view of the application has none.
  return rowsOf<{ uid: string; created: boolean }>(
    tx,
    sql`
      with mail as materialized (
        select * from json_to_recordset(${json(rows)}) as mail (${TYPED_COLUMNS})
      ), before as materialized (
        select uid from cronhook.inbox_messages
        where folder_id = ${folder.id}::uuid and uid_validity = ${folder.uidValidity}::bigint
          and uid in (select uid from mail)
      ), stored as (
        insert into cronhook.inbox_messages as known (folder_id, uid_validity, ${COLUMNS})
        select ${folder.id}::uuid, ${folder.uidValidity}::bigint, ${COLUMNS} from mail
        on conflict (folder_id, uid_validity, uid) do update
        set (${CONTENT}, deleted_at) = row (${NEW_CONTENT}, null),
          thread_id = case when known.message_id is not distinct from excluded.message_id then known.thread_id else excluded.thread_id end
        where known.deleted_at is not null
        returning uid
      )
      select uid, uid not in (select uid from before) as created from stored
    `,
  );
}

/**
 * After a change of UIDVALIDITY: mails known by Message-ID, date and size get their new numbers and keep row, thread
 * and id. Twins are matched one to one.
 * @returns the UIDs that were known
 */
async function adopt(tx: Transaction, folder: FolderState, rows: MessageRow[]): Promise<Set<number>> {
  const identity = sql.raw(
    'message_id, coalesce(sent_at, received_at), size_bytes, case when message_id is null then subject end',
  );
  const adopted = await rowsOf<{ uid: string }>(
    tx,
    sql`
      with incoming as (
        select uid, flags, message_id, coalesce(sent_at, received_at) as dated, size_bytes,
          case when message_id is null then subject end as title,
          row_number() over (partition by ${identity} order by uid) as twin
        from json_to_recordset(${json(rows)}) as mail (${TYPED_COLUMNS})
        where not exists (
          select from cronhook.inbox_messages known where known.folder_id = ${folder.id}::uuid
            and known.uid_validity = ${folder.uidValidity}::bigint and known.uid = mail.uid
        )
      ), stored as (
        select id, message_id, coalesce(sent_at, received_at) as dated, size_bytes,
          case when message_id is null then subject end as title,
          row_number() over (partition by ${identity} order by deleted_at nulls first, uid) as twin
        from cronhook.inbox_messages
        where folder_id = ${folder.id}::uuid
          and (uid_validity < ${folder.uidValidity}::bigint or uid_validity > ${folder.uidValidity}::bigint)
          and (message_id = any (array(select message_id from incoming)) or message_id is null)
      )
      update cronhook.inbox_messages mail
      set uid_validity = ${folder.uidValidity}::bigint, uid = incoming.uid, flags = incoming.flags, deleted_at = null
      from incoming join stored on stored.message_id is not distinct from incoming.message_id
        and stored.dated = incoming.dated and stored.size_bytes = incoming.size_bytes
        and stored.title is not distinct from incoming.title and stored.twin = incoming.twin
      where mail.id = stored.id
      returning mail.uid
    `,
  );
  return new Set(adopted.map((row) => Number(row.uid)));
}

const json = (rows: MessageRow[]): SQL => sql`${JSON.stringify(rows, storable)}::json`;

function toRow(message: FetchedMessage): MessageRow {
  const { headers } = message;
  const references = new Set(headers.references);
  if (headers.inReplyTo) references.add(headers.inReplyTo);
  return {
    uid: message.uid,
    message_id: headers.messageId,
    in_reply_to: headers.inReplyTo,
    reference_ids: [...references],
    auto_submitted: headers.autoSubmitted,
    thread_id: NIL,
    from_address: headers.from?.address ?? null,
    from_name: headers.from?.name ?? null,
    to_addresses: headers.to,
    cc_addresses: headers.cc,
    subject: headers.subject,
    sent_at: headers.sentAt?.toISOString() ?? null,
    received_at: message.receivedAt.toISOString(),
    flags: message.flags,
    size_bytes: message.sizeBytes,
    text_body: message.text,
    html_body: message.html,
    attachments: message.attachments,
  };
}
