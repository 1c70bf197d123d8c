import { cleanLine } from './clean-text.js';
import { withoutComments } from './comments.js';
import { firstValue, type HeaderBlock, readHeaderBlock } from './header-block.js';
import { parseMessageId } from './message-ids.js';
import { decodeTransfer } from './transfer-encoding.js';

/** What a mail system says of the delivery of one mail (RFC 3464). */
export interface DeliveryReport {
  /** The Message-ID of that mail. */
  originalId: string | null;
  recipients: ReportedRecipient[];
}

export interface ReportedRecipient {
  /** `failed`, `delayed`, `delivered`, `relayed`, `expanded`, or what the sender made up. */
  action: string;
  /** `5.1.1` */
  status: string | null;
  /** Where it was to go in the end, and where the sender had sent it. */
  finalAddress: string | null;
  originalAddress: string | null;
  diagnostic: string | null;
}

/** More of a report, or of the headers it quotes, is not read. */
export const LONGEST_REPORT_BYTES = 64 * 1024;
const MAX_RECIPIENTS = 100;
const MAX_FIELD_LENGTH = 2_000;

interface Encoded {
  bytes: Buffer;
  encoding: string;
}

/** Reads what can be read; it fails on nothing. */
export function parseDeliveryReport(
  status: Encoded,
  original: Encoded | undefined,
  originalId: string | null,
): DeliveryReport {
  const quoted = original && firstValue(readHeaderBlock(decoded(original)), 'message-id');
  return {
    originalId: originalId ?? (quoted === undefined ? null : parseMessageId(quoted)),
    recipients: recipientsIn(decoded(status)),
  };
}

const decoded = ({ bytes, encoding }: Encoded): Buffer =>
  decodeTransfer(bytes.subarray(0, LONGEST_REPORT_BYTES), encoding);

/** One group about the report, which some leave out or do not part from the next, then one a recipient. */
function recipientsIn(status: Buffer): ReportedRecipient[] {
  const recipients: ReportedRecipient[] = [];
  for (const group of groups(status.toString('latin1'))) {
    const fields = readHeaderBlock(Buffer.from(group, 'latin1'));
    if (!fields.has('action')) continue;
    recipients.push(toRecipient(fields));
    if (recipients.length === MAX_RECIPIENTS) break;
  }
  return recipients;
}

/** What blank lines part. */
function* groups(text: string): Generator<string> {
  let lines: string[] = [];
  for (const line of `${text}\n`.split('\n')) {
    if (line.trim() !== '') lines.push(line);
    else if (lines.length > 0) {
      yield lines.join('\n');
      lines = [];
    }
  }
}

function toRecipient(fields: HeaderBlock): ReportedRecipient {
  const value = (name: string) => firstValue(fields, name)?.slice(0, MAX_FIELD_LENGTH) ?? '';
  const plain = (name: string) => withoutComments(value(name)).trim();
  // "smtp; 550 5.1.1 …": the kind of the words is of no interest.
  const diagnostic = cleanLine(value('diagnostic-code').replace(/^\s*[\w.-]{1,40}\s*;/, ''), 500);
  return {
    action: plain('action').toLowerCase(),
    status: statusIn(plain('status')) ?? replyStatus(diagnostic ?? ''),
    finalAddress: addressIn(plain('final-recipient')),
    originalAddress: addressIn(plain('original-recipient')),
    diagnostic,
  };
}

const statusIn = (text: string): string | null => /^[245]\.\d{1,3}\.\d{1,3}\b/.exec(text)?.[0] ?? null;

/** Without a Status field the reply code tells at least whether another try might have worked. */
function replyStatus(diagnostic: string): string | null {
  const [, code = '', enhanced = ''] =
    /^([245])\d\d(?:[ -]+#?([245]\.\d{1,3}\.\d{1,3})\b|[ -]|$)/.exec(diagnostic) ?? [];
  return enhanced || (code && `${code}.0.0`) || null;
}

/** `rfc822; zoe@example.fr`; other kinds (`x400;…`) name no mailbox that we could know. */
function addressIn(value: string): string | null {
  const [, kind = '', typed] = /^([\w.-]{1,40})\s*;(.*)$/s.exec(value) ?? [];
  if (typed !== undefined && !/^(?:rfc822|utf-8)$/i.test(kind)) return null;
  const address = (typed ?? value)
    .replace(/\\x\{([0-9a-f]{1,6})\}/gi, fromEscape)
    .trim()
    .replace(/^<(.*)>$/s, '$1');
  return /^[^\s<>]+@[^\s<>@]+$/.test(address) ? address : null;
}

/** RFC 6533 writes what is no ASCII as `\x{E9}`. */
function fromEscape(match: string, hex: string): string {
  const code = Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : match;
}
