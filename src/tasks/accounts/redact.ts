import type { Pattern } from './patterns.js';

/** Replaces what names a person: addresses always, names in that person's surroundings only. */
export type Redact = (text: string, withNames: boolean) => string;

interface Known {
  addresses: Pattern[];
  names: Pattern[];
}

export function createRedactor({ addresses, names }: Known, placeholder: string): Redact {
  const address = anyOf(addresses);
  const name = anyOf(names);
  return (text, withNames) => {
    const clean = address ? text.replace(address, () => placeholder) : text;
    return withNames && name ? clean.replace(name, () => placeholder) : clean;
  };
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

function anyOf(patterns: Pattern[]): RegExp | undefined {
  if (patterns.length === 0) return undefined;
  return new RegExp(
    patterns.map(({ before, source, after }) => `${before}${source}${after}`).join('|'),
    'giu',
  );
}
