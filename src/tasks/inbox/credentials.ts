import { sql } from 'drizzle-orm';
import type { ImapAccount } from '../../clients/imap.js';
import { type OauthTokens, refreshAccessToken } from '../../clients/oauth.js';
import type { Vault } from '../../clients/vault.js';
import type { OauthClient, TlsMode } from '../../db/schema/inbox.js';
import { AppError } from '../../errors.js';
import { Secret } from '../../secret.js';
import type { TaskDatabase } from '../define.js';

/** What a mailbox is reached with. */
export interface MailboxAccess {
  id: string;
  host: string;
  port: number;
  tls: TlsMode;
  username: string;
  authType: 'password' | 'oauth2';
  secretEncrypted: string;
  oauth: OauthClient | null;
}

export interface OauthSecrets {
  clientSecret: string;
  refreshToken: string;
  accessToken?: string;
  /** Epoch milliseconds. */
  expiresAt?: number;
}

/** An access token is renewed when it has less than this left. */
const RENEW_BEFORE_MS = 60_000;

const row = (id: string): string => `inbox_integrations:${id}:secret_encrypted`;

export const sealPassword = (vault: Vault, id: string, password: string): string =>
  vault.encrypt(password, row(id));

export const sealOauth = (vault: Vault, id: string, secrets: OauthSecrets): string =>
  vault.encrypt(JSON.stringify(secrets), row(id));

/** @throws {AppError} when the stored secret does not decrypt: another key, or a row changed by hand */
function unseal(vault: Vault, access: MailboxAccess): string {
  try {
    return vault.decrypt(access.secretEncrypted, row(access.id));
  } catch (cause) {
    throw new AppError('unprocessable', (t) => t.imap.secretUnreadable, { cause, permanent: true });
  }
}

interface AccountOptions {
  vault: Vault;
  db: Pick<TaskDatabase, 'rows'>;
  now: Date;
  signal: AbortSignal;
  /** `always` when the server has just refused the token; `never` in a dry run, since it changes the grant. */
  renew: 'when due' | 'always' | 'never';
}

/**
 * What to log in with; an OAuth token is renewed when it is about to expire.
 * @returns undefined when it would have to be renewed, and must not
 */
export async function accountOf(
  access: MailboxAccess,
  options: AccountOptions,
): Promise<ImapAccount | undefined> {
  const { host, port, tls, username } = access;
  const plain = unseal(options.vault, access);
  if (access.authType === 'password' || !access.oauth) {
    return { host, port, tls, username, secret: { kind: 'password', value: new Secret(plain) } };
  }
  const secrets = parseOauth(plain);
  const { accessToken, expiresAt = 0 } = secrets;
  const lasts = expiresAt - options.now.getTime() > RENEW_BEFORE_MS;
  const usable = accessToken && options.renew !== 'always' && lasts;
  if (!usable && options.renew === 'never') return undefined;
  const token = usable ? accessToken : await renewToken(access, access.oauth, secrets, options);
  return { host, port, tls, username, secret: { kind: 'oauth2', value: new Secret(token) } };
}

function parseOauth(plain: string): OauthSecrets {
  try {
    return JSON.parse(plain) as OauthSecrets;
  } catch {
    // No cause: the parser's message quotes the secret.
    throw new AppError('unprocessable', (t) => t.imap.secretUnreadable, { permanent: true });
  }
}

/**
 * Stores a rotated refresh token before the access token is used: the provider has forgotten the old one.
 * This write is not fenced, since losing the token would lose the mailbox; it only replaces what was read.
 */
async function renewToken(
  access: MailboxAccess,
  client: OauthClient,
  secrets: OauthSecrets,
  { vault, db, now, signal }: AccountOptions,
): Promise<string> {
  const { renewed, tokens } = await exchange(client, secrets, now, signal);
  const sealed = sealOauth(vault, access.id, renewed);
  const stored = await db.rows(sql`
    update cronhook.inbox_integrations set secret_encrypted = ${sealed}
    where id = ${access.id}::uuid and secret_encrypted = ${access.secretEncrypted} returning 1
  `);
  // Whoever looks again in this run must not find the refresh token that has just been used up.
  if (stored.length > 0) access.secretEncrypted = sealed;
  return tokens.accessToken;
}

/** Asks the provider for a token; `renewed` is what must be stored from now on. */
export async function exchange(
  client: OauthClient,
  secrets: OauthSecrets,
  now: Date,
  signal: AbortSignal,
): Promise<{ renewed: OauthSecrets; tokens: OauthTokens }> {
  const grant = {
    ...client,
    clientSecret: new Secret(secrets.clientSecret),
    refreshToken: new Secret(secrets.refreshToken),
  };
  const tokens = await refreshAccessToken(grant, signal);
  const renewed = {
    clientSecret: secrets.clientSecret,
    refreshToken: tokens.refreshToken ?? secrets.refreshToken,
    accessToken: tokens.accessToken,
    expiresAt: now.getTime() + tokens.expiresInSeconds * 1000,
  };
  return { renewed, tokens };
}
