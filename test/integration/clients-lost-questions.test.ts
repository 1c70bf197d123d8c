import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type ClientsService, startClients } from '../support/clients.js';

const SILENT = '2026-01-15T10:00:00Z';
const FIRST = '2026-08-01T00:00:00+02:00';
const DELETIONS = '/users/process-account-deletions';

/** Two owners, and a mail server that is away while the company is asked. */
async function askedInVain() {
  const service = await startClients(FIRST);
  const company = await service.silent(SILENT, { email: null });
  for (const name of ['anna', 'bob'])
    await service.user(company, { email: `${name}@moreau.example`, role: 'owner' });
  await service.smtp.down();
  expect(await service.archive()).toMatchObject({ stats: { asked: 1, sent: 0 } });
  return { service, company };
}

async function eraseReader(service: ClientsService, moment: string): Promise<void> {
  const [question] = await service.messages();
  await eraseAddress(service, question?.recipient ?? '', moment);
}

async function eraseAddress(service: ClientsService, address: string, moment: string): Promise<void> {
  service.turnTo(moment);
  await service.db.rows(sql`
    update cronhook.users set deletion_scheduled_at = ${moment}::timestamptz where email = ${address}`);
  expect(await service.run(DELETIONS)).toMatchObject({ stats: { deleted: 1 } });
}

describe('a question whose reader is erased', () => {
  test('before it has left was never asked: another reader is, and has 30 days', async () => {
    const { service, company } = await askedInVain();
    await eraseReader(service, '2026-08-06T02:00:00Z');
    await service.smtp.up();
    service.turnTo('2026-09-01T00:00:00+02:00');
    expect(await service.archive()).toMatchObject({ stats: { asked: 1, sent: 1, archived: 0 } });
    service.turnTo('2026-09-30T23:59:00+02:00');
    expect(await service.archive()).toMatchObject({ stats: { archived: 0 } });
    service.turnTo('2026-10-01T00:00:00+02:00');
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
    expect(await service.client(company)).toMatchObject({ status: 'archived' });
  });

  test('keeps its 30 days from when the mail has left', async () => {
    const { service, company } = await askedInVain();
    service.turnTo('2026-08-20T00:00:00+02:00');
    await service.smtp.up();
    expect(await service.archive()).toMatchObject({ stats: { sent: 1 } });
    await eraseReader(service, '2026-08-26T02:00:00Z');
    service.turnTo('2026-09-18T23:59:00+02:00');
    expect(await service.archive()).toMatchObject({ stats: { asked: 0, archived: 0 } });
    service.turnTo('2026-09-19T00:00:01+02:00');
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
    expect(await service.client(company)).toMatchObject({ status: 'archived' });
  });
});

test('a question goes on, once, to whom it did not go yet, though an earlier reader is erased', async () => {
  const service = await startClients(FIRST);
  const company = await service.silent(SILENT, { email: 'contact@moreau.example' });
  await service.user(company, { email: 'anna@moreau.example', role: 'owner' });
  await service.user(company, { email: 'bob@moreau.example', role: 'admin' });
  service.smtp.onRcpt = (address) =>
    address.startsWith('anna')
      ? { code: 550, message: '5.1.1 no such user' }
      : { code: 450, message: '4.2.1 later' };
  expect(await service.archive()).toMatchObject({ stats: { asked: 1, redirected: 1, sent: 0 } });
  await service.db.rows(sql`update cronhook.users set role = 'owner' where email = 'bob@moreau.example'`);
  await eraseAddress(service, 'anna@moreau.example', '2026-08-02T02:00:00Z');
  service.smtp.onRcpt = (address) =>
    address.startsWith('bob') ? { code: 550, message: '5.1.1 no such user' } : undefined;
  expect(await service.archive()).toMatchObject({ stats: { redirected: 1, sent: 1, unreachable: 0 } });
  const sent = (await service.messages()).filter(({ status }) => status === 'sent');
  expect(sent).toMatchObject([{ recipient: 'contact@moreau.example' }]);
});

test('a message under the number that would come next holds up nobody else', async () => {
  const service = await startClients(FIRST);
  const asked = '2026-07-31T22:00:00Z';
  const company = await service.silent(SILENT, {
    email: 'contact@moreau.example',
    reactivation_asked_at: asked,
  });
  await service.user(company, { email: 'bob@moreau.example', role: 'owner' });
  await service.message({
    task: 'clients-archive',
    recipient: 'bob@moreau.example',
    status: 'failed',
    dedupe_key: `reactivation:${company}:${Date.parse(asked)}:2`,
  });
  const other = await service.silent(SILENT, { reactivation_asked_at: '2026-06-01T00:00:00Z' });
  expect(await service.archive()).toMatchObject({
    status: 'succeeded',
    stats: { redirected: 1, sent: 1, archived: 1 },
  });
  expect(await service.client(other)).toMatchObject({ status: 'archived' });
});
