import type { ImapSession } from '../../clients/imap.js';
import { AppError } from '../../errors.js';

/** Writes UIDs as IMAP does: `1:4,7`. */
export function uidSet(uids: number[]): string {
  const sorted = [...uids].sort((a, b) => a - b);
  const runs: string[] = [];
  for (let index = 0; index < sorted.length; index++) {
    const first = sorted[index] as number;
    while (sorted[index + 1] === (sorted[index] as number) + 1) index += 1;
    const last = sorted[index] as number;
    runs.push(first === last ? `${first}` : `${first}:${last}`);
  }
  return runs.join(',');
}

/**
 * The UIDs of a range, ascending.
 * @throws {AppError} when the server refuses: an empty answer would pass for an empty folder
 */
export async function searchUids(session: ImapSession, range: string): Promise<number[]> {
  const found = await session.search({ uid: range }, { uid: true });
  if (!found) throw new AppError('unprocessable', (t) => t.imap.server('UID SEARCH'));
  return found;
}
