import type { MessageStructureObject } from 'imapflow';
import { attachmentName, type Parameters } from './attachment-name.js';
import { capText, cleanText } from './clean-text.js';
import { encodingName } from './transfer-encoding.js';

export interface TextPart {
  part: string;
  kind: 'text' | 'html';
  encoding: string | undefined;
  charset: string | undefined;
  /** As the server sends it, transfer encoding included. */
  sizeBytes: number;
  flowed: boolean;
  /** RFC 3676 DelSp: the blank at the end of a flowed line is no part of the text. */
  delSp?: boolean;
}

export interface AttachmentInfo {
  name: string | null;
  type: string;
  /** Decoded. Exact for 7bit and 8bit, within a few bytes for base64, an upper bound for quoted-printable. */
  sizeBytes: number;
  part: string;
}

export interface MessagePlan {
  texts: TextPart[];
  attachments: AttachmentInfo[];
}

/** Which parts of a message are its text and which are files. A hostile structure is read up to its caps. */
export function planParts(structure: MessageStructureObject | undefined): MessagePlan {
  if (!isObject(structure)) return { texts: [], attachments: [] };
  return walk(structure, { path: [], parent: '', hasText: false }, { nodes: 0 });
}

interface Place {
  path: number[];
  parent: string;
  /** Whether a text already stands before this part. */
  hasText: boolean;
}

const MAX_DEPTH = 100;
const MAX_NODES = 500;

function walk(node: StructureNode, place: Place, seen: { nodes: number }): MessagePlan {
  if (++seen.nodes > MAX_NODES || place.path.length > MAX_DEPTH) return { texts: [], attachments: [] };
  const type = typeOf(node);
  if (!type.startsWith('multipart/') || !Array.isArray(node.childNodes)) return leaf(node, type, place);
  const plans: MessagePlan[] = [];
  let hasText = place.hasText;
  for (const [index, child] of node.childNodes.entries()) {
    if (seen.nodes > MAX_NODES) break;
    if (!isObject(child)) continue;
    const plan = walk(child, { path: [...place.path, index + 1], parent: type, hasText }, seen);
    hasText ||= plan.texts.length > 0 && type !== 'multipart/alternative';
    plans.push(plan);
  }
  if (type === 'multipart/alternative') return chooseAlternatives(plans);
  return type === 'multipart/related' ? keepRoot(plans) : merge(plans);
}

/** Plain from the first alternative that has it, HTML from the last, which is the richest (RFC 2046). */
function chooseAlternatives(plans: MessagePlan[]): MessagePlan {
  const plain = plans.find((plan) => plan.texts.some((text) => text.kind === 'text'));
  const html = plans.findLast((plan) => plan.texts.some((text) => text.kind === 'html'));
  return {
    texts: plans.flatMap((plan) =>
      plan.texts.filter((text) => plan === (text.kind === 'text' ? plain : html)),
    ),
    attachments: plans.flatMap((plan) => plan.attachments),
  };
}

/** The body of a multipart/related is its first text. Another one is a resource of it, and so a file. */
function keepRoot(plans: MessagePlan[]): MessagePlan {
  const root = plans.find((plan) => plan.texts.length > 0);
  return merge(plans.map((plan) => (plan === root ? plan : asFiles(plan))));
}

function asFiles({ texts, attachments }: MessagePlan): MessagePlan {
  const files = texts.map(({ part, kind, encoding, sizeBytes }) => ({
    name: null,
    type: kind === 'html' ? 'text/html' : 'text/plain',
    sizeBytes: decodedSize(sizeBytes, encoding),
    part,
  }));
  return { texts: [], attachments: [...files, ...attachments] };
}

function merge(plans: MessagePlan[]): MessagePlan {
  return {
    texts: plans.flatMap((plan) => plan.texts),
    attachments: plans.flatMap((plan) => plan.attachments),
  };
}

/** What is inside a message/rfc822 is another mail: it stays a file, whatever it holds. */
function leaf(node: StructureNode, type: string, place: Place): MessagePlan {
  const parameters = parametersOf(node.parameters);
  const name = attachmentName(parametersOf(node.dispositionParameters), parameters);
  const part = partNumber(node, place);
  const encoding = encodingName(textOf(node.encoding)) || undefined;
  const size = sizeOf(node);
  const kind = type === 'text/plain' ? 'text' : type === 'text/html' ? 'html' : undefined;
  if (kind === undefined || isFile(textOf(node.disposition)?.toLowerCase() ?? '', name, place)) {
    const sizeBytes = decodedSize(size, encoding);
    return { texts: [], attachments: [{ name, type: capText(type, 255), sizeBytes, part }] };
  }
  const flowed = kind === 'text' && textOf(parameters.format)?.toLowerCase() === 'flowed';
  const delSp = flowed && textOf(parameters.delsp)?.toLowerCase() === 'yes';
  const text: TextPart = {
    part,
    kind,
    encoding,
    charset: textOf(parameters.charset),
    sizeBytes: size,
    flowed,
  };
  return { texts: [delSp ? { ...text, delSp } : text], attachments: [] };
}

/** Without a disposition, a named text that follows another one is a file somebody attached. */
function isFile(disposition: string, name: string | null, place: Place): boolean {
  if (disposition === 'attachment') return true;
  if (disposition === 'inline' || name === null) return false;
  return disposition !== '' || (place.hasText && place.parent !== 'multipart/alternative');
}

/** Lines of base64 hold 57 bytes in 78, those of uuencode 45 in 63, their ends counted. */
function decodedSize(size: number, encoding: string | undefined): number {
  if (encoding === 'base64') return Math.floor(((size - 2 * Math.floor(size / 78)) * 3) / 4);
  return encoding === 'uuencode' ? Math.floor((size * 45) / 63) : size;
}

/** A message that is no multipart has one part, 1. Numbers go into IMAP commands: only digits and dots pass. */
export function partNumber(node: StructureNode, place: { path: number[] }): string {
  const part = textOf(node.part) ?? '';
  return /^\d{1,9}(?:\.\d{1,9}){0,200}$/.test(part) ? part : place.path.join('.') || '1';
}

export function typeOf(node: StructureNode): string {
  const type = cleanText((textOf(node.type) ?? '').slice(0, 300))
    .trim()
    .toLowerCase();
  return /^[!-.0-~]+\/[!-.0-~]+$/.test(type) ? type : 'application/octet-stream';
}

export function sizeOf(node: StructureNode): number {
  const { size } = node;
  return typeof size === 'number' && Number.isFinite(size) && size > 0 ? Math.floor(size) : 0;
}

/** The node as it may arrive from a broken server: every field is to be checked. */
export type StructureNode = { [Field in keyof MessageStructureObject]?: unknown };

export function isObject(value: unknown): value is StructureNode {
  return typeof value === 'object' && value !== null;
}

function parametersOf(value: unknown): Parameters {
  return isObject(value) ? (value as Parameters) : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
