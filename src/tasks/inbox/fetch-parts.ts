import type { ImapSession } from '../../clients/imap.js';
import { fetchReadable } from './fetch-readable.js';

/** A part of a mail, whole or its beginning. */
export type PartKey = string | { key: string; start: number; maxLength: number };

/** The bytes as the server sends them, by lower-case part. */
export type Parts = Map<string, Buffer | undefined>;

/** Only a part that is too long is asked for by range: some servers get ranges wrong. */
export const upTo = (limit: number, part: string, sizeBytes: number): PartKey =>
  sizeBytes >= limit ? { key: part, start: 0, maxLength: limit } : part;

/** By UID; one command for all mails that want the same parts. */
export async function fetchParts<Mail extends { uid: number }>(
  session: ImapSession,
  mails: Mail[],
  wanted: (mail: Mail) => PartKey[],
): Promise<Map<number, Parts>> {
  const groups = new Map<string, { keys: PartKey[]; uids: number[] }>();
  for (const mail of mails) {
    const keys = wanted(mail);
    if (keys.length === 0) continue;
    const signature = JSON.stringify(keys);
    const group = groups.get(signature);
    if (group) group.uids.push(mail.uid);
    else groups.set(signature, { keys, uids: [mail.uid] });
  }
  const found = new Map<number, Parts>();
  for (const { keys, uids } of groups.values()) {
    // Where the server cannot send a part it has announced, that mail is kept without it.
    const { messages } = await fetchReadable(session, uids, { uid: true, bodyParts: keys });
    for (const message of messages) if (message.bodyParts) found.set(message.uid, message.bodyParts);
  }
  return found;
}
