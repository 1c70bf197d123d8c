import { sql } from 'drizzle-orm';
import type { ExpungeEvent } from 'imapflow';
import { rowsOf } from '../../db/client.js';
import { AppError } from '../../errors.js';
import { fetchListed } from './fetch-readable.js';
import { flagsOf } from './flags.js';
import type { MailboxSync, OpenedFolder } from './model.js';

/** Mails compared or changed with one statement. */
const WINDOW = 2_000;
/** A server that tells of more changes than it has mails is not telling the truth. */
const MOST_REPEATED = 10_000;

type Flagged = { uid: number; flags: string[] };

/**
 * Brings flags and removals up to date: from the server's own record of changes where it keeps one, by comparing
 * UIDs and flags elsewhere.
 * @param complete false when new mail is still to be fetched: the folder then stays stale
 */
export async function applyChanges(
  sync: MailboxSync,
  folder: OpenedFolder,
  complete: boolean,
): Promise<void> {
  const { session } = sync;
  const { mailbox: selected } = session;
  // What changes from here on has a higher mod-sequence, and is for the next run.
  const modseq = selected && !selected.noModseq ? (selected.highestModseq ?? null) : null;
  const records = modseq !== null && session.enabled.has('CONDSTORE');
  const since = folder.highestModseq;
  // A record that starts again lower was lost, and knows nothing of what happened before.
  const trusted = records && since !== null && modseq >= since && folder.uidNext > folder.lastUid;
  if (!trusted) await compareAll(sync, folder);
  else if (modseq > since) await applyRecorded(sync, folder, since);
  const counted = folder.recount || !session.enabled.has('QRESYNC');
  if (trusted && counted && folder.backfillUid === null) {
    if ((await liveCount(sync, folder)) !== folder.exists) await compareAll(sync, folder);
  }
  if (complete)
    await settle(sync, folder, Math.max(folder.uidNext - 1, trusted ? folder.lastUid : 0), modseq);
}

/** CHANGEDSINCE, and with QRESYNC what VANISHED. */
async function applyRecorded(sync: MailboxSync, folder: OpenedFolder, since: bigint): Promise<void> {
  const { session } = sync;
  const first = folder.backfillUid ?? 1;
  if (folder.lastUid < first) return;
  const vanished: number[] = [];
  const onExpunge = (event: ExpungeEvent) => {
    if (event.path === folder.path && event.vanished && event.uid) vanished.push(event.uid);
  };
  session.on('expunge', onExpunge);
  let changed: Flagged[] = [];
  try {
    const query = { uid: true, flags: true };
    let answers = 0;
    for await (const message of session.fetch(`${first}:${folder.lastUid}`, query, {
      uid: true,
      changedSince: since,
    })) {
      answers += 1;
      if (answers > folder.exists + MOST_REPEATED) {
        session.close();
        throw new AppError('unprocessable', (t) => t.imap.server('UID FETCH …'));
      }
      changed.push({ uid: message.uid, flags: flagsOf(message) });
      if (changed.length >= WINDOW) {
        await updateFlags(sync, folder, changed);
        changed = [];
      }
    }
  } finally {
    session.off('expunge', onExpunge);
  }
  await updateFlags(sync, folder, changed);
  for (let start = 0; start < vanished.length; start += WINDOW) {
    await markDeleted(sync, folder, vanished.slice(start, start + WINDOW));
  }
}

/** Every known mail against the server's list, window by window, so that memory stays small. */
async function compareAll(sync: MailboxSync, folder: OpenedFolder): Promise<void> {
  const { context, session } = sync;
  let above = 0;
  for (;;) {
    context.signal.throwIfAborted();
    const known = await context.db.rows<{ uid: string; flags: string[] }>(sql`
      select uid, array_to_json(flags) as flags from cronhook.inbox_messages
      where folder_id = ${folder.id}::uuid and uid_validity = ${folder.uidValidity}::bigint
        and deleted_at is null and uid > ${above}::bigint
      order by uid limit ${WINDOW}
    `);
    if (known.length === 0) return;
    const uids = known.map((row) => Number(row.uid));
    const found = await fetchListed(session, uids, { uid: true, flags: true });
    const onServer = new Map(found.map((message) => [message.uid, flagsOf(message)]));
    const changed = known.flatMap(({ uid, flags }) => {
      const current = onServer.get(Number(uid));
      return current && current.join('\n') !== flags.join('\n') ? [{ uid: Number(uid), flags: current }] : [];
    });
    await updateFlags(sync, folder, changed);
    const gone = uids.filter((uid) => !onServer.has(uid));
    if (gone.length > 0) await markDeleted(sync, folder, gone);
    above = uids.at(-1) as number;
  }
}

async function updateFlags(sync: MailboxSync, folder: OpenedFolder, changed: Flagged[]): Promise<void> {
  if (changed.length === 0) return;
  const updated = await sync.write((tx) =>
    rowsOf(
      tx,
      sql`
        update cronhook.inbox_messages mail set flags = changed.flags
        from json_to_recordset(${JSON.stringify(changed)}::json) as changed (uid bigint, flags text[])
        where mail.folder_id = ${folder.id}::uuid and mail.uid_validity = ${folder.uidValidity}::bigint
          and mail.uid = changed.uid and mail.flags is distinct from changed.flags
        returning 1
      `,
    ),
  );
  sync.tally.flagsUpdated += updated.length;
  sync.show();
}

async function markDeleted(sync: MailboxSync, folder: OpenedFolder, uids: number[]): Promise<void> {
  const now = sync.context.now().toISOString();
  const deleted = await sync.write((tx) =>
    rowsOf(
      tx,
      sql`
        update cronhook.inbox_messages set deleted_at = ${now}::timestamptz
        where folder_id = ${folder.id}::uuid and uid_validity = ${folder.uidValidity}::bigint and deleted_at is null
          and uid = any (array(select json_array_elements_text(${JSON.stringify(uids)}::json)::bigint))
        returning 1
      `,
    ),
  );
  sync.tally.messagesDeleted += deleted.length;
  sync.show();
}

async function liveCount({ context }: MailboxSync, folder: OpenedFolder): Promise<number> {
  const [row] = await context.db.rows<{ live: string }>(sql`
    select count(*) as live from cronhook.inbox_messages where folder_id = ${folder.id}::uuid and deleted_at is null
  `);
  return Number(row?.live);
}

/** The folder is as the server had it when it was opened. */
async function settle(
  sync: MailboxSync,
  folder: OpenedFolder,
  lastUid: number,
  modseq: bigint | null,
): Promise<void> {
  if (lastUid === folder.lastUid && modseq === folder.highestModseq && !folder.recount) return;
  await sync.write((tx) =>
    tx.execute(sql`
      update cronhook.inbox_folders
      set last_uid = ${lastUid}::bigint, highest_modseq = ${modseq?.toString() ?? null}::bigint,
        last_synced_at = ${sync.context.now().toISOString()}::timestamptz
      where id = ${folder.id}::uuid
    `),
  );
}

/**
 * Ends a first sync. What still carries an older UIDVALIDITY was not found again: it is gone.
 * @returns how many mails were gone
 */
export async function deleteLeftovers(sync: MailboxSync, folder: OpenedFolder): Promise<number> {
  const now = sync.context.now().toISOString();
  return sync.write(async (tx) => {
    const deleted = await rowsOf(
      tx,
      sql`
        update cronhook.inbox_messages set deleted_at = ${now}::timestamptz
        where folder_id = ${folder.id}::uuid and uid_validity <> ${folder.uidValidity}::bigint and deleted_at is null
        returning 1
      `,
    );
    await tx.execute(sql`
      update cronhook.inbox_folders set backfill_uid = null, last_synced_at = ${now}::timestamptz
      where id = ${folder.id}::uuid
    `);
    return deleted.length;
  });
}
