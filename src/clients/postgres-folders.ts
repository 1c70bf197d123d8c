import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

/** Where systems put the programs of each version; a star stands for any name. */
const FOLDERS = [
  '/usr/lib/postgresql/*/bin', // Debian, Ubuntu
  '/usr/pgsql-*/bin', // postgresql.org's packages for Red Hat
  '/usr/libexec/postgresql*', // Alpine
  '/usr/lib/postgresql*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/opt/homebrew/opt/libpq/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/usr/local/opt/libpq/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
];

/** Debian's stands in PATH under every program's name and picks a version by rules of its own. */
const WRAPPER = 'pg_wrapper';

/** Every installed program of a name, once each. */
export function locatePrograms(name: string, folders?: string[]): string[] {
  const places = folders ?? [...FOLDERS.flatMap(expand), ...(process.env.PATH ?? '').split(delimiter)];
  const found = new Map<string, string>();
  for (const folder of places.filter(Boolean)) {
    const path = join(folder, name);
    const real = realPathOf(path);
    if (real && basename(real) !== WRAPPER && !found.has(real)) found.set(real, path);
  }
  return [...found.values()];
}

/** Undefined for what cannot be executed. */
function realPathOf(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** The folders that a pattern with one star stands for. */
function expand(pattern: string): string[] {
  const parts = pattern.split('/');
  const starred = parts.findIndex((part) => part.includes('*'));
  if (starred === -1) return [pattern];
  const parent = parts.slice(0, starred).join('/');
  const [before = '', after = ''] = (parts[starred] as string).split('*');
  const names = namesIn(parent).filter((name) => name.startsWith(before) && name.endsWith(after));
  return names.map((name) => [parent, name, ...parts.slice(starred + 1)].join('/'));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
