import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Imap, ImapAccount } from '../../clients/imap.js';
import type { Vault } from '../../clients/vault.js';
import { type Database, rowsOf } from '../../db/client.js';
import { jsonb } from '../../db/json.js';
import type { OauthClient, TlsMode } from '../../db/schema/inbox.js';
import { AppError } from '../../errors.js';
import { Secret } from '../../secret.js';
import { exchange, type MailboxAccess, type OauthSecrets, sealOauth, sealPassword } from './credentials.js';

export type NewCredentials =
  | { password: string; oauth?: undefined }
  | { password?: undefined; oauth: OauthClient & { clientSecret: string; refreshToken: string } };

export type NewIntegration = NewCredentials & {
  companyId?: string | undefined;
  email: string;
  host: string;
  port: number;
  tls: TlsMode;
  username: string;
};

export interface Integration {
  id: string;
  companyId: string | null;
  email: string;
  host: string;
  port: number;
  tls: TlsMode;
  username: string;
  authType: 'password' | 'oauth2';
  enabled: boolean;
  consecutiveFailures: number;
  nextAttemptAt: string | null;
  lastSyncedAt: string | null;
  lastError: string | null;
  createdAt: string;
}

interface Tools {
  db: Database;
  imap: Imap;
  vault: Vault;
  now: Date;
}

/** How long adding a mailbox may take in all. */
const LOGIN_TIMEOUT_MS = 60_000;

/**
 * Adds a mailbox once its login has worked.
 * @throws {AppError} unprocessable when it does not, conflict when the mailbox is there already; nothing is stored
 */
export async function addIntegration(given: NewIntegration, tools: Tools): Promise<string> {
  const { db, vault } = tools;
  await refuseTwin(db, given);
  const id = randomUUID();
  const sealed = await tryLogin(id, given, given, tools, vault);
  await db.transaction(async (tx) => {
    // Two callers adding the same mailbox at once: the second one waits, then finds it.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${twinKey(given)}, 0))`);
    await refuseTwin({ query: tx }, given);
    await tx.execute(sql`
      insert into cronhook.inbox_integrations
        (id, company_id, email, host, port, tls, username, auth_type, secret_encrypted, oauth)
      values (${id}::uuid, ${given.companyId ?? null}::uuid, ${given.email}, ${given.host}, ${given.port}, ${given.tls},
        ${given.username}, ${given.oauth ? 'oauth2' : 'password'}, ${sealed}, ${jsonb(publicPart(given.oauth))})
    `);
  });
  return id;
}

/**
 * Replaces password or OAuth grant once the login has worked, and ends the back-off.
 * @throws {AppError} not_found, or unprocessable when the login does not work; nothing is changed then
 */
export async function renewCredentials(id: string, given: NewCredentials, tools: Tools): Promise<void> {
  const { db, vault } = tools;
  const [found] = await db.rows<Pick<MailboxAccess, 'host' | 'port' | 'tls' | 'username'>>(
    sql`select host, port, tls, username from cronhook.inbox_integrations where id = ${id}::uuid`,
  );
  if (!found) throw notFound(id);
  const sealed = await tryLogin(id, found, given, tools, vault);
  const changed = await db.rows(sql`
    update cronhook.inbox_integrations
    set secret_encrypted = ${sealed}, auth_type = ${given.oauth ? 'oauth2' : 'password'},
      oauth = ${jsonb(publicPart(given.oauth))}, consecutive_failures = 0, next_attempt_at = null, last_error = null
    where id = ${id}::uuid returning 1
  `);
  if (changed.length === 0) throw notFound(id);
}

export async function listIntegrations(db: Database): Promise<Integration[]> {
  const rows = await db.rows<Record<string, never>>(sql`
    select id, company_id as "companyId", email, host, port, tls, username, auth_type as "authType", enabled,
      consecutive_failures as "consecutiveFailures", next_attempt_at as "nextAttemptAt",
      last_synced_at as "lastSyncedAt", last_error as "lastError", created_at as "createdAt"
    from cronhook.inbox_integrations order by created_at, id
  `);
  const iso = (value: string | null) => value && new Date(value).toISOString();
  return rows.map((row) => ({
    ...(row as unknown as Integration),
    nextAttemptAt: iso(row.nextAttemptAt ?? null),
    lastSyncedAt: iso(row.lastSyncedAt ?? null),
    createdAt: iso(row.createdAt ?? null) as string,
  }));
}

/**
 * Removes a mailbox with its folders and mails. A sync that works on it finds it gone at its next batch.
 * @throws {AppError} not_found
 */
export async function removeIntegration(db: Database, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const removed = await rowsOf(
      tx,
      sql`delete from cronhook.inbox_integrations where id = ${id}::uuid returning 1`,
    );
    if (removed.length === 0) throw notFound(id);
    await tx.execute(sql`
      delete from cronhook.inbox_messages
      where folder_id in (select id from cronhook.inbox_folders where integration_id = ${id}::uuid)
    `);
    await tx.execute(sql`delete from cronhook.inbox_folders where integration_id = ${id}::uuid`);
  });
}

const notFound = (id: string): AppError => new AppError('not_found', (t) => t.errors.integrationNotFound(id));

const publicPart = (oauth: OauthClient | undefined): OauthClient | undefined =>
  oauth && { tokenUrl: oauth.tokenUrl, clientId: oauth.clientId };

type Server = Pick<MailboxAccess, 'host' | 'port' | 'tls' | 'username'>;

/** Logs in once. @returns the sealed secret to store, a rotated refresh token included */
async function tryLogin(
  id: string,
  server: Server,
  given: NewCredentials,
  { imap, now }: Tools,
  vault: Vault,
) {
  const { host, port, tls, username } = server;
  const signal = AbortSignal.timeout(LOGIN_TIMEOUT_MS);
  let secret: ImapAccount['secret'];
  let sealed: string;
  if (given.oauth) {
    const { clientSecret, refreshToken, ...client } = given.oauth;
    const secrets: OauthSecrets = { clientSecret, refreshToken };
    const { renewed, tokens } = await exchange(client, secrets, now, signal);
    secret = { kind: 'oauth2', value: new Secret(tokens.accessToken) };
    sealed = sealOauth(vault, id, renewed);
  } else {
    secret = { kind: 'password', value: new Secret(given.password) };
    sealed = sealPassword(vault, id, given.password);
  }
  const session = await imap.connect({ host, port, tls, username, secret }, signal);
  await session.logout().catch(() => session.close());
  return sealed;
}

const twinKey = (given: NewIntegration): string =>
  JSON.stringify([given.companyId ?? null, given.host.toLowerCase(), given.port, given.username]);

async function refuseTwin(db: { query: Parameters<typeof rowsOf>[0] }, given: NewIntegration): Promise<void> {
  const [twin] = await rowsOf<{ id: string }>(
    db.query,
    sql`
      select id from cronhook.inbox_integrations
      where company_id is not distinct from ${given.companyId ?? null}::uuid
        and lower(host) = lower(${given.host}) and port = ${given.port} and username = ${given.username}
    `,
  );
  if (twin) throw new AppError('conflict', (t) => t.errors.integrationExists(given.email, twin.id));
}
