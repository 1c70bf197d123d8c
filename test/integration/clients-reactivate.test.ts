import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { startClients } from '../support/clients.js';
import { startTestService } from '../support/service.js';

const SILENT = '2026-01-15T10:00:00Z';
const FIRST = '2026-08-01T00:00:00+02:00';
const SECOND = '2026-09-01T00:00:00+02:00';

/** A company that was asked, and the link in its mail. */
async function asked(values: Record<string, unknown> = {}) {
  const service = await startClients(FIRST);
  const company = await service.silent(SILENT, { status: 'cancelled', ...values });
  expect(await service.archive()).toMatchObject({ stats: { sent: 1 } });
  const path = await service.link();
  const open = async (method = 'GET', at = path) => {
    const response = await service.fetch(at, { method });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const row = () => service.client(company);
  return { service, company, path, open, row };
}

test('following the link changes nothing; its page has a button, and loads and runs nothing', async () => {
  const { open, row, path } = await asked();
  const before = await row();
  expect(path).toMatch(/^\/clients\/reactivate\/v1\./);
  for (const method of ['GET', 'HEAD']) {
    const { status, headers } = await open(method);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/html');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  }
  const { text } = await open();
  expect(text).toContain('<form method="post"');
  expect(text).toContain('Atelier Moreau');
  expect(await row()).toEqual(before);
});

test('the button keeps the company: it is not archived, and a second click is fine', async () => {
  const { service, open, row } = await asked();
  service.turnTo('2026-08-20T12:00:00Z');
  for (let clicks = 0; clicks < 2; clicks++) {
    const { status, text } = await open('POST');
    expect(status).toBe(200);
    expect(text).toContain('C’est fait');
    expect(text).not.toContain('<form');
  }
  const { last_active_at: lastActiveAt, ...company } = await row();
  expect(company).toMatchObject({ status: 'cancelled', reactivation_asked_at: null });
  expect(new Date(lastActiveAt ?? '').toISOString()).toBe('2026-08-20T12:00:00.000Z');
  expect((await open()).text).toContain('Tout est en ordre');
  service.turnTo(SECOND);
  expect(await service.archive()).toMatchObject({ stats: { archived: 0, asked: 0, waiting: 0 } });
});

test('out of the archive a company gets the status that it had, and its export goes', async () => {
  const { service, open, row } = await asked();
  service.turnTo(SECOND);
  expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  expect((await open()).text).toContain('Rouvrir votre espace');
  expect((await open('POST')).status).toBe(200);
  expect(await row()).toMatchObject({
    status: 'cancelled',
    previous_status: null,
    archive_key: null,
    archived_at: null,
    reactivation_asked_at: null,
  });
  expect(await service.exports()).toEqual([]);
});

test('a storage that is away keeps nobody out; the next run removes the export', async () => {
  const { service, open, row } = await asked();
  service.turnTo(SECOND);
  await service.archive();
  const [key] = await service.exports();
  const { services } = service.context;
  delete services.storage;
  expect((await open('POST')).status).toBe(200);
  expect(await row()).toMatchObject({ status: 'cancelled', archive_key: null });
  services.storage = service.storage;
  expect(await service.exports()).toEqual([key]);
  service.turnTo('2026-09-03T00:00:00Z');
  expect(await service.archive()).toMatchObject({ stats: { orphans: 1 } });
  expect(await service.exports()).toEqual([]);
});

test('out of the archive a trial that has ended meanwhile gives nobody access, and no session goes on', async () => {
  const { service, company, open, row } = await asked({
    status: 'trial',
    trial_ends_at: '2026-09-15T00:00:00Z',
  });
  const user = await service.user(company);
  await service.insert('sessions', { id: user, user_id: user, expires_at: '2027-09-01T00:00:00Z' });
  service.turnTo(SECOND);
  expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  service.turnTo('2026-10-10T00:00:00Z');
  expect((await open('POST')).status).toBe(200);
  expect(await row()).toMatchObject({ status: 'expired' });
  const people = await service.db.rows<{ disabled_at: string }>(sql`select disabled_at from cronhook.users`);
  expect(people.map(({ disabled_at: at }) => new Date(at).toISOString())).toEqual([
    '2026-10-10T00:00:00.000Z',
  ]);
  expect(await service.db.rows(sql`select from cronhook.sessions`)).toEqual([]);
});

test('whom the database cannot answer gets a page with the button again, not an error of a program', async () => {
  const { service, company, open, row } = await asked();
  const expectPage = async (method: string) => {
    const { status, headers, text } = await open(method);
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('30');
    expect(headers.get('content-type')).toContain('text/html');
    expect(text).toContain('<form method="post"');
  };
  let release = () => {};
  let isHeld = () => {};
  const held = new Promise<void>((done) => {
    isHeld = done;
  });
  const holding = service.db.transaction(async (tx) => {
    await tx.execute(sql`select from cronhook.companies where id = ${company}::uuid for update`);
    isHeld();
    await new Promise<void>((done) => {
      release = done;
    });
  });
  await held;
  await expectPage('POST');
  release();
  await holding;
  await service.db.rows(sql`alter table cronhook.companies rename to away`);
  for (const method of ['GET', 'POST']) await expectPage(method);
  await service.db.rows(sql`alter table cronhook.away rename to companies`);
  expect((await open('POST')).status).toBe(200);
  expect(await row()).toMatchObject({ status: 'cancelled', reactivation_asked_at: null });
});

test('the link of an earlier question does nothing once a new one is asked', async () => {
  const { service, open, row, path } = await asked();
  await open('POST');
  service.turnTo('2027-03-01T00:00:00+01:00');
  expect(await service.archive()).toMatchObject({ stats: { asked: 1, sent: 1 } });
  const newest = await service.link();
  expect(newest).not.toBe(path);
  const before = await row();
  for (const method of ['GET', 'POST']) {
    const { status, text } = await open(method, path);
    expect(status).toBe(410);
    expect(text).not.toContain('<form');
  }
  expect(await row()).toEqual(before);
  expect((await open('POST', newest)).status).toBe(200);
  expect(await row()).toMatchObject({ status: 'cancelled', reactivation_asked_at: null });
});

test('nobody comes back once the company is anonymised, or its people are being erased', async () => {
  const { service, company, open, row } = await asked();
  const user = await service.user(company);
  service.turnTo(SECOND);
  await service.archive();
  await service.db.rows(
    sql`update cronhook.users set deletion_started_at = '2027-09-01T00:00:00Z' where id = ${user}::uuid`,
  );
  for (const method of ['GET', 'POST']) expect((await open(method)).status).toBe(410);
  expect(await row()).toMatchObject({ status: 'archived' });
  service.turnTo('2027-09-02T00:00:00+02:00');
  expect(await service.archive()).toMatchObject({ stats: { anonymised: 1 } });
  for (const method of ['GET', 'POST']) {
    const { status, text } = await open(method);
    expect(status).toBe(410);
    expect(text).not.toContain('Moreau');
  }
  expect(await row()).toMatchObject({ status: 'anonymized' });
});

test('a link that was changed, or made for something else, opens nothing', async () => {
  const { service, company, open, path } = await asked();
  const unsubscribe = service.smtp.mails[0]?.headers['list-unsubscribe'] ?? '';
  const foreign = `/clients/reactivate/${/unsubscribe\/([^>]+)/.exec(unsubscribe)?.[1]}`;
  const changed = path.replace(/.{8}$/, (end) => (end === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA'));
  for (const at of [changed, '/clients/reactivate/x', foreign])
    for (const method of ['GET', 'POST']) expect((await open(method, at)).status).toBe(404);
  expect((await open('DELETE')).status).toBe(405);
  await service.db.rows(sql`delete from cronhook.companies where id = ${company}::uuid`);
  for (const method of ['GET', 'POST']) expect((await open(method)).status).toBe(404);
});

test('the link is there only where the task is served, and documented there', async () => {
  const without = await startTestService({ env: { TASKS: 'outbox' } });
  const answer = await without.fetch('/clients/reactivate/x');
  expect(answer.status).toBe(404);
  expect(answer.headers.get('content-type')).toContain('json');
  const documented = async (service: { fetch(path: string): Promise<Response> }) =>
    Object.keys(((await (await service.fetch('/openapi.json')).json()) as { paths: object }).paths);
  expect(await documented(without)).not.toContain('/clients/reactivate/{token}');
  const { service } = await asked();
  expect(await documented(service)).toContain('/clients/reactivate/{token}');
});
