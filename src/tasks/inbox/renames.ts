import { sql } from 'drizzle-orm';
import { parseHeaders } from './mime/headers.js';
import type { FolderRow, MailboxSync, ServerFolder } from './model.js';

const SAMPLE_SIZE = 5;

/**
 * Folders that have another name now. IMAP does not announce a rename, but UIDVALIDITY and UIDs stay: a new name
 * with an old UIDVALIDITY is a rename when the mails under the known UIDs are the known ones.
 */
export async function findRenames(
  sync: MailboxSync,
  onServer: ServerFolder[],
  known: FolderRow[],
): Promise<Map<ServerFolder, FolderRow>> {
  const renames = new Map<ServerFolder, FolderRow>();
  const current = new Map(onServer.map((folder) => [folder.path, folder]));
  const orphans = new Set(
    known.filter((row) => row.uidValidity !== 0 && current.get(row.path)?.uidValidity !== row.uidValidity),
  );
  const unchanged = new Set(known.filter((row) => !orphans.has(row)).map((row) => row.path));
  // A known name counts too: its folder may have left it to another, or swapped names with it.
  for (const folder of onServer) {
    if (unchanged.has(folder.path)) continue;
    for (const row of orphans) {
      if (row.uidValidity !== folder.uidValidity || row.lastUid >= folder.uidNext) continue;
      if (!(await holdsSameMails(sync, folder.path, row))) continue;
      renames.set(folder, row);
      orphans.delete(row);
      break;
    }
  }
  return renames;
}

async function holdsSameMails(
  { session, context }: MailboxSync,
  path: string,
  row: FolderRow,
): Promise<boolean> {
  const sample = await context.db.rows<{ uid: string; message_id: string }>(sql`
    select uid, message_id from cronhook.inbox_messages
    where folder_id = ${row.id}::uuid and uid_validity = ${row.uidValidity}::bigint
      and deleted_at is null and message_id is not null
    order by uid desc limit ${SAMPLE_SIZE}
  `);
  if (sample.length === 0) return false;
  try {
    await session.mailboxOpen(path, { readOnly: true });
  } catch (error) {
    // A folder that may not be read is reported when its turn comes.
    if ((error as { responseStatus?: string }).responseStatus !== 'NO' || !session.usable) throw error;
    return false;
  }
  const uids = sample.map(({ uid }) => uid).join(',');
  const found = await session.fetchAll(uids, { uid: true, headers: ['message-id'] }, { uid: true });
  const expected = new Map(sample.map(({ uid, message_id }) => [Number(uid), message_id]));
  const same = found.filter(
    ({ uid, headers }) => expected.get(uid) === parseHeaders(headers ?? Buffer.alloc(0)).messageId,
  );
  return same.length > 0 && same.length === found.filter(({ uid }) => expected.has(uid)).length;
}
