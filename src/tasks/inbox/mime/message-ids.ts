import { createHash } from 'node:crypto';
import { cleanText } from './clean-text.js';
import { decodeWords } from './encoded-words.js';

/** The id of a Message-ID field, in brackets. */
export function parseMessageId(value: string): string | null {
  return idsIn(value)[0] ?? null;
}

/** The parent's id. Old mail programs wrote a sentence around it, in which the id comes last. */
export function parseInReplyTo(value: string): string | null {
  const ids = idsIn(value);
  return (value.trimStart().startsWith('<') ? ids[0] : ids.at(-1)) ?? null;
}

/** The thread, oldest first. Of a long one the root and the last 99 are kept. */
export function parseReferences(value: string): string[] {
  const ids = [...new Set(idsIn(value))];
  return ids.length <= MAX_REFERENCES ? ids : [...ids.slice(0, 1), ...ids.slice(1 - MAX_REFERENCES)];
}

const MAX_REFERENCES = 100;
const MAX_ID_BYTES = 900;

function idsIn(value: string): string[] {
  const text = decodeWords(value);
  const bracketed = text.match(/<[^<>]*>/g);
  const ids = bracketed ? bracketed.map((id) => id.slice(1, -1)) : bareIds(text);
  return ids.map(normalId).filter((id) => id !== '<>');
}

/** Ids whose sender forgot the brackets, or whose end was cut. A lone word counts, a sentence does not. */
function bareIds(text: string): string[] {
  const words = text.split(/[\s,<>]+/).filter((word) => word !== '');
  return words.length === 1 ? words : words.filter((word) => word.includes('@'));
}

/** A hash stands for an id that no index could hold, the same everywhere, so that threads still match. */
function normalId(content: string): string {
  const id = `<${cleanText(content.replace(BLANKS, ''))}>`;
  if (id.length <= MAX_ID_BYTES / 3 || Buffer.byteLength(id) <= MAX_ID_BYTES) return id;
  return `<${createHash('sha256').update(id).digest('hex')}@long-id.invalid>`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: folding and control characters are no part of an id
const BLANKS = /[\s\u0000-\u001f\u007f]+/g;
