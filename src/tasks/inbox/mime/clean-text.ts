/** PostgreSQL text refuses NUL and lone surrogates: the one is dropped, the other becomes U+FFFD. */
export function cleanText(value: string): string {
  const withoutNul = value.includes('\0') ? value.replaceAll('\0', '') : value;
  return withoutNul.toWellFormed();
}

/** One line of clean text: control characters and line breaks become a space, null when nothing is left. */
export function cleanLine(value: string, maxLength: number): string | null {
  // The first cut bounds the work on hostile headers. The second comes after trimming.
  const bounded = value.length > maxLength * 4 ? value.slice(0, maxLength * 4) : value;
  const line = capText(bounded.replace(CONTROLS, ' ').trim(), maxLength).trimEnd();
  return line === '' ? null : cleanText(line);
}

/** Cuts to a number of UTF-16 units, never through the middle of a surrogate pair. */
export function capText(value: string, maxLength: number): string {
  if (value.length <= maxLength) return value;
  const last = value.charCodeAt(maxLength - 1);
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? maxLength - 1 : maxLength);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a one-line field
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
