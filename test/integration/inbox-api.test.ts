import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DOVECOT_PACKAGE, dovecotAvailable, startDovecot } from '../support/dovecot.js';
import { deadPort, startMuteServer, startProxy } from '../support/imap-faults.js';
import {
  type InboxService,
  mail,
  PASSWORD,
  startInboxService,
  startMailboxes,
} from '../support/imap-inbox.js';
import { google, json, microsoft, startTokenServer } from '../support/imap-oauth.js';

const PATH = '/inbox/integrations';
const SHORT = { connectMs: 700, loginMs: 700 };
const noDovecot = dovecotAvailable() ? '' : ` (skipped: install the package ${DOVECOT_PACKAGE})`;

const body = (port: number, changes: Record<string, unknown> = {}) => ({
  email: 'anna@example.com',
  host: '127.0.0.1',
  port,
  tls: 'none',
  username: 'anna',
  password: PASSWORD,
  ...changes,
});

const startServer = (accessTokens: Record<string, string> = {}) =>
  startMailboxes({ anna: [{ path: 'INBOX', mails: [{ raw: mail({}) }, { raw: mail({}) }] }] }, accessTokens);

/** Everything that outsiders or a reader of the database get to see. */
async function everythingSeen(service: InboxService): Promise<string> {
  const rows = await service.db.rows(sql`
    select to_jsonb(mailbox) from cronhook.inbox_integrations mailbox
    union all select to_jsonb(run) from cronhook.task_runs run
  `);
  const answers = await Promise.all([PATH, '/runs'].map(async (path) => (await service.call(path)).text()));
  return JSON.stringify(rows) + answers.join('') + service.log();
}

async function refused(service: InboxService, given: unknown, statuses = [422]) {
  const response = await service.post(PATH, given);
  const text = await response.text();
  expect(statuses).toContain(response.status);
  expect(await service.integrations()).toEqual([]);
  const answer = JSON.parse(text) as { success: boolean; error: string; message: string };
  expect(answer.success).toBe(false);
  expect(text + service.log()).not.toContain(PASSWORD);
  return answer;
}

describe('POST /inbox/integrations', () => {
  test('adds a mailbox once its login has worked, with its password encrypted', async () => {
    const server = await startServer();
    const proxy = await startProxy(server.port);
    const service = await startInboxService();
    const response = await service.post(PATH, body(proxy.port));
    expect(response.status).toBe(201);
    const answer = (await response.json()) as { id: string };
    expect(proxy.count(/^(LOGIN|AUTHENTICATE)/)).toBe(1);
    const [row] = await service.integrations();
    expect(row).toMatchObject({ id: answer.id, auth_type: 'password' });
    expect(row?.secret_encrypted).toMatch(/^v1\./);
    expect(JSON.stringify(answer) + (await everythingSeen(service))).not.toContain(PASSWORD);
    expect((await service.sync()).stats.messagesAdded).toBe(2);
  });

  test('needs the secret', async () => {
    const server = await startServer();
    const service = await startInboxService();
    const init = { method: 'POST', body: JSON.stringify(body(server.port)) };
    expect((await service.fetch(PATH, init)).status).toBe(403);
    expect((await service.fetch(PATH)).status).toBe(403);
    expect(await service.integrations()).toEqual([]);
  });

  const oauth = { tokenUrl: 'https://t.example/t', clientId: 'a', clientSecret: 'b', refreshToken: 'c' };
  const wrong: [string, Record<string, unknown>][] = [
    ['email', { email: 'anna' }],
    ['email', { email: undefined }],
    ['host', { host: 'http://127.0.0.1' }],
    ['host', { host: '' }],
    ['host', { host: 'a b' }],
    ['port', { port: 0 }],
    ['port', { port: 65_536 }],
    ['port', { port: 'imap' }],
    ['tls', { tls: 'ssl' }],
    ['username', { username: '' }],
    ['password', { password: '' }],
    ['password', { password: 5 }],
    ['password', { password: undefined }],
    ['oauth', { oauth }],
    ['tokenUrl', { password: undefined, oauth: { ...oauth, tokenUrl: 'http://elsewhere.example/t' } }],
    ['refreshToken', { password: undefined, oauth: { ...oauth, refreshToken: undefined } }],
    ['companyId', { companyId: '12' }],
    ['secretEncrypted', { secretEncrypted: 'x' }],
  ];
  test('names the field that is wrong, and stores nothing', async () => {
    const server = await startServer();
    const service = await startInboxService();
    for (const [field, changes] of wrong) {
      const answer = await refused(service, body(server.port, changes), [400]);
      expect(answer.error).toBe('invalid_parameters');
      expect(answer.message).toContain(field);
    }
  });

  test('refuses a body that is no JSON object', async () => {
    const service = await startInboxService();
    const headers = { 'content-type': 'application/json' };
    for (const text of ['', '{', '[]', '"x"', 'null'])
      expect((await service.call(PATH, { method: 'POST', body: text, headers })).status).toBe(400);
  });

  test('says what is wrong with host, port, password or TLS mode, and stores nothing', async () => {
    const server = await startServer();
    const mute = await startMuteServer();
    const web = await startMuteServer('HTTP/1.1 400 Bad Request');
    const service = await startInboxService({ timeouts: SHORT });
    const message = async (changes: Record<string, unknown>) =>
      (await refused(service, body(server.port, changes))).message;
    expect(await message({ host: 'nulle-part.invalid' })).toContain('nulle-part.invalid');
    expect(await message({ port: await deadPort() })).toMatch(/refuse/);
    expect(await message({ port: mute.port })).toMatch(/temps/);
    expect(await message({ port: web.port })).toContain(`${web.port}`);
    expect(await message({ password: 'faux' })).toContain('anna');
    expect(await message({ username: 'inconnue' })).toContain('inconnue');
    expect(await message({ tls: 'implicit' })).toMatch(/starttls/);
    expect(await message({ tls: 'starttls' })).toMatch(/STARTTLS/);
  });

  test.skipIf(noDovecot)(
    `says when a certificate is not to be trusted, and stores nothing${noDovecot}`,
    async () => {
      const dovecot = await startDovecot({ users: { anna: PASSWORD } });
      onTestFinished(() => dovecot.close());
      const service = await startInboxService({ timeouts: { connectMs: 3_000 } });
      for (const given of [
        body(dovecot.tlsPort, { tls: 'implicit' }),
        body(dovecot.port, { tls: 'starttls' }),
      ]) {
        const { message } = await refused(service, given);
        expect(message).toMatch(/certificat/i);
      }
      expect((await refused(service, body(dovecot.tlsPort))).message).toBeTruthy();
      expect((await service.post(PATH, body(dovecot.port))).status).toBe(201);
    },
  );

  test('refuses a mailbox that is there already, even when it comes twice at once', async () => {
    const server = await startServer();
    const service = await startInboxService();
    const answers = await Promise.all([1, 2, 3].map(() => service.post(PATH, body(server.port))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const again = await service.post(PATH, body(server.port));
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ error: 'conflict' });
    expect(await service.integrations()).toHaveLength(1);
  });
});

describe('the other mailbox endpoints', () => {
  test('GET lists the mailboxes without their secrets', async () => {
    const server = await startServer();
    const service = await startInboxService();
    await service.post(PATH, body(server.port));
    const text = await (await service.call(PATH)).text();
    const { integrations } = JSON.parse(text) as { integrations: Record<string, unknown>[] };
    expect(integrations).toHaveLength(1);
    expect(integrations[0]).toMatchObject({
      email: 'anna@example.com',
      host: '127.0.0.1',
      port: server.port,
      tls: 'none',
      username: 'anna',
      authType: 'password',
      enabled: true,
      consecutiveFailures: 0,
      lastSyncedAt: null,
    });
    expect(text).not.toMatch(/secret|password":|v1\./i);
  });

  test('DELETE removes a mailbox with its folders and mails, and no other', async () => {
    const server = await startServer();
    const service = await startInboxService();
    const first = await service.add({ port: server.port });
    await service.add({ port: server.port, email: 'autre@example.com' });
    await service.sync();
    expect(await service.mails()).toHaveLength(4);
    const remove = (id: string) => service.call(`${PATH}/${id}`, { method: 'DELETE' });
    expect((await remove(first)).status).toBe(204);
    expect(await service.mails()).toHaveLength(2);
    expect(await service.folders()).toHaveLength(1);
    expect((await service.integrations()).map(({ email }) => email)).toEqual(['autre@example.com']);
    expect((await remove(first)).status).toBe(404);
    expect((await remove('x')).status).toBe(404);
  });

  test('POST credentials keeps the old ones unless the new ones work, and ends the back-off', async () => {
    const server = await startServer();
    const service = await startInboxService();
    const id = await service.add({ port: server.port, password: 'ancien' });
    await service.sync();
    const renew = (target: string, given: unknown) => service.post(`${PATH}/${target}/credentials`, given);
    expect((await renew('0197a000-0000-7000-8000-000000000000', { password: PASSWORD })).status).toBe(404);
    expect((await renew(id, {})).status).toBe(400);
    const before = await service.integrations();
    expect(before[0]?.consecutive_failures).toBe(1);
    expect((await renew(id, { password: 'faux' })).status).toBe(422);
    expect(await service.integrations()).toEqual(before);
    expect((await renew(id, { password: PASSWORD })).status).toBe(204);
    const [after] = await service.integrations();
    expect(after).toMatchObject({ consecutive_failures: 0, next_attempt_at: null, last_error: null });
    expect(await service.sync()).toMatchObject({ status: 'succeeded', stats: { messagesAdded: 2 } });
  });
});

describe('OAuth', () => {
  const CLIENT_SECRET = 'client-secret-77aa';
  const REFRESH_TOKEN = 'refresh-token-55bb';
  const ACCESS_TOKEN = 'ya29.access-token-33cc';
  const grant = (tokenUrl: string) => ({
    tokenUrl,
    clientId: 'client-id-11dd',
    clientSecret: CLIENT_SECRET,
    refreshToken: REFRESH_TOKEN,
  });
  const stored = async (service: InboxService) => {
    const [row] = await service.integrations();
    const plain = service.vault.decrypt(
      row?.secret_encrypted ?? '',
      `inbox_integrations:${row?.id}:secret_encrypted`,
    );
    return JSON.parse(plain) as { refreshToken: string; accessToken?: string };
  };

  test('adds and synchronises a mailbox, and no secret is to be seen anywhere', async () => {
    const server = await startServer({ anna: ACCESS_TOKEN });
    const provider = await startTokenServer(google(ACCESS_TOKEN));
    const service = await startInboxService();
    const given = body(server.port, { password: undefined, oauth: grant(provider.tokenUrl) });
    expect((await service.post(PATH, given)).status).toBe(201);
    expect((await service.integrations())[0]?.auth_type).toBe('oauth2');
    expect(Object.fromEntries(provider.requests[0] ?? [])).toEqual({
      grant_type: 'refresh_token',
      client_id: 'client-id-11dd',
      client_secret: CLIENT_SECRET,
      refresh_token: REFRESH_TOKEN,
    });
    expect(await service.sync()).toMatchObject({ status: 'succeeded', stats: { messagesAdded: 2 } });
    const seen = await everythingSeen(service);
    for (const secret of [CLIENT_SECRET, REFRESH_TOKEN, ACCESS_TOKEN]) expect(seen).not.toContain(secret);
  });

  test('uses a token until it is about to expire', async () => {
    let now = new Date('2026-11-21T10:00:00Z');
    const server = await startServer({ anna: ACCESS_TOKEN });
    const provider = await startTokenServer(google(ACCESS_TOKEN));
    const service = await startInboxService({ now: () => now });
    await service.add({ port: server.port, oauth: grant(provider.tokenUrl) });
    await service.sync();
    now = new Date('2026-11-21T10:58:00Z');
    await service.sync();
    expect(provider.requests).toHaveLength(1);
    now = new Date('2026-11-21T10:59:30Z');
    expect((await service.sync()).status).toBe('succeeded');
    expect(provider.requests).toHaveLength(2);
  });

  test('renews a token once that the server refuses before its time', async () => {
    const server = await startServer({ anna: ACCESS_TOKEN });
    const provider = await startTokenServer(google(ACCESS_TOKEN));
    const service = await startInboxService();
    const accessToken = { value: 'revoked-token', expiresAt: Date.now() + 3_600_000 };
    await service.add({ port: server.port, oauth: grant(provider.tokenUrl), accessToken });
    expect(await service.sync()).toMatchObject({ status: 'succeeded', stats: { messagesAdded: 2 } });
    expect(provider.requests).toHaveLength(1);
  });

  test('stores a rotated refresh token before it is used, and never sends an old one', async () => {
    let token = 'refused-token';
    const server = await startServer({ anna: ACCESS_TOKEN });
    const { handler, current } = microsoft(() => token, REFRESH_TOKEN);
    const provider = await startTokenServer(handler);
    const service = await startInboxService();
    await service.add({ port: server.port, oauth: grant(provider.tokenUrl) });
    expect((await service.sync()).status).toBe('partial');
    // The login failed; the provider has forgotten the first refresh token, we have the second one.
    expect(provider.requests).toHaveLength(1);
    expect((await stored(service)).refreshToken).toBe(current());
    token = ACCESS_TOKEN;
    expect(await service.sync('&force=true')).toMatchObject({ status: 'succeeded', stats: { failed: 0 } });
    expect((await stored(service)).refreshToken).toBe(current());
    const sent = provider.requests.map((form) => form.get('refresh_token'));
    expect(new Set(sent).size).toBe(sent.length);
    expect(await everythingSeen(service)).not.toContain(REFRESH_TOKEN);
  });

  test('keeps a rotated refresh token though the mail server is down', async () => {
    const { handler, current } = microsoft(() => ACCESS_TOKEN, REFRESH_TOKEN);
    const provider = await startTokenServer(handler);
    const service = await startInboxService();
    await service.add({ port: await deadPort(), oauth: grant(provider.tokenUrl) });
    expect((await service.sync()).status).toBe('partial');
    expect((await stored(service)).refreshToken).toBe(current());
  });

  test('says when the grant is no longer good, and tries it seldom', async () => {
    const server = await startServer({ anna: ACCESS_TOKEN });
    const provider = await startTokenServer(() =>
      json(400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }),
    );
    const service = await startInboxService();
    const given = body(server.port, { password: undefined, oauth: grant(provider.tokenUrl) });
    const { message } = await refused(service, given);
    expect(message).toContain('invalid_grant');
    await service.add({ port: server.port, oauth: grant(provider.tokenUrl) });
    const answer = await service.sync();
    expect(answer).toMatchObject({ status: 'partial', stats: { failed: 1 } });
    expect(answer.errors[0]?.message).toContain('credentials');
    const [row] = await service.integrations();
    const waits = new Date(row?.next_attempt_at ?? 0).getTime() - Date.now();
    expect(waits).toBeGreaterThan(9 * 60_000);
    expect(provider.requests).toHaveLength(2);
  });

  test('survives a provider that answers 500, garbage or too much', async () => {
    const server = await startServer({ anna: ACCESS_TOKEN });
    const provider = await startTokenServer(() => json(500, { error: 'internal_failure' }));
    const service = await startInboxService();
    await service.add({ port: server.port, oauth: grant(provider.tokenUrl) });
    for (const answer of [
      { status: 500, body: 'oops' },
      { status: 200, body: '<html>' },
      { status: 200, body: '{"access_token": 5}' },
      { status: 200, body: `{"access_token": "${'x'.repeat(1_000_000)}"}` },
      { status: 302, body: '' },
    ]) {
      provider.handler = () => answer;
      expect(await service.sync('&force=true')).toMatchObject({ status: 'partial', stats: { failed: 1 } });
      expect((await stored(service)).refreshToken).toBe(REFRESH_TOKEN);
    }
    provider.handler = google(ACCESS_TOKEN);
    expect((await service.sync('&force=true')).status).toBe('succeeded');
  });

  test('waits for a provider that is slow', async () => {
    const server = await startServer({ anna: ACCESS_TOKEN });
    const body = JSON.stringify({ access_token: ACCESS_TOKEN, expires_in: 3_600 });
    const provider = await startTokenServer(() => ({ status: 200, body, afterMs: 1_500 }));
    const service = await startInboxService();
    await service.add({ port: server.port, oauth: grant(provider.tokenUrl) });
    expect((await service.sync()).status).toBe('succeeded');
  });

  test('is not renewed by a dry run', async () => {
    const server = await startServer({ anna: ACCESS_TOKEN });
    const provider = await startTokenServer(google(ACCESS_TOKEN));
    const service = await startInboxService();
    await service.add({ port: server.port, oauth: grant(provider.tokenUrl) });
    expect((await service.sync('&dryRun=true')).status).toBe('succeeded');
    expect(provider.requests).toHaveLength(0);
  });

  test('takes the place of a password, and a password its place', async () => {
    const server = await startServer({ anna: ACCESS_TOKEN });
    const provider = await startTokenServer(google(ACCESS_TOKEN));
    const service = await startInboxService();
    const id = await service.add({ port: server.port });
    const renew = (given: unknown) => service.post(`${PATH}/${id}/credentials`, given);
    expect((await renew({ oauth: grant(provider.tokenUrl) })).status).toBe(204);
    expect((await service.integrations())[0]?.auth_type).toBe('oauth2');
    expect((await service.sync()).status).toBe('succeeded');
    expect((await renew({ password: PASSWORD })).status).toBe(204);
    expect((await service.integrations())[0]?.auth_type).toBe('password');
    expect((await service.sync()).status).toBe('succeeded');
  });
});
