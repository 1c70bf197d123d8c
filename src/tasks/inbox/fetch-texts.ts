import type { ImapSession } from '../../clients/imap.js';
import { fetchParts, type PartKey, type Parts, upTo } from './fetch-parts.js';
import type { TextPart } from './mime/body-structure.js';
import { decodePart } from './mime/text-body.js';
import type { MessageHead, TextedMessage } from './model.js';

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
export async function fetchTexts(session: ImapSession, heads: MessageHead[]): Promise<TextedMessage[]> {
  const bytes = await fetchParts(session, heads, (head) => textKeys(head.texts.slice(0, MOST_TEXT_PARTS)));
  const messages = new Map(heads.map((head) => [head, assemble(head, head.texts, bytes.get(head.uid))]));
  const empty = heads.filter((head) => head.broken && !messages.get(head)?.text && !messages.get(head)?.html);
  if (empty.length > 0) {
    const raw = await fetchParts(session, empty, () => textKeys([RAW_TEXT]));
    for (const head of empty) messages.set(head, assemble(head, [RAW_TEXT], raw.get(head.uid)));
  }
  return [...messages.values()];
}

function textKeys(parts: TextPart[]): PartKey[] {
  return parts
    .filter((part) => part.sizeBytes > 0)
    .map((part) =>
      upTo(part === RAW_TEXT ? BROKEN_TEXT_BYTES : LONGEST_TEXT_BYTES, part.part, part.sizeBytes),
    );
}

function assemble(head: MessageHead, texts: TextPart[], parts: Parts | undefined): TextedMessage {
  const { texts: _texts, broken: _broken, report: _report, ...message } = head;
  const join = (kind: TextPart['kind']): string | null => {
    const decoded = texts
      .filter((part) => part.kind === kind)
      .map((part) => decodePart(part, parts?.get(part.part.toLowerCase()) ?? Buffer.alloc(0)))
      .filter((text) => text !== '');
    return decoded.length > 0 ? decoded.join('\n') : null;
  };
  return { ...message, text: join('text'), html: join('html') };
}
