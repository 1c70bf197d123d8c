import { decodeCharset } from './charset.js';

/** Unfolded values by lower-case field name, in their order. Raw 8-bit text is UTF-8, else windows-1252. */
export type HeaderBlock = Map<string, string[]>;

export function readHeaderBlock(block: Buffer): HeaderBlock {
  const fields: HeaderBlock = new Map();
  let name = '';
  let lines: string[] = [];
  for (const raw of block.toString('latin1').split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      lines.push(line.trim());
      continue;
    }
    addField(fields, name, lines);
    name = '';
    if (line === '') break;
    const colon = line.indexOf(':');
    // A line without a colon, or the `From ` line of an mbox, is no field, nor what is folded below it.
    if (colon > 0) name = line.slice(0, Math.min(colon, 200)).trimEnd().toLowerCase();
    lines = name === '' || /\s/.test(name) ? [] : [line.slice(colon + 1).trim()];
  }
  addField(fields, name, lines);
  return fields;
}

/** The first value of a field that is there. An empty one gives way to the next. */
export function firstValue(fields: HeaderBlock, name: string): string | undefined {
  const values = fields.get(name);
  return values?.find((value) => value !== '') ?? values?.[0];
}

function addField(fields: HeaderBlock, name: string, lines: string[]): void {
  if (name === '') return;
  const value = lines.length === 1 ? (lines[0] ?? '') : lines.join(' ').trim();
  const text = EIGHT_BIT_OR_ESCAPE.test(value)
    ? decodeCharset(Buffer.from(value, 'latin1'), undefined)
    : value;
  const values = fields.get(name);
  if (values) values.push(text);
  else fields.set(name, [text]);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape opens Japanese text in 7-bit headers
const EIGHT_BIT_OR_ESCAPE = /[\x80-\xff\x1b]/;
