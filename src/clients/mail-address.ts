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

/** One address, and nothing that could be read as a second one or as a header. */
export function isAddress(value: string): boolean {
  return value.length <= 320 && /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u.test(value);
}
