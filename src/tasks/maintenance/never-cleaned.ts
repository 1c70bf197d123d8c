import type { BigIntStats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Reason = 'root' | 'home' | 'project' | 'system';

const SYSTEM =
  `bin boot dev etc lib lib32 lib64 media mnt opt proc run sbin srv sys usr usr/bin usr/lib usr/local
  usr/sbin usr/share var var/lib var/log Applications Library System Volumes`
    .split(/\s+/)
    .map((path) => join(sep, path));

/** Where this file lies: src/tasks/maintenance or dist/tasks/maintenance. */
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** Of the project: code, what it needs to run, and its data. Other folders in it may be swept. */
const PARTS = new Set([
  '.ci',
  '.data',
  '.git',
  'bin',
  'bench',
  'dist',
  'drizzle',
  'node_modules',
  'src',
  'test',
]);

/**
 * Folders that no sweep may touch, by what they are and not by what they are called: a link to one, or the same
 * folder mounted elsewhere, is refused too.
 */
export class NeverCleaned {
  readonly #folders = new Map<string, Reason>();
  readonly #projects = new Set<string>();

  static async find(): Promise<NeverCleaned> {
    const never = new NeverCleaned();
    await never.#add(sep, 'root');
    for (const home of await homes()) await never.#addWithParents(home, 'home');
    for (const project of [process.cwd(), PROJECT]) {
      await never.#addWithParents(project, 'project');
      never.#projects.add(await realpath(project));
    }
    for (const path of SYSTEM) await never.#add(path, 'system');
    return never;
  }

  /** @param path without links */
  reasonFor(path: string, found: Pick<BigIntStats, 'dev' | 'ino'>): Reason | undefined {
    return this.#folders.get(identityOf(found)) ?? (this.#isPartOfProject(path) ? 'project' : undefined);
  }

  #isPartOfProject(path: string): boolean {
    return [...this.#projects].some((project) => PARTS.has(relative(project, path).split(sep)[0] ?? ''));
  }

  async #addWithParents(path: string, reason: Reason): Promise<void> {
    const real = await realpath(path).catch(() => path);
    for (let folder = real; ; folder = dirname(folder)) {
      await this.#add(folder, reason);
      if (folder === dirname(folder)) return;
    }
  }

  async #add(path: string, reason: Reason): Promise<void> {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (!found) return;
    const identity = identityOf(found);
    if (!this.#folders.has(identity)) this.#folders.set(identity, reason);
  }
}

const identityOf = ({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string => `${dev}:${ino}`;

async function homes(): Promise<string[]> {
  const below = async (folder: string) =>
    (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  return [ownHome(), '/root', ...(await below('/home')), ...(await below('/Users'))].filter(
    (path) => path !== '' && path !== sep,
  );
}

/** A user that the system does not know has none. */
function ownHome(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
