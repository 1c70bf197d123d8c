import type { MessageStructureObject } from 'imapflow';
import { isObject, partNumber, type StructureNode, sizeOf, textOf, typeOf } from './body-structure.js';
import { parseMessageId } from './message-ids.js';
import { encodingName } from './transfer-encoding.js';

export interface ReportPart {
  /** As IMAP asks for it: `2`, `3.HEADER`. */
  section: string;
  encoding: string;
  sizeBytes: number;
}

/** Where a mail says what became of another one (RFC 3464, RFC 6533). */
export interface ReportParts {
  status: ReportPart;
  /** The headers of the mail that it is about, unless the server has told its id already. */
  original: ReportPart | null;
  originalId: string | null;
}

const STATUS = new Set(['message/delivery-status', 'message/global-delivery-status']);
const HEADERS = new Set(['text/rfc822-headers', 'message/rfc822-headers', 'message/global-headers']);
/** Servers do not look inside these: their headers are the beginning of the part. */
const OPAQUE = 'message/global';

const MAX_DEPTH = 20;
const MAX_NODES = 200;

/** The parts of a delivery report, null where there is none. What lies inside a forwarded mail is not looked at. */
export function findReportParts(structure: MessageStructureObject | undefined): ReportParts | null {
  const nodes = isObject(structure) ? [...leaves(structure, [], { nodes: 0 })] : [];
  const status = nodes.find(({ type }) => STATUS.has(type));
  if (!status) return null;
  const original = nodes.find(
    ({ type }) => HEADERS.has(type) || type === 'message/rfc822' || type === OPAQUE,
  );
  const originalId = original ? envelopeId(original.node) : null;
  return { status: partOf(status), original: original && !originalId ? partOf(original) : null, originalId };
}

interface Leaf {
  node: StructureNode;
  type: string;
  path: number[];
}

function* leaves(node: StructureNode, path: number[], seen: { nodes: number }): Generator<Leaf> {
  if (++seen.nodes > MAX_NODES || path.length > MAX_DEPTH) return;
  const type = typeOf(node);
  if (!type.startsWith('multipart/') || !Array.isArray(node.childNodes)) {
    yield { node, type, path };
    return;
  }
  for (const [index, child] of node.childNodes.entries()) {
    if (seen.nodes > MAX_NODES) return;
    if (isObject(child)) yield* leaves(child, [...path, index + 1], seen);
  }
}

/** For a message/rfc822 the server tells the envelope with the structure, though some leave it empty. */
function envelopeId({ envelope }: StructureNode): string | null {
  const id = isObject(envelope) ? textOf((envelope as { messageId?: unknown }).messageId) : undefined;
  return id === undefined ? null : parseMessageId(id);
}

function partOf({ node, type, path }: Leaf): ReportPart {
  const part = partNumber(node, { path });
  return {
    section: type === 'message/rfc822' ? `${part}.HEADER` : part,
    encoding: encodingName(textOf(node.encoding)),
    sizeBytes: sizeOf(node),
  };
}
