import type { Program } from '../clients/postgres-programs.js';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { feedPsql } from './psql.js';
import { HELD, restoreScript } from './restore-script.js';
import { inspectTarget, type RestoreTarget } from './restore-target.js';
import type { Manifest } from './set.js';

export interface RestoreOptions {
  /** Plain SQL; throws instead of ending when it is not whole. */
  dump: AsyncIterable<Uint8Array>;
  manifest: Manifest;
  url: Secret;
  /** A psql, no older than the client that dumped. */
  program: Program;
  /** Drops what is there, in the same transaction. */
  replace: boolean;
  signal: AbortSignal;
}

export interface Restored {
  tables: number;
  rows: number;
  largeObjects: number;
  /** Messages that would have gone out and now wait for a person. */
  held: number;
  /** They cannot log in: policies and the like name them. */
  createdRoles: string[];
}

/**
 * Restores a dump in one transaction and compares the rows of every table with the manifest: either all of it is there
 * afterwards, or the database is as it was before, however it ends.
 * @throws {AppError}
 */
export async function restoreDump(options: RestoreOptions): Promise<Restored> {
  const { dump, manifest, url, program, replace, signal } = options;
  const target = await checkTarget(options);
  const told = await feedPsql(restoreScript({ dump, manifest, target, replace }), { program, url, signal });
  return {
    ...expectedOf(manifest),
    held: Number(new RegExp(`${HELD} (\\d+)`).exec(told)?.[1] ?? 0),
    createdRoles: target.lackingRoles,
  };
}

/**
 * What can be known without the dump: that the database is there, empty or to be replaced, on a server that is not too
 * old.
 * @throws {AppError}
 */
export async function checkTarget({
  manifest,
  url,
  replace,
}: Pick<RestoreOptions, 'manifest' | 'url' | 'replace'>): Promise<RestoreTarget> {
  const target = await inspectTarget(url, manifest);
  if (target.major < majorOf(manifest.serverVersion))
    throw new AppError(
      'not_configured',
      (t) => t.backups.restore.olderServer(target.version, manifest.serverVersion),
      { permanent: true },
    );
  if (!replace && target.content.length > 0)
    throw new AppError('conflict', (t) => t.backups.restore.notEmpty(target.content), { permanent: true });
  return target;
}

/** What a restored database must hold. */
export const expectedOf = ({ tables, largeObjects }: Pick<Manifest, 'tables' | 'largeObjects'>) => ({
  tables: Object.keys(tables).length,
  rows: Object.values(tables).reduce((sum, rows) => sum + rows, 0),
  largeObjects,
});

/** The oldest psql that understands the dump. */
export const psqlMajorFor = ({ clientVersion }: Pick<Manifest, 'clientVersion'>): number =>
  majorOf(clientVersion);

const majorOf = (version: string): number => Number.parseInt(version, 10);
