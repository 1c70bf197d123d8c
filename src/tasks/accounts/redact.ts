/** Replaces what names a person: addresses always, names in that person's surroundings only. */
export type Redact = (text: string, withNames: boolean) => string;

interface Known {
  addresses: string[];
  names: string[];
}

/** An address within a longer one is somebody else’s: anna@example.com in joanna@example.com. */
const BEFORE_ADDRESS = '(?:(?<=%[0-9a-f]{2})|(?<![\\p{L}\\p{N}_%+-]|[\\p{L}\\p{N}]\\.))';
const AFTER_ADDRESS = '(?![\\p{L}\\p{N}_]|[-.][\\p{L}\\p{N}])';
const BEFORE_NAME = '(?<![\\p{L}\\p{N}])';
const AFTER_NAME = '(?![\\p{L}\\p{N}])';

export function createRedactor({ addresses, names }: Known, placeholder: string): Redact {
  const address = pattern(BEFORE_ADDRESS, addresses, AFTER_ADDRESS);
  const name = pattern(BEFORE_NAME, names, AFTER_NAME);
  return (text, withNames) => {
    const clean = address ? text.replace(address, () => placeholder) : text;
    return withNames && name ? clean.replace(name, () => placeholder) : clean;
  };
}

/** The ways in which texts, addresses of pages and HTML write a value. */
export function spellings(value: string): string[] {
  const known = value.toWellFormed();
  if (known === '') return [];
  const html = known.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    ...new Set([
      known,
      known.replace(/\s+/g, ' '),
      encodeURIComponent(known),
      encodeURIComponent(known).replaceAll('%20', '+'),
      html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
      html.replaceAll('"', '&#34;').replaceAll("'", '&#x27;'),
    ]),
  ];
}

/** The same JSON with every text in it redacted, the keys of objects included. */
export function redactJson(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redact(key), redactJson(item, redact)]),
  );
}

function pattern(before: string, values: string[], after: string): RegExp | undefined {
  const forms = values.flatMap(spellings).sort((a, b) => b.length - a.length);
  if (forms.length === 0) return undefined;
  const escaped = forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`${before}(?:${escaped.join('|')})${after}`, 'giu');
}
