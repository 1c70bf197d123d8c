import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { onTestFinished } from 'vitest';
import { createFolderStorage } from '../../src/clients/storage-folder.js';
import { MAIL_FROM, startLokario } from './lokario.js';
import { startStripe } from './stripe.js';

export const DELETIONS_PATH = '/users/process-account-deletions';
export const NIGHT = new Date('2026-11-21T01:00:00Z');
export const YESTERDAY = '2026-11-20T01:00:00Z';
export const TOMORROW = '2026-11-22T01:00:00Z';

export type AccountsService = Awaited<ReturnType<typeof startAccounts>>;

const PROGRAM = fileURLToPath(new URL('../../bin/cronhook.js', import.meta.url));

/** A directory that is gone when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cronhook-accounts-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The service with Stripe, an SMTP server and a storage of its own. */
export async function startAccounts(options: Parameters<typeof startLokario>[0] = {}) {
  const stripe = await startStripe();
  const { env, ...rest } = options;
  const service = await startLokario({
    now: () => NIGHT,
    env: { STRIPE_SECRET_KEY: stripe.secretKey.reveal(), STRIPE_API_URL: stripe.apiUrl, ...env },
    ...rest,
  });
  const { services } = service.context;
  const directory = temporaryDirectory();
  const storage = createFolderStorage(directory);
  services.storage = storage;
  const { db } = service;
  return {
    ...service,
    services,
    stripe,
    storage,
    directory,
    runDeletions: (query = '') => service.run(DELETIONS_PATH, query),
    users: async () =>
      (await db.rows<{ id: string }>(sql`select id from cronhook.users order by id`)).map(({ id }) => id),
    deletions: () =>
      db.rows<{ id: string; user_id: string; deleted_at: string; counts: unknown; stored_at: string | null }>(
        sql`select * from cronhook.account_deletions order by deleted_at, id`,
      ),
    /** A user whose time has come. */
    leaving: (companyId: string | null, values: Record<string, unknown> = {}) =>
      service.user(companyId, { deletion_scheduled_at: YESTERDAY, ...values }),
    /** A mailbox that no run synchronises. */
    mailbox: (companyId: string | null, values: { email: string; username?: string }) =>
      service.insert('inbox_integrations', {
        id: randomUUID(),
        company_id: companyId,
        host: 'imap.example',
        port: 993,
        tls: 'implicit',
        username: 'login',
        auth_type: 'password',
        secret_encrypted: 'x',
        enabled: false,
        consecutive_failures: 0,
        ...values,
      }),
    mailboxes: async () =>
      (await db.rows<{ id: string }>(sql`select id from cronhook.inbox_integrations`)).map(({ id }) => id),
    async erasures(): Promise<Record<string, unknown>> {
      const found: Record<string, unknown> = {};
      for await (const { key } of storage.list('erasures/'))
        found[key] = JSON.parse((await storage.get(key)) ?? '');
      return found;
    },
  };
}

/** `npx cronhook …` for this service, in its directory: the storage lies under `.data/` there. */
export function cronhook(service: AccountsService, args: string[], env: Record<string, string> = {}) {
  const { stripe, smtp, directory, databaseUrl } = service;
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      DATABASE_URL: databaseUrl,
      STRIPE_SECRET_KEY: stripe.secretKey.reveal(),
      STRIPE_API_URL: stripe.apiUrl,
      SMTP_URL: smtp.url,
      MAIL_FROM,
      ...env,
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const collect = (data: Buffer) => {
    output += data;
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<{ code: number | null; output: string }>((done) =>
    child.on('close', (code) => done({ code, output })),
  );
  return { child, ended };
}
