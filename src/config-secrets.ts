import type { Config } from './config.js';
import { Secret } from './secret.js';

/** The values that must never leave the process. */
export function secretValues(config: Config): string[] {
  const values: string[] = [];
  for (const value of Object.values(config)) {
    if (!(value instanceof Secret)) continue;
    const revealed = value.reveal();
    values.push(revealed);
    if (revealed.includes('://') && URL.canParse(revealed)) {
      const { password } = new URL(revealed);
      if (password) values.push(password, decodePercent(password));
    }
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
