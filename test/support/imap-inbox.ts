import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { ImapFlow } from 'imapflow';
import { onTestFinished } from 'vitest';
import { createImap } from '../../src/clients/imap.js';
import type { Vault } from '../../src/clients/vault.js';
import type { SampleFolder } from '../../src/dev/imap-server.js';
import { startSampleImapServer } from '../../src/dev/imap-server.js';
import type { AnyTask } from '../../src/tasks/define.js';
import { sealOauth, sealPassword } from '../../src/tasks/inbox/credentials.js';
import { read, startTestService } from './service.js';

export const SYNC_PATH = '/inbox/integrations/sync-all';
export const PASSWORD = 'mot-de-passe-9f2c';

export interface StoredMail {
  id: string;
  path: string;
  folder_id: string;
  uid: number;
  uid_validity: string;
  message_id: string | null;
  thread_id: string;
  subject: string | null;
  from_address: string | null;
  from_name: string | null;
  sent_at: string | null;
  received_at: string;
  flags: string[];
  size_bytes: number;
  text_body: string | null;
  html_body: string | null;
  attachments: { name: string | null; type: string; sizeBytes: number; part: string }[];
  deleted_at: string | null;
}

export interface StoredIntegration {
  id: string;
  email: string;
  auth_type: string;
  secret_encrypted: string;
  consecutive_failures: number;
  next_attempt_at: string | null;
  last_synced_at: string | null;
  last_error: string | null;
}

interface Given {
  email?: string;
  host?: string;
  port: number;
  username?: string;
  password?: string;
  oauth?: { tokenUrl: string; clientId: string; clientSecret: string; refreshToken: string };
  /** An access token that is stored already. */
  accessToken?: { value: string; expiresAt: number };
}

export type InboxService = Awaited<ReturnType<typeof startInboxService>>;

/** The service with what tests of mailboxes need; `timeouts` are the IMAP client's, to see a hang within seconds. */
export async function startInboxService(
  options: {
    timeouts?: { connectMs?: number; loginMs?: number; idleMs?: number; overtimeMs?: number };
    tasks?: AnyTask[];
    now?: () => Date;
    env?: Record<string, string>;
  } = {},
) {
  const { timeouts, ...rest } = options;
  const service = await startTestService(rest);
  const { services } = service.context;
  if (timeouts) services.imap = createImap({ concurrency: services.imap.concurrency, timeouts });
  const vault = services.vault as Vault;
  const { db } = service;
  return {
    ...service,
    vault,
    sync: (query = '') => read(service.call(`${SYNC_PATH}?wait=120${query}`)),
    post: (path: string, body: unknown) =>
      service.call(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    /** Straight into the table, so that what cannot log in can be there too. */
    async add({ port, host = '127.0.0.1', username = 'anna', ...given }: Given): Promise<string> {
      const id = randomUUID();
      const { oauth, password = PASSWORD, accessToken } = given;
      const cached = accessToken && { accessToken: accessToken.value, expiresAt: accessToken.expiresAt };
      const sealed = oauth
        ? sealOauth(vault, id, {
            clientSecret: oauth.clientSecret,
            refreshToken: oauth.refreshToken,
            ...cached,
          })
        : sealPassword(vault, id, password);
      const client = oauth ? JSON.stringify({ tokenUrl: oauth.tokenUrl, clientId: oauth.clientId }) : null;
      await db.rows(sql`
        insert into cronhook.inbox_integrations
          (id, email, host, port, tls, username, auth_type, secret_encrypted, oauth)
        values (${id}::uuid, ${given.email ?? `${username}@example.com`}, ${host}, ${port}, 'none', ${username},
          ${oauth ? 'oauth2' : 'password'}, ${sealed}, ${client}::text::jsonb)
      `);
      return id;
    },
    async mails(): Promise<StoredMail[]> {
      const rows = await db.rows<Record<string, unknown>>(sql`
        select mail.*, array_to_json(mail.flags) as flags, folder.path
        from cronhook.inbox_messages mail left join cronhook.inbox_folders folder on folder.id = mail.folder_id
        order by folder.path, mail.uid_validity, mail.uid
      `);
      return rows.map((row) => ({
        ...(row as unknown as StoredMail),
        uid: Number(row.uid),
        size_bytes: Number(row.size_bytes),
      }));
    },
    folders: () =>
      db.rows<{ id: string; path: string; uid_validity: string; backfill_uid: string | null }>(
        sql`select id, path, uid_validity, backfill_uid from cronhook.inbox_folders order by path`,
      ),
    integrations: () =>
      db.rows<StoredIntegration>(sql`select * from cronhook.inbox_integrations order by created_at, id`),
    /** What waiting until the back-off is over does. */
    endBackOff: () => db.rows(sql`update cronhook.inbox_integrations set next_attempt_at = null`),
  };
}

/** An IMAP server inside this process, with one or more mailboxes. Gone when the test ends. */
export async function startMailboxes(
  mailboxes: Record<string, SampleFolder[]>,
  accessTokens: Record<string, string> = {},
) {
  const accounts = Object.entries(mailboxes).map(([username, folders]) => ({
    username,
    password: PASSWORD,
    folders,
    ...(accessTokens[username] && { accessToken: accessTokens[username] }),
  }));
  const server = await startSampleImapServer({ accounts });
  onTestFinished(() => server.close().catch(() => {}));
  return { ...server, accounts };
}

/** Another mail program at work on the mailbox. */
export async function asClient<Result>(
  server: { port: number },
  work: (client: ImapFlow) => Promise<Result>,
  { user = 'anna', pass = PASSWORD } = {},
): Promise<Result> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass },
    logger: false,
    disableAutoIdle: true,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

export const inFolder = <Result>(
  server: { port: number },
  path: string,
  work: (client: ImapFlow) => Promise<Result>,
) =>
  asClient(server, async (client) => {
    await client.mailboxOpen(path);
    return work(client);
  });

let count = 0;

export function mail(given: {
  id?: string | null;
  subject?: string;
  inReplyTo?: string;
  references?: string[];
  date?: string;
  body?: string | Buffer;
  headers?: string[];
}): Buffer {
  const { id = `<m${count++}@example.com>`, references = [] } = given;
  const lines = [
    'From: Zoé Martin <zoe@example.com>',
    'To: anna@example.com',
    `Subject: ${given.subject ?? 'Bonjour'}`,
    `Date: ${given.date ?? 'Sat, 21 Nov 2026 09:30:00 +0100'}`,
    ...(id === null ? [] : [`Message-ID: ${id}`]),
    ...(given.inReplyTo ? [`In-Reply-To: ${given.inReplyTo}`] : []),
    ...(references.length > 0 ? [`References: ${references.join(' ')}`] : []),
    ...(given.headers ?? ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8']),
  ];
  return Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
    Buffer.from(given.body ?? 'Bonjour Anna.'),
  ]);
}

export const subjects = (mails: StoredMail[]): (string | null)[] =>
  mails
    .filter((stored) => stored.deleted_at === null)
    .map((stored) => stored.subject)
    .sort();
