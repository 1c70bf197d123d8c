import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '../errors.js';
import { locatePrograms } from './postgres-folders.js';

export { libpqEnvironment } from './postgres-url.js';

export type ProgramName = 'pg_dump' | 'psql';

export interface Program {
  name: ProgramName;
  path: string;
  /** `15.18`, `18beta1` */
  version: string;
  major: number;
}

export interface PostgresPrograms {
  /** True when at least one is installed; looks at the disk once, runs nothing. */
  has(name: ProgramName): boolean;
  /**
   * The one of the server's own major version, else the next newer one.
   * @throws {AppError} not_configured, naming the package to install and what was found
   */
  find(name: ProgramName, serverMajor: number): Promise<Program>;
}

/** @param folders where to look, instead of where systems put them */
export function createPostgresPrograms(folders?: string[]): PostgresPrograms {
  const paths = new Map<ProgramName, string[]>();
  const programs = new Map<ProgramName, Promise<Program[]>>();
  const located = (name: ProgramName) => remember(paths, name, () => locatePrograms(name, folders));
  return {
    has: (name) => located(name).length > 0,
    async find(name, serverMajor) {
      const known = await remember(programs, name, () => askVersions(name, located(name)));
      const program = known
        .filter(({ major }) => major >= serverMajor)
        .sort((a, b) => a.major - b.major || minorOf(b) - minorOf(a))[0];
      if (program) return program;
      const found = known.map(({ version, path }) => `${version} (${path})`);
      throw new AppError('not_configured', (t) => t.backups.programs.missing(name, serverMajor, found), {
        permanent: true,
      });
    },
  };
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, learn: () => Value): Value {
  const value = known.get(key) ?? learn();
  known.set(key, value);
  return value;
}

/** Those that do not run are left out. */
async function askVersions(name: ProgramName, paths: string[]): Promise<Program[]> {
  const programs = await Promise.all(paths.map((path) => askVersion(name, path)));
  return programs.filter((program) => program !== undefined);
}

const VERSION_TIMEOUT_MS = 10_000;

async function askVersion(name: ProgramName, path: string): Promise<Program | undefined> {
  const env = { PATH: process.env.PATH, LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH, LC_ALL: 'C' };
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { env, timeout: VERSION_TIMEOUT_MS });
    const version = parseVersion(stdout);
    return version && { name, path, ...version };
  } catch {
    return undefined;
  }
}

/** `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `psql (PostgreSQL) 18beta1` */
export function parseVersion(text: string): { version: string; major: number } | undefined {
  const [, version, major] = /\s((\d+)(?:\.\d+)*(?:(?:devel|alpha|beta|rc)\d*)?)(?:\s|$)/.exec(text) ?? [];
  return version ? { version, major: Number(major) } : undefined;
}

/** A beta comes before the releases. */
const minorOf = ({ version }: Program): number => Number(/\.(\d+)$/.exec(version)?.[1] ?? -1);
