import { inspect } from 'node:util';

const PLACEHOLDER = '[secret]';

/** A value that prints as `[secret]`; `reveal()` stands only where a client is built or a secret compared. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [inspect.custom](): string {
    return PLACEHOLDER;
  }
}

export type Scrub = (text: string) => string;

/** The user holds no colon, or a text of colons would take quadratic time. */
const URL_CREDENTIALS = /\/\/[^\s/@:"']*:[^\s/@"']*@/g;
const SHORTEST_SCRUBBED = 4;

/** A JSON value with every text in it scrubbed. */
export const scrubValue = <Value>(value: Value, scrub: Scrub): Value =>
  value === undefined
    ? value
    : JSON.parse(JSON.stringify(value), (_key, part) => (typeof part === 'string' ? scrub(part) : part));

/** Removes every given value from a text, as it stands and as JSON, URLs and base64 write it. */
export function createScrubber(values: Iterable<string>): Scrub {
  const needles = new Set<string>();
  for (const value of values) {
    if (value.length < SHORTEST_SCRUBBED) continue;
    for (const form of [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      new URLSearchParams({ v: value }).toString().slice(2),
      Buffer.from(value).toString('base64'),
    ]) {
      needles.add(form);
    }
  }
  const longestFirst = [...needles].sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const needle of longestFirst) {
      if (clean.includes(needle)) clean = clean.replaceAll(needle, PLACEHOLDER);
    }
    return clean.includes('//') ? clean.replace(URL_CREDENTIALS, `//${PLACEHOLDER}@`) : clean;
  };
}
