import postgres from 'postgres';
import { inject, onTestFinished } from 'vitest';
import { dumpDatabase } from '../../src/backups/dump.js';
import { openSnapshot } from '../../src/backups/snapshot.js';
import { Secret } from '../../src/secret.js';
import { createDatabase } from './postgres.js';
import { pgDump } from './postgres-programs.js';

interface TestDump {
  schemas?: string[] | undefined;
  lockWaitSeconds?: number;
  signal?: AbortSignal;
}

export const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Snapshot and dump of a database, both still to be read. */
export async function startDump(url: string, { signal, ...options }: TestDump = {}) {
  const secret = new Secret(url);
  const abort = signal ?? new AbortController().signal;
  const snapshot = await openSnapshot(secret, { schemas: options.schemas, signal: abort });
  const sql = dumpDatabase({
    program: await pgDump(),
    url: secret,
    snapshotId: snapshot.id,
    extensions: snapshot.extensions,
    signal: abort,
    log: quiet,
    ...options,
  });
  return { snapshot, sql };
}

/** The whole of it, without the key that newer minor versions draw anew for each dump. */
export async function dumpText(url: string, options: TestDump = {}): Promise<string> {
  const { snapshot, sql } = await startDump(url, options);
  try {
    const chunks = [];
    for await (const chunk of sql) chunks.push(chunk);
    return withoutKey(Buffer.concat(chunks).toString());
  } finally {
    await snapshot.close();
  }
}

export const withoutKey = (dump: string): string => dump.replace(/^(\\(?:un)?restrict) .*$/gm, '$1');

/** A database with one table of as many rows. */
export async function numbersDatabase(count: number) {
  const { url, drop } = await createDatabase(inject('postgresUrl'));
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  onTestFinished(async () => {
    await sql.end();
    await drop();
  });
  await sql`create table numbers (n int primary key)`;
  await sql`insert into numbers select generate_series(1, ${count}::int)`;
  return { url, sql };
}

/** The same database, for a role of its own. */
export async function loginRole(url: string, member?: string) {
  const name = `reader_${process.pid}_${Date.now()}`;
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create role ${name} login password 'p@ss/word' ${member ? `in role ${member}` : ''}`);
  onTestFinished(async () => {
    await admin.unsafe(`drop owned by ${name}; drop role ${name}`).simple();
    await admin.end();
  });
  return { name, url: url.replace(/\/\/.*@/, `//${name}:${encodeURIComponent('p@ss/word')}@`) };
}
