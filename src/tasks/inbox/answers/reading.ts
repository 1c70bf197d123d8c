import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../../db/client.js';
import type { FetchedMessage, FolderState, MailboxSync } from '../model.js';

/** New mails of one folder, in the transaction that stores them. */
export interface Reading {
  tx: Transaction;
  sync: MailboxSync;
  folder: FolderState;
  mails: FetchedMessage[];
}

/** Leaves out what lay in another folder of the mailbox before: a mail answers once, wherever it is filed later. */
export async function withoutCopies(
  { tx, sync, folder }: Reading,
  mails: FetchedMessage[],
): Promise<FetchedMessage[]> {
  const ids = mails.flatMap((mail) => mail.headers.messageId ?? []);
  if (ids.length === 0) return mails;
  const uids = sql`array(select json_array_elements_text(${JSON.stringify(mails.map(({ uid }) => uid))}::json)::bigint)`;
  const known = await rowsOf<{ id: string }>(
    tx,
    sql`
      select distinct message_id as id from cronhook.inbox_messages
      where message_id = any (${texts(ids)}) and folder_id in ${sync.folderIds}
        and not (folder_id = ${folder.id}::uuid and uid_validity = ${folder.uidValidity}::bigint and uid = any (${uids}))
    `,
  );
  const copies = new Set(known.map(({ id }) => id));
  return mails.filter((mail) => mail.headers.messageId === null || !copies.has(mail.headers.messageId));
}

/** The driver sends no arrays by itself. */
export const texts = (values: Iterable<string>): SQL =>
  sql`array(select json_array_elements_text(${JSON.stringify([...values])}::json))`;
