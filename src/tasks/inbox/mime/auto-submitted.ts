import { withoutComments } from './comments.js';
import { firstValue, type HeaderBlock } from './header-block.js';

/**
 * Whether a program sent the mail, so that no automatic answer may follow (RFC 3834, and what came before it).
 * X-Auto-Response-Suppress is no sign: Outlook sets it on what people write. Neither is a list's Precedence.
 */
export function isAutoSubmitted(fields: HeaderBlock): boolean {
  return (
    saysAutoSubmitted(firstValue(fields, 'auto-submitted')) ||
    ['x-autoreply', 'x-autorespond', 'x-autoresponse'].some((name) => fields.has(name)) ||
    /^auto[_-]?reply$/.test(firstToken(firstValue(fields, 'precedence'))) ||
    isDeliveryReport(firstValue(fields, 'content-type')) ||
    hasEmptySender(firstValue(fields, 'return-path'))
  );
}

function saysAutoSubmitted(value: string | undefined): boolean {
  const token = firstToken(value);
  return token !== '' && token !== 'no';
}

function isDeliveryReport(value: string | undefined): boolean {
  if (value === undefined || firstToken(value) !== 'multipart/report') return false;
  return /;\s*report-type\s*=\s*"?delivery-status\b/i.test(withoutComments(value.slice(0, MAX_LENGTH)));
}

function hasEmptySender(value: string | undefined): boolean {
  return value !== undefined && /^<\s*>$/.test(withoutComments(value.slice(0, MAX_LENGTH)).trim());
}

/** The lower-case value before any parameter, comments left out. */
function firstToken(value: string | undefined): string {
  const text = withoutComments((value ?? '').slice(0, MAX_LENGTH)).trim();
  return text.split(/[\s;]/, 1)[0]?.toLowerCase() ?? '';
}

const MAX_LENGTH = 10_000;
