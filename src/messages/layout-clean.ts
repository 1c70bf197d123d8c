/**
 * One line that shows what it says: no control characters, no line breaks, nothing that turns the reading
 * direction around, nothing invisible.
 */
export function plainLine(value: string, maxLength: number): string {
  // The first cut bounds the work on what others wrote.
  const line = value
    .slice(0, maxLength * 4)
    .toWellFormed()
    .replace(UNSEEN, '')
    .replace(BREAKS, ' ')
    .trim();
  if (line.length <= maxLength) return line;
  const cut = line.slice(0, maxLength - 1);
  // Never through the middle of a surrogate pair.
  return `${cut.isWellFormed() ? cut.trimEnd() : cut.slice(0, -1).trimEnd()}…`;
}

/** The address when a browser may open it, else none: a `javascript:` never becomes a link. */
export function webUrl(value: string | null | undefined): string | undefined {
  if (!value || !URL.canParse(value)) return undefined;
  const { protocol, href } = new URL(value);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

/** Bidirectional controls, zero-width characters (but for the joiners that scripts need), soft hyphens. */
const UNSEEN = /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/** Controls, line and paragraph separators, spaces. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp} ]+/gu;
