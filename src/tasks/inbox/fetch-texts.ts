import type { ImapSession } from '../../clients/imap.js';
import { fetchReadable } from './fetch-readable.js';
import type { TextPart } from './mime/body-structure.js';
import { decodePart } from './mime/text-body.js';
import type { FetchedMessage, MessageHead } from './model.js';

/** Longer texts are cut: nobody reads a megabyte in an inbox. */
export const LONGEST_TEXT_BYTES = 1024 * 1024;
/** What is taken of a mail whose parts the server cannot tell apart. */
const BROKEN_TEXT_BYTES = 256 * 1024;
/** More text parts than that are an attack, not a letter. */
const MOST_TEXT_PARTS = 20;

const RAW_TEXT: TextPart = {
  part: 'TEXT',
  kind: 'text',
  encoding: undefined,
  charset: undefined,
  sizeBytes: BROKEN_TEXT_BYTES,
  flowed: false,
};

/** Adds the texts: one command for all mails that want the same parts, and no attachment is ever asked for. */
export async function fetchTexts(session: ImapSession, heads: MessageHead[]): Promise<FetchedMessage[]> {
  const bytes = await fetchParts(session, heads, (head) => head.texts.slice(0, MOST_TEXT_PARTS));
  const messages = new Map(heads.map((head) => [head, assemble(head, head.texts, bytes.get(head.uid))]));
  const empty = heads.filter((head) => head.broken && !messages.get(head)?.text && !messages.get(head)?.html);
  if (empty.length > 0) {
    const raw = await fetchParts(session, empty, () => [RAW_TEXT]);
    for (const head of empty) messages.set(head, assemble(head, [RAW_TEXT], raw.get(head.uid)));
  }
  return [...messages.values()];
}

type Parts = Map<string, Buffer | undefined>;

async function fetchParts(
  session: ImapSession,
  heads: MessageHead[],
  wanted: (head: MessageHead) => TextPart[],
): Promise<Map<number, Parts>> {
  const groups = new Map<string, { keys: ReturnType<typeof bodyPart>[]; uids: number[] }>();
  for (const head of heads) {
    const keys = wanted(head)
      .filter((part) => part.sizeBytes > 0)
      .map(bodyPart);
    if (keys.length === 0) continue;
    const signature = JSON.stringify(keys);
    const group = groups.get(signature);
    if (group) group.uids.push(head.uid);
    else groups.set(signature, { keys, uids: [head.uid] });
  }
  const found = new Map<number, Parts>();
  for (const { keys, uids } of groups.values()) {
    // Where the server cannot send a part it has announced, that mail is kept without its text.
    const { messages } = await fetchReadable(session, uids, { uid: true, bodyParts: keys });
    for (const message of messages) if (message.bodyParts) found.set(message.uid, message.bodyParts);
  }
  return found;
}

/** Only a part that is too long is asked for by range: some servers get ranges wrong. */
function bodyPart(part: TextPart): string | { key: string; start: number; maxLength: number } {
  const limit = part === RAW_TEXT ? BROKEN_TEXT_BYTES : LONGEST_TEXT_BYTES;
  return part.sizeBytes >= limit ? { key: part.part, start: 0, maxLength: limit } : part.part;
}

function assemble(head: MessageHead, texts: TextPart[], parts: Parts | undefined): FetchedMessage {
  const { texts: _texts, broken: _broken, ...message } = head;
  const join = (kind: TextPart['kind']): string | null => {
    const decoded = texts
      .filter((part) => part.kind === kind)
      .map((part) => decodePart(part, parts?.get(part.part.toLowerCase()) ?? Buffer.alloc(0)))
      .filter((text) => text !== '');
    return decoded.length > 0 ? decoded.join('\n') : null;
  };
  return { ...message, text: join('text'), html: join('html') };
}
