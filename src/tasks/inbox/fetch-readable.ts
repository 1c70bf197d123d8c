import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import type { ImapSession } from '../../clients/imap.js';
import { AppError } from '../../errors.js';
import { uidSet } from './uids.js';

interface Readable {
  messages: FetchMessageObject[];
  /** Mails that are there, but that the server fails to read. */
  refused: number[];
}

/** Servers also tell of changes to other mails while they answer; beyond so many they answer something else. */
const MOST_STRANGERS = 1_000;

/**
 * The mails that were asked for, each once.
 * @throws {AppError} when the server goes on and on: its session is closed
 */
export async function fetchListed(
  session: ImapSession,
  uids: number[],
  query: FetchQueryObject,
): Promise<FetchMessageObject[]> {
  const wanted = new Set(uids);
  const found = new Map<number, FetchMessageObject>();
  let strangers = 0;
  for await (const message of session.fetch(uidSet(uids), query, { uid: true })) {
    if (wanted.has(message.uid) && !found.has(message.uid)) found.set(message.uid, message);
    else strangers += 1;
    if (strangers <= MOST_STRANGERS) continue;
    session.close();
    throw new AppError('unprocessable', (t) => t.imap.server('UID FETCH …'));
  }
  return [...found.values()];
}

/** What the server itself calls passing. */
const PASSING = ['UNAVAILABLE', 'LIMIT', 'INUSE', 'CONTACTADMIN', 'THROTTLED'];

/**
 * One command; where the server refuses it, halves are asked for until the mails that it cannot read stand alone.
 * @throws when the server refuses everything, or just now: such mails are not to be given up
 */
export async function fetchReadable(
  session: ImapSession,
  uids: number[],
  query: FetchQueryObject,
): Promise<Readable> {
  const fetch = (wanted: number[], what: FetchQueryObject) => fetchListed(session, wanted, what);
  const halve = async (wanted: number[]): Promise<Readable> => {
    if (wanted.length === 0) return { messages: [], refused: [] };
    try {
      return { messages: await fetch(wanted, query), refused: [] };
    } catch (error) {
      if (!isRefusal(error) || !session.usable) throw error;
      // Not even numbers: the trouble is the server's, not that of one mail.
      if (wanted === uids) await fetch(wanted, { uid: true, flags: true });
      if (wanted.length === 1) return { messages: [], refused: wanted };
      const middle = Math.ceil(wanted.length / 2);
      const first = await halve(wanted.slice(0, middle));
      const second = await halve(wanted.slice(middle));
      return {
        messages: [...first.messages, ...second.messages],
        refused: [...first.refused, ...second.refused],
      };
    }
  };
  return halve(uids);
}

function isRefusal(error: unknown): boolean {
  const { responseStatus, serverResponseCode, code } = error as Record<string, string | undefined>;
  return responseStatus !== undefined && code !== 'ETHROTTLE' && !PASSING.includes(serverResponseCode ?? '');
}
