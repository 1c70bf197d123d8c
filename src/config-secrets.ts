import type { Config } from './config.js';
import { Secret } from './secret.js';

/** The values that must never leave the process. */
export function secretValues(config: Config): string[] {
  const values: string[] = [];
  for (const value of Object.values(config).flat()) {
    if (!(value instanceof Secret)) continue;
    const revealed = value.reveal();
    const password = revealed.includes('://') && URL.canParse(revealed) ? new URL(revealed).password : '';
    if (password) values.push(password, decodePercent(password));
    // Where a machine answers is no secret by itself: errors name it.
    if (password || !/^https?:/.test(revealed)) values.push(revealed);
  }
  return values;
}

function decodePercent(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
