import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { inject, onTestFinished } from 'vitest';
import { dumpDatabase } from '../../src/backups/dump.js';
import { restoreDump } from '../../src/backups/restore.js';
import type { Manifest } from '../../src/backups/set.js';
import { openSnapshot } from '../../src/backups/snapshot.js';
import { createPostgresPrograms } from '../../src/clients/postgres-programs.js';
import { libpqEnvironment } from '../../src/clients/postgres-url.js';
import { Secret } from '../../src/secret.js';
import { createDatabase } from './postgres.js';

const available = ['pg_dump', 'psql'].every((program) => spawnSync(program, ['--version']).status === 0);
export const MISSING = available ? '' : ' (skipped: install the package postgresql-client)';

export const programs = createPostgresPrograms();

/** A database with these statements carried out; gone when the test ends. */
export async function databaseWith(...statements: string[]) {
  const database = await createDatabase(inject('postgresUrl'));
  onTestFinished(() => database.drop());
  const run = async (statement: string) => {
    const client = postgres(database.url, { max: 1, onnotice: () => {} });
    try {
      return await client.unsafe(statement);
    } finally {
      await client.end();
    }
  };
  for (const statement of statements) await run(statement);
  return { url: database.url, run };
}

export interface TakenDump {
  sql: Buffer;
  manifest: Manifest;
}

const MOMENT = '2026-11-21T14:30:00.000Z';

/** Of a database that holds nothing. */
export const EMPTY: TakenDump = {
  sql: Buffer.from('SELECT 1;\n'),
  manifest: {
    format: 1,
    runId: '01970000-0000-7000-8000-000000000000',
    database: { id: '1/1', name: 'empty' },
    serverVersion: '15.18',
    clientVersion: '15.18',
    startedAt: MOMENT,
    finishedAt: MOMENT,
    key: 'backups/empty.sql.gz',
    compressedBytes: 0,
    sha256: '0'.repeat(64),
    sizeBytes: 0,
    schemas: null,
    tables: {},
    largeObjects: 0,
    roles: [],
    encryption: null,
    extra: null,
    previous: null,
    anomalies: [],
  },
};

/** A dump as the task backup takes it, before it is compressed. */
export async function takeDump(url: string, schemas?: string[]): Promise<TakenDump> {
  const snapshot = await openSnapshot(new Secret(url), { schemas });
  const { signal } = new AbortController();
  const program = await programs.find('pg_dump', snapshot.serverMajor);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const parts: Buffer[] = [];
  const source = { url: new Secret(url), snapshotId: snapshot.id, schemas, extensions: snapshot.extensions };
  for await (const part of dumpDatabase({ program, ...source, signal, log })) parts.push(part);
  const counts = await snapshot.count();
  await snapshot.close();
  const sql = Buffer.concat(parts);
  const { database, serverVersion, roles } = snapshot;
  const manifest = { database, serverVersion, clientVersion: program.version, roles, sizeBytes: sql.length };
  return { sql, manifest: { ...EMPTY.manifest, ...manifest, ...counts, schemas: schemas ?? null } };
}

export async function* inChunks(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function restore(
  { sql, manifest }: TakenDump,
  url: string,
  options: Partial<Parameters<typeof restoreDump>[0]> = {},
) {
  return restoreDump({
    dump: inChunks(sql),
    manifest,
    url: new Secret(url),
    program: await programs.find('psql', 15),
    replace: false,
    signal: new AbortController().signal,
    ...options,
  });
}

/** What pg_dump makes of it, without what differs from one dump to the next. */
export async function dumpText(url: string, ...flags: string[]): Promise<string> {
  const { path } = await programs.find('pg_dump', 15);
  const args = ['--no-owner', '--no-privileges', ...flags];
  const { stdout } = await promisify(execFile)(path, args, {
    env: libpqEnvironment(new Secret(url)),
    maxBuffer: 1024 ** 3,
  });
  return stdout.replace(/^\\(?:un)?restrict .*$/gm, '');
}
