import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/db/embedded.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the server that all tests share; each makes databases of its own. */
    postgresUrl: string;
  }
}

/** One real server for the whole run (vitest's globalSetup). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'cronhook-test-'));
  // As root the server runs as another user, who must get there.
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({
    directory,
    durable: false,
    settings: { max_connections: '500' },
  });
  const url = await server.database('postgres');
  project.provide('postgresUrl', url.reveal());
  return async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
}

let count = 0;

/** A new, empty database. */
export async function createDatabase(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${process.pid}_${Date.now().toString(36)}_${count++}`;
  const admin = async (statement: string) => {
    const client = postgres(serverUrl, { max: 1, onnotice: () => {} });
    await client.unsafe(statement);
    await client.end();
  };
  await admin(`create database "${name}"`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => admin(`drop database if exists "${name}" with (force)`) };
}
