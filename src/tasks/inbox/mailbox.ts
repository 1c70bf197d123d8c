import { sql } from 'drizzle-orm';
import { type ImapAccount, type ImapSession, imapError } from '../../clients/imap.js';
import { rowsOf } from '../../db/client.js';
import { AppError, describeError, isDatabaseUnavailable } from '../../errors.js';
import { RunStopped } from '../../run-stop.js';
import { applyChanges } from './changes.js';
import { accountOf } from './credentials.js';
import { reconcileFolders } from './folders.js';
import { backfill, fetchNew } from './messages.js';
import type { FolderState, Mailbox, MailboxSync, OpenedFolder, SyncContext } from './model.js';
import type { Tally } from './tally.js';

type Step = (sync: MailboxSync, folder: OpenedFolder) => Promise<void>;

/** The mailbox was removed while its sync was running. */
class MailboxGone extends Error {
  override readonly name = 'MailboxGone';
}

/**
 * Brings one mailbox up to date and records how it went.
 * @throws {AppError} when it failed; its next attempt is then put off
 */
export async function syncMailbox(
  mailbox: Mailbox,
  context: SyncContext,
  tally: Tally,
  show: () => void,
): Promise<void> {
  let session: ImapSession | undefined;
  let account: ImapAccount | undefined;
  let unwatch = () => {};
  try {
    const loggedIn = await logIn(mailbox, context);
    if (!loggedIn) return context.would(mailbox.email, { action: 'renew the OAuth token, then synchronise' });
    ({ session, account } = loggedIn);
    unwatch = closeWhenOverdue(session, context);
    const write = holding(mailbox, context);
    await syncFolders({ mailbox, session, context, tally, folderIds: [], write, show });
    if (!context.dryRun) await recordSuccess(mailbox, context);
  } catch (error) {
    if (error instanceof MailboxGone) return;
    if (context.signal.aborted || error instanceof RunStopped || isDatabaseUnavailable(error)) throw error;
    if (!isMailboxFailure(error)) throw error;
    const failure = account ? imapError(error, account) : (error as AppError);
    if (!context.dryRun) await recordFailure(mailbox, failure, context);
    throw failure;
  } finally {
    unwatch();
    await leave(session);
  }
}

/** @returns undefined in a dry run that would have to change an OAuth grant first */
async function logIn(
  mailbox: Mailbox,
  context: SyncContext,
): Promise<{ account: ImapAccount; session: ImapSession } | undefined> {
  const { imap, signal, dryRun } = context;
  const options = { ...context, now: context.now() };
  const stored = mailbox.secretEncrypted;
  const account = await accountOf(mailbox, { ...options, renew: dryRun ? 'never' : 'when due' });
  if (!account) return undefined;
  try {
    return { account, session: await imap.connect(account, signal) };
  } catch (error) {
    const refusedToken = error instanceof AppError && error.permanent && account.secret.kind === 'oauth2';
    // A token that is new already is not refused for its age.
    const isNew = mailbox.secretEncrypted !== stored;
    if (!refusedToken || isNew || dryRun) throw error;
    const renewed = await accountOf(mailbox, { ...options, renew: 'always' });
    return renewed && { account: renewed, session: await imap.connect(renewed, signal) };
  }
}

/** New mail and changes of every folder first, then the backfill of first syncs. */
async function syncFolders(sync: MailboxSync): Promise<void> {
  const folders = await reconcileFolders(sync);
  for (const folder of folders) if (folder.stale) await inFolder(sync, folder, update);
  for (const folder of folders) if (folder.backfillUid !== null) await inFolder(sync, folder, backfill);
}

const update: Step = async (sync, folder) => {
  const complete = await fetchNew(sync, folder);
  await applyChanges(sync, folder, complete);
};

/** A folder that cannot be opened does not stop the others. */
async function inFolder(sync: MailboxSync, folder: FolderState, step: Step): Promise<void> {
  const { session, context, mailbox } = sync;
  context.signal.throwIfAborted();
  let opened: OpenedFolder;
  try {
    const { uidValidity, uidNext, exists } = await session.mailboxOpen(folder.path, { readOnly: true });
    // Recreated a moment ago: the next run sees it with its new numbers.
    if (Number(uidValidity) !== folder.uidValidity) return;
    opened = { ...folder, uidNext: uidNext ?? folder.uidNext, exists };
  } catch (error) {
    const { responseStatus, responseText } = error as { responseStatus?: string; responseText?: string };
    if (responseStatus !== 'NO' || !session.usable) throw error;
    const reason = (responseText ?? 'NO').slice(0, 200);
    context.fail(mailbox.email, new AppError('unprocessable', (t) => t.imap.folder(folder.path, reason)));
    return;
  }
  await step(sync, opened);
}

const holding =
  (mailbox: Mailbox, { db }: SyncContext): MailboxSync['write'] =>
  (work) =>
    db.write(async (tx) => {
      const held = await rowsOf(
        tx,
        sql`select 1 from cronhook.inbox_integrations where id = ${mailbox.id}::uuid and enabled for share`,
      );
      if (held.length === 0) throw new MailboxGone('removed or disabled while its sync was running');
      return work(tx);
    });

/** Errors of the program and of the database are no fault of the mailbox: they must not put it off. */
function isMailboxFailure(error: unknown): boolean {
  if (error instanceof AppError) return true;
  if (!(error instanceof Error)) return false;
  const fromDatabase = 'query' in error || error.name === 'PostgresError';
  const fromProgram =
    error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return !fromDatabase && !fromProgram;
}

async function recordSuccess(mailbox: Mailbox, { db, now }: SyncContext): Promise<void> {
  await db.write((tx) =>
    tx.execute(sql`
      update cronhook.inbox_integrations
      set last_synced_at = ${now().toISOString()}::timestamptz, consecutive_failures = 0, next_attempt_at = null,
        last_error = null
      where id = ${mailbox.id}::uuid
    `),
  );
}

/** Counted only while the credentials are those that failed: somebody may have renewed them meanwhile. */
async function recordFailure(mailbox: Mailbox, failure: AppError, context: SyncContext): Promise<void> {
  const failures = mailbox.consecutiveFailures + 1;
  const next = new Date(context.now().getTime() + backOffMs(failures, failure.permanent));
  const words = describeError(failure, context.messages);
  await context.db.write((tx) =>
    tx.execute(sql`
      update cronhook.inbox_integrations
      set consecutive_failures = ${failures}, next_attempt_at = ${next.toISOString()}::timestamptz,
        last_error = ${words}
      where id = ${mailbox.id}::uuid and consecutive_failures = ${mailbox.consecutiveFailures}
        and secret_encrypted = ${mailbox.secretEncrypted}
    `),
  );
}

const MINUTE_MS = 60_000;

/** Providers lock accounts after a few wrong passwords; a host that is down may be back in a minute. */
export function backOffMs(failures: number, permanent: boolean): number {
  const [first, longest] = permanent ? [10 * MINUTE_MS, 12 * 60 * MINUTE_MS] : [MINUTE_MS, 60 * MINUTE_MS];
  return Math.min(first * 2 ** Math.min(failures - 1, 20), longest);
}

/** A server that trickles never falls silent: it must not keep the run until its limit, and make it fail. */
function closeWhenOverdue(session: ImapSession, { outOfTime, imap }: SyncContext): () => void {
  let overdueTicks: number | undefined;
  const look = () => {
    if (!outOfTime()) return;
    overdueTicks ??= performance.now();
    if (performance.now() - overdueTicks >= imap.overtimeMs) session.close();
  };
  const timer = setInterval(look, Math.min(imap.overtimeMs, 1_000));
  return () => clearInterval(timer);
}

const LOGOUT_TIMEOUT_MS = 2_000;

async function leave(session: ImapSession | undefined): Promise<void> {
  if (!session) return;
  const timer = setTimeout(() => session.close(), LOGOUT_TIMEOUT_MS);
  await session.logout().catch(() => session.close());
  clearTimeout(timer);
}
