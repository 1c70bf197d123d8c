import addressparser from 'nodemailer/lib/addressparser';

export interface Sender {
  name: string | undefined;
  address: string;
}

/** `Cronhook <cronhook@example.com>`, or the address alone. */
export function parseSender(from: string): Sender {
  const [found] = addressparser(from, { flatten: true });
  return { name: found?.name || undefined, address: found?.address ?? from };
}

const CHARACTER = String.raw`[^\s@<>,;:"()[\]\\\p{Cc}]`;
const LABEL = String.raw`(?!-)[^\s@<>,;:"()[\]\\\p{Cc}.]+`;
const ADDRESS = new RegExp(String.raw`^(?!-)${CHARACTER}+@${LABEL}(?:\.${LABEL})*$`, 'u');

/** One address, and nothing that could be read as a second one, as a header or as an option of a program. */
export function isAddress(value: string): boolean {
  return value.length <= 320 && ADDRESS.test(value);
}
