import { sql } from 'drizzle-orm';
import { gunzipped } from '../../src/backups/pipes.js';
import type { Storage } from '../../src/clients/storage.js';
import { startLokario } from './lokario.js';
import { read } from './service.js';
import { keysOf } from './storage.js';

export const ARCHIVE_PATH = '/clients/archive-inactive';

export type ClientsService = Awaited<ReturnType<typeof startClients>>;

export interface ClientRow {
  status: string;
  previous_status: string | null;
  archive_key: string | null;
  archived_at: string | null;
  anonymized_at: string | null;
  reactivation_asked_at: string | null;
  last_active_at: string | null;
  name: string;
  email: string | null;
  phone: string | null;
}

/** An export as it stands in the storage. */
export interface Export {
  company: string;
  tables: Record<string, Record<string, unknown>[]>;
  rows: Record<string, number>;
}

/** The service under a clock that the test turns. */
export async function startClients(start: string, options: Parameters<typeof startLokario>[0] = {}) {
  const clock = { now: new Date(start) };
  const service = await startLokario({ now: () => clock.now, ...options });
  const { db, call, context } = service;
  const storage = context.services.storage as Storage;
  return {
    ...service,
    storage,
    archive: (query = '') => read(call(`${ARCHIVE_PATH}?wait=120${query}`)),
    turnTo: (moment: string) => {
      clock.now = new Date(moment);
    },
    client: async (id: string) => {
      const [row] = await db.rows<ClientRow>(sql`select * from cronhook.companies where id = ${id}::uuid`);
      if (!row) throw new Error('no such company');
      return row;
    },
    /** A company that nobody has been in since. */
    silent: (since: string, values: Record<string, unknown> = {}) =>
      service.company({ created_at: '2024-01-01T00:00:00Z', last_active_at: since, ...values }),
    exports: () => keysOf(storage),
    /** Where the newest mail's button leads, without the host. */
    link: () => {
      const html = service.smtp.mails.at(-1)?.html ?? '';
      return Promise.resolve(html).then(
        (text) => /https:\/\/cron\.example\.com(\/clients\/reactivate\/[^"]+)/.exec(String(text))?.[1] ?? '',
      );
    },
  };
}

export async function readExport(storage: Storage, key: string): Promise<Export> {
  const stored = await storage.download(key);
  if (!stored) throw new Error(`no object ${key}`);
  return JSON.parse(await textOf(gunzipped(stored))) as Export;
}

export async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
