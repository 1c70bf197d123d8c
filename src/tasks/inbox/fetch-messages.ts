import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import type { ImapSession } from '../../clients/imap.js';
import { fetchTexts, LONGEST_TEXT_BYTES } from './fetch-texts.js';
import { type AttachmentInfo, planParts, type TextPart } from './mime/body-structure.js';
import { HEADER_FIELDS, type MailHeaders, parseHeaders } from './mime/headers.js';
import { uidSet } from './uids.js';

export interface FetchedMessage {
  uid: number;
  flags: string[];
  receivedAt: Date;
  sizeBytes: number;
  headers: MailHeaders;
  text: string | null;
  html: string | null;
  attachments: AttachmentInfo[];
}

/** A mail whose texts are still on the server. */
export interface MessageHead extends Omit<FetchedMessage, 'text' | 'html'> {
  texts: TextPart[];
  /** The server sees no part in a mail that should have some: its text is taken as it stands. */
  broken: boolean;
}

interface Fetching {
  signal: AbortSignal;
  outOfTime(): boolean;
  /** The server cannot describe this mail: only its headers were read. */
  onUnreadable(uid: number): void;
}

/** Mails whose headers are asked for at once. */
const BATCH_SIZE = 500;
/** A chunk is stored in one transaction: neither memory nor the lease wait for more than this. */
const CHUNK_MESSAGES = 250;
const CHUNK_BYTES = 8 * 1024 * 1024;

const STRUCTURE: FetchQueryObject = { bodyStructure: true };
const HEAD: FetchQueryObject = {
  uid: true,
  flags: true,
  internalDate: true,
  size: true,
  headers: HEADER_FIELDS,
};

/**
 * Yields the mails in the order of `uids`, in chunks of bounded size: structure and headers of many at a time, then
 * their text parts only. It ends early when time runs out.
 */
export async function* fetchMessages(
  session: ImapSession,
  uids: number[],
  fetching: Fetching,
): AsyncGenerator<FetchedMessage[]> {
  for (let start = 0; start < uids.length; start += BATCH_SIZE) {
    fetching.signal.throwIfAborted();
    if (fetching.outOfTime()) return;
    const heads = await fetchHeads(session, uids.slice(start, start + BATCH_SIZE), fetching);
    for (const chunk of chunks(heads)) {
      yield await fetchTexts(session, chunk);
      if (fetching.outOfTime()) return;
    }
  }
}

/** Mails that have gone since the search are left out. */
async function fetchHeads(session: ImapSession, uids: number[], fetching: Fetching): Promise<MessageHead[]> {
  const found = new Map<number, MessageHead>();
  for (const message of await fetchAll(session, uids, { ...HEAD, ...STRUCTURE })) {
    found.set(message.uid, toHead(message));
  }
  const missing = uids.filter((uid) => !found.has(uid));
  if (missing.length > 0) {
    // Either they have gone, or their structure is beyond the server or the parser.
    for (const message of await fetchAll(session, missing, HEAD)) {
      fetching.onUnreadable(message.uid);
      found.set(message.uid, toHead(message));
    }
  }
  return uids.flatMap((uid) => found.get(uid) ?? []);
}

/** One command; where the server refuses it for a single bad mail, the half that holds the mail is left out. */
async function fetchAll(
  session: ImapSession,
  uids: number[],
  query: FetchQueryObject,
): Promise<FetchMessageObject[]> {
  if (uids.length === 0) return [];
  try {
    return (await session.fetchAll(uidSet(uids), query, { uid: true })).filter((message) => message.uid);
  } catch (error) {
    const refused = (error as { responseStatus?: string }).responseStatus !== undefined;
    if (!refused || !session.usable) throw error;
    if (uids.length === 1) return [];
    const half = Math.ceil(uids.length / 2);
    return [
      ...(await fetchAll(session, uids.slice(0, half), query)),
      ...(await fetchAll(session, uids.slice(half), query)),
    ];
  }
}

function toHead(message: FetchMessageObject): MessageHead {
  const headers = parseHeaders(message.headers ?? Buffer.alloc(0));
  const plan = planParts(message.bodyStructure);
  const { internalDate } = message;
  const isDate = internalDate instanceof Date && !Number.isNaN(internalDate.getTime());
  return {
    uid: message.uid,
    flags: [...(message.flags ?? [])].sort(),
    receivedAt: isDate ? internalDate : (headers.sentAt ?? new Date(0)),
    sizeBytes: message.size ?? 0,
    headers,
    texts: plan.texts,
    attachments: plan.attachments,
    broken: message.bodyStructure?.type.startsWith('multipart/') === true && plan.attachments.length === 0,
  };
}

function* chunks(heads: MessageHead[]): Generator<MessageHead[]> {
  let chunk: MessageHead[] = [];
  let bytes = 0;
  for (const head of heads) {
    const size = head.texts.reduce((sum, part) => sum + Math.min(part.sizeBytes, LONGEST_TEXT_BYTES), 0);
    if (chunk.length > 0 && (chunk.length >= CHUNK_MESSAGES || bytes + size > CHUNK_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(head);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
