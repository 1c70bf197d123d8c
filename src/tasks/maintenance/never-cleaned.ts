import type { BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accountHomes, homes } from './homes.js';

export type Reason = 'root' | 'home' | 'project' | 'system';

const SYSTEM =
  `bin boot dev etc lib lib32 lib64 media mnt opt proc run sbin srv sys usr usr/bin usr/lib usr/local
  usr/sbin usr/share var var/lib var/log Applications Library System Volumes`
    .split(/\s+/)
    .map((path) => join(sep, path));

/** Where this file lies: src/tasks/maintenance or dist/tasks/maintenance. */
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** Of the project: code, what it needs to run, and its data. Other folders in it may be swept, `.data/tmp` too. */
const PARTS = new Set(
  '.ci .data .git .github .railway bench bin dist docs drizzle node_modules scripts src test'.split(' '),
);
const SCRATCH = join('.data', 'tmp');

/** Accounts may call them their home: whoever names them means what is temporary. */
const TEMPORARY = new Set(['tmp', 'var/tmp', 'dev/shm'].map((path) => join(sep, path)));

/** Homes of accounts in which a site keeps temporary files of its own. */
const SITES = new Set([join(sep, 'var/www')]);

/**
 * Folders that no sweep may touch, by what they are and not by what they are called: a link to one, or the same
 * folder mounted elsewhere, is refused too.
 */
export class NeverCleaned {
  readonly #folders = new Map<string, Reason>();
  readonly #projects = new Set<string>();
  /** Homes of services, such as a database's: nothing in them is cleaned either. */
  readonly #closed = new Set<string>();

  /** @param passwd where the accounts of the system and their homes are listed */
  static async find(passwd = '/etc/passwd'): Promise<NeverCleaned> {
    const never = new NeverCleaned();
    await never.#add(sep, 'root');
    const own = await homes();
    for (const home of own) await never.#addWithParents(home, 'home');
    for (const project of [process.cwd(), PROJECT]) {
      await never.#addWithParents(project, 'project');
      never.#projects.add(await realpath(project));
    }
    for (const path of SYSTEM) await never.#add(path, 'system');
    for (const { home, service } of await accountHomes(passwd))
      await never.#addAccount(home, service && !own.includes(home));
    return never;
  }

  /** @param path without links */
  reasonFor(path: string, found: Pick<BigIntStats, 'dev' | 'ino'>): Reason | undefined {
    const known = this.#folders.get(identityOf(found));
    if (known) return known;
    if (this.#isPartOfProject(path)) return 'project';
    return [...this.#closed].some((home) => isIn(home, path)) ? 'home' : undefined;
  }

  #isPartOfProject(path: string): boolean {
    return [...this.#projects].some((project) => {
      const part = relative(project, path);
      return PARTS.has(part.split(sep)[0] ?? '') && part !== SCRATCH && !isIn(SCRATCH, part);
    });
  }

  async #addAccount(home: string, closed: boolean): Promise<void> {
    const real = await realpath(home).catch(() => undefined);
    // `/`, `/bin`, `/dev` and their like are no homes.
    if (!real || real === sep || SYSTEM.includes(real) || TEMPORARY.has(real)) return;
    await this.#addWithParents(real, 'home', (folder) => TEMPORARY.has(folder));
    const holdsService = [...this.#projects].some((project) => project === real || isIn(real, project));
    if (closed && !holdsService && !SITES.has(real)) this.#closed.add(real);
  }

  async #addWithParents(path: string, reason: Reason, spared = (_folder: string) => false): Promise<void> {
    const real = await realpath(path).catch(() => path);
    for (let folder = real; ; folder = dirname(folder)) {
      if (!spared(folder)) await this.#add(folder, reason);
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

export const identityOf = ({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string => `${dev}:${ino}`;

const isIn = (folder: string, path: string): boolean => path.startsWith(folder + sep);
