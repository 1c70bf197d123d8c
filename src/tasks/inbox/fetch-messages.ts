import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import type { ImapSession } from '../../clients/imap.js';
import { AppError } from '../../errors.js';
import { fetchDeliveries } from './answers/fetch-deliveries.js';
import { fetchListed, fetchReadable } from './fetch-readable.js';
import { fetchTexts, LONGEST_TEXT_BYTES } from './fetch-texts.js';
import { flagsOf } from './flags.js';
import { planParts } from './mime/body-structure.js';
import { HEADER_FIELDS, parseHeaders } from './mime/headers.js';
import { findReportParts } from './mime/report-parts.js';
import type { FetchedMessage, MessageHead } from './model.js';

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
const OUTSIDE: FetchQueryObject = { uid: true, flags: true, internalDate: true, size: true };
const HEAD: FetchQueryObject = { ...OUTSIDE, headers: HEADER_FIELDS };

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
      const messages = await fetchTexts(session, chunk);
      const deliveries = await fetchDeliveries(session, chunk);
      yield messages.map((message) => ({ ...message, delivery: deliveries.get(message.uid) ?? null }));
      if (fetching.outOfTime()) return;
    }
  }
}

/** Mails that have gone since the search are left out; those that the server cannot read are kept as far as known. */
async function fetchHeads(session: ImapSession, uids: number[], fetching: Fetching): Promise<MessageHead[]> {
  const found = new Map<number, MessageHead>();
  const complete = await fetchReadable(session, uids, { ...HEAD, ...STRUCTURE });
  for (const message of complete.messages) found.set(message.uid, toHead(message));
  const keep = (message: FetchMessageObject) => {
    fetching.onUnreadable(message.uid);
    found.set(message.uid, toHead(message));
  };
  const missing = uids.filter((uid) => !found.has(uid));
  if (missing.length > 0) {
    // Either they have gone, or their structure is beyond the server or the parser.
    const { messages, refused } = await fetchReadable(session, missing, HEAD);
    messages.forEach(keep);
    // One mail may be beyond the server, all of them are not: they wait for a better moment.
    if (refused.length > 1 && refused.length === uids.length)
      throw new AppError('unprocessable', (t) => t.imap.server('UID FETCH'));
    if (refused.length > 0) for (const message of await fetchListed(session, refused, OUTSIDE)) keep(message);
  }
  return uids.flatMap((uid) => found.get(uid) ?? []);
}

function toHead(message: FetchMessageObject): MessageHead {
  const headers = parseHeaders(message.headers ?? Buffer.alloc(0));
  const plan = planParts(message.bodyStructure);
  const report = findReportParts(message.bodyStructure);
  const { internalDate } = message;
  const isDate = internalDate instanceof Date && !Number.isNaN(internalDate.getTime());
  return {
    uid: message.uid,
    flags: flagsOf(message),
    receivedAt: isDate ? internalDate : (headers.sentAt ?? new Date(0)),
    sizeBytes: message.size ?? 0,
    headers,
    texts: plan.texts,
    attachments: plan.attachments,
    isReport: report !== null || message.bodyStructure?.type === 'multipart/report',
    report,
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
