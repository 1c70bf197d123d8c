import type { Config } from './config.js';
import { startEmbeddedPostgres } from './db/embedded.js';
import type { Secret } from './secret.js';

const DATA_DIRECTORY = '.data';

export interface DatabaseLocation {
  url: Secret;
  /** True when this call started the embedded server. */
  started: boolean;
  /** Stops the embedded server; nothing to do for another. */
  stop(): Promise<void>;
}

/** `DATABASE_URL`, or outside production an embedded server under `.data/`. */
export async function locateDatabase(config: Config): Promise<DatabaseLocation> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, started: false, stop: async () => {} };
  const server = await startEmbeddedPostgres({ directory: DATA_DIRECTORY });
  return { url: await server.database('cronhook'), started: server.started, stop: server.stop };
}
