import { type Mailbox, parseAddresses, parseMailbox } from './addresses.js';
import { isAutoSubmitted } from './auto-submitted.js';
import { cleanLine } from './clean-text.js';
import { decodeWords } from './encoded-words.js';
import { firstValue, type HeaderBlock, readHeaderBlock } from './header-block.js';
import { parseMailDate } from './mail-date.js';
import { parseInReplyTo, parseMessageId, parseReferences } from './message-ids.js';

export interface MailHeaders {
  messageId: string | null;
  inReplyTo: string | null;
  references: string[];
  autoSubmitted: boolean;
  from: Mailbox | null;
  to: string[];
  cc: string[];
  subject: string | null;
  sentAt: Date | null;
}

/** The fields to ask the server for: BODY.PEEK[HEADER.FIELDS (...)]. */
export const HEADER_FIELDS: string[] = [
  ...['Message-ID', 'In-Reply-To', 'References', 'From', 'To', 'Cc', 'Subject', 'Date'],
  ...['Auto-Submitted', 'X-Autoreply', 'X-Autorespond', 'X-Autoresponse', 'Precedence'],
  ...['Content-Type', 'Return-Path'],
];

/** What the headers say, whatever their state. Of a repeated field the first counts, To and Cc add up. */
export function parseHeaders(block: Buffer): MailHeaders {
  const fields = readHeaderBlock(block);
  return {
    messageId: parsed(fields, 'message-id', parseMessageId),
    inReplyTo: parsed(fields, 'in-reply-to', parseInReplyTo),
    references: parsed(fields, 'references', parseReferences) ?? [],
    autoSubmitted: isAutoSubmitted(fields),
    from: parsed(fields, 'from', parseMailbox),
    to: parseAddresses(fields.get('to') ?? []),
    cc: parseAddresses(fields.get('cc') ?? []),
    subject: parsed(fields, 'subject', parseSubject),
    sentAt: parsed(fields, 'date', parseMailDate),
  };
}

const MAX_SUBJECT_LENGTH = 2_000;

function parseSubject(value: string): string | null {
  return cleanLine(decodeWords(value), MAX_SUBJECT_LENGTH);
}

function parsed<T>(fields: HeaderBlock, name: string, parse: (value: string) => T): T | null {
  const value = firstValue(fields, name);
  return value === undefined ? null : parse(value);
}
