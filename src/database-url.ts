import type { Config } from './config.js';
import { startEmbeddedPostgres } from './db/embedded.js';
import type { Secret } from './secret.js';

const DATA_DIRECTORY = '.data';

export interface DatabaseLocation {
  url: Secret;
  /** Where the embedded server keeps its data. */
  data?: string;
  /** Stops the embedded server, when this call has started it. */
  stop(): Promise<void>;
}

/** `DATABASE_URL`, or outside production an embedded server under `.data/`. */
export async function locateDatabase(config: Config): Promise<DatabaseLocation> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, stop: async () => {} };
  const server = await startEmbeddedPostgres({ directory: DATA_DIRECTORY });
  return {
    url: await server.database('cronhook'),
    data: server.data,
    stop: server.started ? server.stop : async () => {},
  };
}
