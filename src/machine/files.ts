import { readFile } from 'node:fs/promises';

/** Undefined for a file that is not there or may not be read: kernels and containers differ. */
export const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);

export async function readNumber(path: string): Promise<number | undefined> {
  const text = (await readText(path))?.trim();
  return text && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** One value of a file of lines such as `name value`. */
export function lineOf(text: string | undefined, name: string): number | undefined {
  const [, value] = text?.match(new RegExp(`^${name}:?\\s+(\\d+)`, 'm')) ?? [];
  return value === undefined ? undefined : Number(value);
}
