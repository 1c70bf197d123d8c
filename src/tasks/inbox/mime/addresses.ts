import addressparser from 'nodemailer/lib/addressparser';
import { cleanLine, cleanText } from './clean-text.js';
import { decodeWords, findWords } from './encoded-words.js';

export interface Mailbox {
  name: string | null;
  address: string | null;
}

/** The first mailbox of a From field. */
export function parseMailbox(value: string): Mailbox | null {
  let first: Mailbox | null = null;
  for (const mailbox of mailboxes(value)) {
    if (mailbox.address !== null) return mailbox;
    if (mailbox.name !== null) first ??= mailbox;
  }
  return first;
}

/** The addresses of To and Cc fields, groups opened. What holds no @ is left out. */
export function parseAddresses(values: string[]): string[] {
  const addresses: string[] = [];
  for (const { address } of mailboxes(values.join(', '))) {
    if (address !== null) addresses.push(address);
    if (addresses.length === MAX_ADDRESSES) break;
  }
  return addresses;
}

const MAX_ADDRESSES = 1_000;
const MAX_FIELD_LENGTH = 256 * 1024;
const MAX_ADDRESS_LENGTH = 1_000;
const MAX_NAME_LENGTH = 500;

/** Encoded words are set aside first: a comma or a `<` inside one, encoded or not, splits nothing. */
function* mailboxes(value: string): Generator<Mailbox> {
  const bounded = value.length > MAX_FIELD_LENGTH ? upToLastComma(value.slice(0, MAX_FIELD_LENGTH)) : value;
  const { text, words } = setAside(bounded);
  for (const entry of addressparser(text, { flatten: true })) {
    const address = normalAddress(putBack(entry.address, words));
    const name = entry.name || (address === null ? entry.address : '');
    yield { name: cleanLine(decodeWords(putBack(name, words)), MAX_NAME_LENGTH), address };
  }
}

/** The local part may be case-sensitive and stays. The domain never is. */
function normalAddress(value: string): string | null {
  const address = cleanText(value.replace(CONTROLS, ''));
  const at = address.lastIndexOf('@');
  if (at < 0 || address.length > MAX_ADDRESS_LENGTH) return null;
  return address.slice(0, at) + address.slice(at).toLowerCase();
}

/** Each word becomes the atom `=?3?=`. Text that already looks like one is set aside as well. */
function setAside(value: string): { text: string; words: string[] } {
  const words: string[] = [];
  if (!value.includes('=?')) return { text: value, words };
  let text = '';
  let at = 0;
  for (const { start, end } of findWords(value)) {
    text += hidePlaceholders(value.slice(at, start), words) + placeholder(words, value.slice(start, end));
    at = end;
  }
  return { text: text + hidePlaceholders(value.slice(at), words), words };
}

function hidePlaceholders(text: string, words: string[]): string {
  return text.replace(PLACEHOLDER, (match) => placeholder(words, match));
}

function placeholder(words: string[], word: string): string {
  return `=?${words.push(word) - 1}?=`;
}

function putBack(text: string, words: string[]): string {
  if (words.length === 0) return text;
  return text.replace(PLACEHOLDER, (match, index) => words[Number(index)] ?? match);
}

const PLACEHOLDER = /=\?(\d{1,9})\?=/g;

function upToLastComma(value: string): string {
  return value.slice(0, Math.max(0, value.lastIndexOf(',')));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: no mailbox holds them
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]+/g;
