import { sql } from 'drizzle-orm';
import type { StatusObject } from 'imapflow';
import { rowsOf, type Transaction } from '../../db/client.js';
import { AppError } from '../../errors.js';
import { foldersToSync } from './folder-kinds.js';
import { cleanText } from './mime/clean-text.js';
import type { FolderRow, FolderState, MailboxSync, ServerFolder } from './model.js';
import { findRenames } from './renames.js';

/** Compares the server's folders with ours, and records which are new, renamed, recreated or gone. */
export async function reconcileFolders(sync: MailboxSync): Promise<FolderState[]> {
  const { context, tally, mailbox } = sync;
  const { folders: onServer, unreadable } = await listFolders(sync);
  const known = await knownFolders(sync);
  tally.foldersScanned += onServer.length;
  if (context.dryRun) {
    announce(sync, onServer, known);
    return [];
  }
  const renames = await findRenames(sync, onServer, known);
  for (const [folder, row] of renames) row.path = folder.path;
  const renamed = [...renames.values()];
  const taken = new Set(renamed.map((row) => row.path));
  // A folder that is gone leaves its name to the one that has it now.
  const displaced = known.filter((row) => taken.has(row.path) && !renamed.includes(row));
  for (const row of displaced) row.path = `${row.path} (${row.id})`;
  const byPath = new Map(known.map((row) => [row.path, row]));
  const fresh = onServer.filter((folder) => !byPath.has(folder.path));
  const recreated = onServer.filter((folder) => {
    const row = byPath.get(folder.path);
    return row && row.uidValidity !== folder.uidValidity;
  });
  const present = new Set([...onServer.map((folder) => folder.path), ...unreadable]);
  const gone = known.filter((row) => !present.has(row.path) && row.uidValidity !== 0);

  if (renames.size + fresh.length + recreated.length + gone.length > 0) {
    await sync.write(async (tx) => {
      await rename(tx, [...renamed, ...displaced]);
      for (const folder of fresh) byPath.set(folder.path, await create(tx, mailbox.id, folder));
      for (const folder of recreated) await restart(tx, byPath.get(folder.path) as FolderRow, folder);
      const deleted = await forget(tx, gone, context.now());
      tally.messagesDeleted += deleted;
    });
  }
  sync.folderIds.push(...[...byPath.values()].map((row) => row.id));
  const live = sync.session.enabled.has('QRESYNC') ? undefined : await liveCounts(sync, [...byPath.values()]);
  return onServer.map((folder) => {
    const row = byPath.get(folder.path) as FolderRow;
    const recount = isDueForCount(row, context.now());
    const stale = recount || isStale(row, folder, live && (live.get(row.id) ?? 0));
    return { ...row, specialUse: folder.specialUse, uidNext: folder.uidNext, stale, recount };
  });
}

/** What an index of PostgreSQL can hold, with room to spare. */
const LONGEST_PATH_BYTES = 2_000;

/** `unreadable` are those whose state the server does not tell: they are neither synchronised nor gone. */
async function listFolders({
  session,
  context,
  mailbox,
}: MailboxSync): Promise<{ folders: ServerFolder[]; unreadable: string[] }> {
  const statusQuery = { messages: true, uidNext: true, uidValidity: true, highestModseq: true };
  const folders: ServerFolder[] = [];
  const unreadable: string[] = [];
  const listed = await session.list({ statusQuery });
  // INBOX always exists: a server that lists nothing has a fault, and its folders are not gone.
  if (listed.length === 0) throw new AppError('unprocessable', (t) => t.imap.server('LIST'));
  for (const folder of foldersToSync(listed)) {
    const status: Partial<StatusObject> = folder.status ?? {};
    // A name that cannot be stored would be another one when it is read back.
    const nameable =
      cleanText(folder.path) === folder.path && Buffer.byteLength(folder.path) <= LONGEST_PATH_BYTES;
    if (!nameable || status.uidValidity === undefined || status.uidNext === undefined) {
      const reason = nameable ? 'STATUS' : 'NAME';
      context.fail(mailbox.email, new AppError('unprocessable', (t) => t.imap.folder(folder.path, reason)));
      unreadable.push(folder.path);
      continue;
    }
    folders.push({
      path: folder.path,
      specialUse: folder.specialUse === '\\Inbox' ? null : (folder.specialUse ?? null),
      uidValidity: Number(status.uidValidity),
      uidNext: status.uidNext,
      messages: status.messages ?? 0,
      highestModseq: status.highestModseq ? BigInt(status.highestModseq) : null,
    });
  }
  return { folders, unreadable };
}

async function knownFolders({ mailbox, context }: MailboxSync): Promise<FolderRow[]> {
  const rows = await context.db.rows<Record<keyof FolderRow, string | null>>(sql`
    select id, path, uid_validity as "uidValidity", last_uid as "lastUid", backfill_uid as "backfillUid",
      highest_modseq as "highestModseq", last_synced_at as "lastSyncedAt"
    from cronhook.inbox_folders where integration_id = ${mailbox.id}::uuid
  `);
  return rows.map((row) => ({
    id: row.id ?? '',
    path: row.path ?? '',
    uidValidity: Number(row.uidValidity),
    lastUid: Number(row.lastUid),
    backfillUid: row.backfillUid === null ? null : Number(row.backfillUid),
    highestModseq: row.highestModseq === null ? null : BigInt(row.highestModseq),
    lastSyncedAt: row.lastSyncedAt === null ? null : new Date(row.lastSyncedAt),
  }));
}

/**
 * An equal HIGHESTMODSEQ settles it where the server counts removals in it (QRESYNC); elsewhere the number of
 * mails must agree too, and without mod-sequences nothing short of a comparison shows changed flags.
 */
function isStale(row: FolderRow, folder: ServerFolder, live: number | undefined): boolean {
  if (row.lastUid !== folder.uidNext - 1) return true;
  if (folder.highestModseq === null || row.highestModseq !== folder.highestModseq) return true;
  return live !== undefined && row.backfillUid === null && live !== folder.messages;
}

const RECOUNT_AFTER_MS = 24 * 60 * 60_000;

/** A server that lost its record of changes starts it anew, perhaps at the very number that we know. */
const isDueForCount = ({ lastSyncedAt, backfillUid }: FolderRow, now: Date): boolean =>
  backfillUid === null && lastSyncedAt !== null && now.getTime() - lastSyncedAt.getTime() > RECOUNT_AFTER_MS;

async function liveCounts({ context }: MailboxSync, rows: FolderRow[]): Promise<Map<string, number>> {
  if (rows.length === 0) return new Map();
  const counts = await context.db.rows<{ id: string; live: string }>(sql`
    select folder_id as id, count(*) as live from cronhook.inbox_messages
    where folder_id in ${rows.map((row) => row.id)} and deleted_at is null group by folder_id
  `);
  return new Map(counts.map(({ id, live }) => [id, Number(live)]));
}

/** In a dry run: what a real one would fetch. */
function announce({ mailbox, context }: MailboxSync, onServer: ServerFolder[], known: FolderRow[]): void {
  for (const folder of onServer) {
    const row = known.find(
      ({ path, uidValidity }) => path === folder.path && uidValidity === folder.uidValidity,
    );
    const newMessages = row ? Math.max(0, folder.uidNext - 1 - row.lastUid) : folder.messages;
    if (newMessages > 0) context.would(mailbox.email, { folder: folder.path, newMessages });
  }
}

/** A first sync starts above everything, and goes down from there. */
const startOf = (folder: ServerFolder) => sql`
  uid_validity = ${folder.uidValidity}::bigint, last_uid = ${folder.uidNext - 1}::bigint,
  backfill_uid = ${folder.uidNext}::bigint, highest_modseq = ${folder.highestModseq?.toString() ?? null}::bigint`;

const started = (folder: ServerFolder) => ({
  uidValidity: folder.uidValidity,
  lastUid: folder.uidNext - 1,
  backfillUid: folder.uidNext,
  highestModseq: folder.highestModseq,
  lastSyncedAt: null,
});

async function create(tx: Transaction, mailboxId: string, folder: ServerFolder): Promise<FolderRow> {
  const [row] = await rowsOf<{ id: string }>(
    tx,
    sql`
      insert into cronhook.inbox_folders (integration_id, path, special_use, uid_validity)
      values (${mailboxId}::uuid, ${folder.path}, ${folder.specialUse}, ${folder.uidValidity}::bigint) returning id
    `,
  );
  const id = row?.id ?? '';
  await tx.execute(sql`update cronhook.inbox_folders set ${startOf(folder)} where id = ${id}::uuid`);
  return { id, path: folder.path, ...started(folder) };
}

/** Other UIDVALIDITY: every UID has a new meaning. The mails are kept until the new numbers have been seen. */
async function restart(tx: Transaction, row: FolderRow, folder: ServerFolder): Promise<void> {
  await tx.execute(sql`update cronhook.inbox_folders set ${startOf(folder)} where id = ${row.id}::uuid`);
  Object.assign(row, started(folder));
}

/** By way of names that no folder has, since two folders may have swapped theirs. */
async function rename(tx: Transaction, rows: FolderRow[]): Promise<void> {
  for (const row of rows)
    await tx.execute(sql`update cronhook.inbox_folders set path = id::text where id = ${row.id}::uuid`);
  for (const row of rows)
    await tx.execute(sql`update cronhook.inbox_folders set path = ${row.path} where id = ${row.id}::uuid`);
}

/** @returns how many mails went with the folders */
async function forget(tx: Transaction, rows: FolderRow[], now: Date): Promise<number> {
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.id);
  const deleted = await rowsOf(
    tx,
    sql`
      update cronhook.inbox_messages set deleted_at = ${now.toISOString()}::timestamptz
      where folder_id in ${ids} and deleted_at is null returning 1
    `,
  );
  await tx.execute(sql`
    update cronhook.inbox_folders set uid_validity = 0, last_uid = 0, backfill_uid = null, highest_modseq = null
    where id in ${ids}
  `);
  return deleted.length;
}
