import type { ImapSession } from '../../clients/imap.js';
import type { Transaction } from '../../db/client.js';
import type { Capabilities, RunContext } from '../define.js';
import type { MailboxAccess } from './credentials.js';
import type { AttachmentInfo, TextPart } from './mime/body-structure.js';
import type { DeliveryReport } from './mime/delivery-report.js';
import type { MailHeaders } from './mime/headers.js';
import type { ReportParts } from './mime/report-parts.js';
import type { Tally } from './tally.js';

/** A mailbox as the sync works on it. */
export interface Mailbox extends MailboxAccess {
  email: string;
  consecutiveFailures: number;
  nextAttemptAt: string | null;
  lastError: string | null;
}

export type SyncContext = RunContext<unknown> & Pick<Capabilities, 'db' | 'imap' | 'vault'>;

/** One mailbox's sync: its session, and where its results go. */
export interface MailboxSync {
  mailbox: Mailbox;
  session: ImapSession;
  context: SyncContext;
  tally: Tally;
  /** Every folder of this mailbox, once they are known: threads do not reach beyond it. */
  folderIds: string[];
  /** A fenced write that also holds the mailbox, so that it cannot be removed in between. */
  write<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  show(): void;
}

/** A folder as the server had it when it was opened; the session's own copy moves on with every answer. */
export interface OpenedFolder extends FolderState {
  exists: number;
}

/** Where the sync of a folder stands. UIDVALIDITY 0: the folder is gone from the server. */
export interface FolderRow {
  id: string;
  path: string;
  uidValidity: number;
  lastUid: number;
  /** What lies below is still to be fetched; null when the first sync is over. */
  backfillUid: number | null;
  highestModseq: bigint | null;
  /** When something was last found or checked here. */
  lastSyncedAt: Date | null;
}

export interface FolderState extends FolderRow {
  specialUse: string | null;
  uidNext: number;
  /** The server has, or may have, something that we have not. */
  stale: boolean;
  /** The mails are to be counted, whatever the server says of changes. */
  recount: boolean;
}

export interface ServerFolder {
  path: string;
  specialUse: string | null;
  uidValidity: number;
  uidNext: number;
  messages: number;
  highestModseq: bigint | null;
}

export interface FetchedMessage {
  uid: number;
  flags: string[];
  receivedAt: Date;
  sizeBytes: number;
  headers: MailHeaders;
  text: string | null;
  html: string | null;
  attachments: AttachmentInfo[];
  /** A program wrote it about another mail: a bounce, a receipt. */
  isReport: boolean;
  /** What it says of the delivery of another mail. */
  delivery: DeliveryReport | null;
}

export type TextedMessage = Omit<FetchedMessage, 'delivery'>;

/** A mail whose texts are still on the server. */
export interface MessageHead extends Omit<TextedMessage, 'text' | 'html'> {
  texts: TextPart[];
  report: ReportParts | null;
  /** The server sees no part in a mail that should have some: its text is taken as it stands. */
  broken: boolean;
}
