import { AppError } from '../../errors.js';
import { deleteLeftovers } from './changes.js';
import { fetchMessages } from './fetch-messages.js';
import type { FetchedMessage, MailboxSync, OpenedFolder } from './model.js';
import { type Marker, storeMessages } from './store-messages.js';
import { searchUids } from './uids.js';

/**
 * Fetches what arrived since the last run, oldest first, so that the marker only ever rises.
 * @returns false when time ran out before the end
 */
export async function fetchNew(sync: MailboxSync, folder: OpenedFolder): Promise<boolean> {
  if (folder.uidNext - 1 <= folder.lastUid) return true;
  // "n:*" means the last mail at least, even if its UID is lower.
  const found = await searchUids(sync.session, `${folder.lastUid + 1}:*`);
  const uids = found.filter((uid) => uid > folder.lastUid);
  return fetchAndStore(sync, folder, uids, (uid) => {
    folder.lastUid = uid;
    return { lastUid: uid };
  });
}

/** Goes on with a first sync, from the newest mail that is missing down to the oldest. */
export async function backfill(sync: MailboxSync, folder: OpenedFolder): Promise<void> {
  const top = (folder.backfillUid ?? 1) - 1;
  const found = top > 0 ? await searchUids(sync.session, `1:${top}`) : [];
  const newestFirst = found.filter((uid) => uid <= top).reverse();
  const finished = await fetchAndStore(sync, folder, newestFirst, (uid) => ({ backfillUid: uid }));
  if (!finished) return;
  const deleted = await deleteLeftovers(sync, folder);
  sync.tally.messagesDeleted += deleted;
}

/** Stores one chunk while the next one is being fetched; each commits together with the folder's marker. */
async function fetchAndStore(
  sync: MailboxSync,
  folder: OpenedFolder,
  uids: number[],
  markerAfter: (uid: number) => Marker,
): Promise<boolean> {
  const { session, context, mailbox, tally } = sync;
  const onUnreadable = (uid: number) =>
    context.fail(mailbox.email, new AppError('unprocessable', (t) => t.imap.unreadable(uid)));
  const { signal, outOfTime } = context;
  let last: number | undefined;
  for await (const chunk of ahead(fetchMessages(session, uids, { signal, outOfTime, onUnreadable }))) {
    signal.throwIfAborted();
    last = (chunk.at(-1) as FetchedMessage).uid;
    // Not `+= await`: that adds to the sum of before, and mailboxes are synced side by side.
    const stored = await storeMessages(sync, folder, chunk, markerAfter(last));
    tally.messagesAdded += stored.added;
    tally.replies += stored.replies;
    tally.bounces += stored.bounces;
    sync.show();
  }
  signal.throwIfAborted();
  if (!outOfTime()) return true;
  const left = last === undefined ? uids.length : uids.length - uids.indexOf(last) - 1;
  tally.remaining += left;
  return left === 0;
}

/** Asks for the next value while the last one is worked on. */
async function* ahead<Value>(source: AsyncGenerator<Value>): AsyncGenerator<Value> {
  let next = source.next();
  for (;;) {
    const { done, value } = await next;
    if (done) return;
    next = source.next();
    // Awaited in the next round; should the consumer stop before, nobody awaits it.
    next.catch(() => {});
    yield value;
  }
}
