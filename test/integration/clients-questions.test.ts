import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type ClientsService, startClients } from '../support/clients.js';

const SILENT = '2026-01-15T10:00:00Z';
const FIRST = '2026-08-01T00:00:00+02:00';
const SECOND = '2026-09-01T00:00:00+02:00';

/** A company with an owner and an administrator, whose mail server knows only some of the names. */
async function refusing(...refused: string[]) {
  const service = await startClients(FIRST);
  const company = await service.silent(SILENT, { email: 'contact@moreau.example' });
  for (const [name, role] of [
    ['patronne', 'owner'],
    ['admin', 'admin'],
  ])
    await service.user(company, { email: `${name}@moreau.example`, role });
  service.smtp.onRcpt = (address) =>
    refused.some((name) => address.startsWith(name))
      ? { code: 550, message: '5.1.1 no such user' }
      : undefined;
  return { service, company };
}

const recipients = async (service: ClientsService) =>
  (await service.messages()).map(({ recipient, status }) => [recipient.split('@')[0], status]);

describe('a question that is refused for good', () => {
  test('goes on to the next reader at once, with a link that works', async () => {
    const { service, company } = await refusing('patronne', 'admin');
    expect(await service.archive()).toMatchObject({
      status: 'partial',
      stats: { asked: 1, redirected: 2, unreachable: 0, sent: 1, remaining: 0 },
    });
    expect((await recipients(service)).sort()).toEqual([
      ['admin', expect.stringMatching(/failed|suppressed/)],
      ['contact', 'sent'],
      ['patronne', expect.stringMatching(/failed|suppressed/)],
    ]);
    expect(await service.archive()).toMatchObject({ stats: { redirected: 0, sent: 0, waiting: 1 } });
    const path = await service.link();
    expect((await service.fetch(path, { method: 'POST' })).status).toBe(200);
    expect(await service.client(company)).toMatchObject({ reactivation_asked_at: null });
  });

  test('has its 30 days from the mail that somebody got', async () => {
    const { service, company } = await refusing('patronne');
    await service.smtp.down();
    await service.archive();
    service.turnTo('2026-08-20T00:00:00+02:00');
    await service.smtp.up();
    expect(await service.archive()).toMatchObject({ stats: { redirected: 1, sent: 1 } });
    service.turnTo('2026-09-18T23:59:00+02:00');
    expect(await service.archive()).toMatchObject({ stats: { archived: 0 } });
    service.turnTo('2026-09-19T00:00:00+02:00');
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
    expect(await service.client(company)).toMatchObject({ status: 'archived' });
  });

  test('by all at the very moment of asking is told once too, and ends the asking', async () => {
    const { service } = await refusing('patronne', 'admin', 'contact');
    expect(await service.archive()).toMatchObject({ stats: { asked: 1, redirected: 2, unreachable: 1 } });
    expect(await service.archive()).toMatchObject({ stats: { asked: 0, redirected: 0, unreachable: 0 } });
    service.turnTo(SECOND);
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  });

  test('by all is told to the administrators, once, and the 30 days count from there', async () => {
    const { service, company } = await refusing('patronne', 'admin', 'contact');
    await service.smtp.down();
    await service.archive();
    service.turnTo('2026-08-20T00:00:00+02:00');
    await service.smtp.up();
    expect(await service.archive()).toMatchObject({ stats: { redirected: 2, unreachable: 1, sent: 0 } });
    expect(await service.archive()).toMatchObject({ stats: { redirected: 0, unreachable: 0 } });
    const told = (await service.notifications()).filter(({ kind }) => kind === 'reactivation_unreachable');
    expect(told).toMatchObject([{ user_id: null, body: expect.stringContaining(company) }]);
    service.turnTo(SECOND);
    expect(await service.archive()).toMatchObject({ stats: { archived: 0 } });
    service.turnTo('2026-09-19T00:00:00+02:00');
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  });
});

describe('a row with an absurd time', () => {
  const set = (assignment: string) => `update cronhook.companies set ${assignment} where name = 'bad'`;
  const day = (value: string) =>
    `insert into cronhook.user_activity (user_id, day) select id, '${value}' from cronhook.users where name = 'bad'`;

  test.each([
    day('300000-01-01'),
    day('5874897-12-31'),
    day('infinity'),
    day('4713-01-01 BC'),
    set(`last_active_at = '294276-12-01'`),
    set(`last_active_at = '-infinity'`),
    set(`created_at = '4713-01-01 BC', last_active_at = null`),
    set(`reactivation_asked_at = 'infinity'`),
    set(`reactivation_asked_at = '-infinity'`),
    set(`reactivation_asked_at = '294276-12-15'`),
    set(`status = 'archived', archived_at = '294276-12-15'`),
    set(`status = 'archived', archived_at = '-infinity'`),
  ])('fails nothing for others: %s', async (statement) => {
    const service = await startClients(FIRST);
    await service.user(await service.silent(SILENT, { name: 'bad' }), { name: 'bad' });
    const company = await service.silent(SILENT);
    await service.db.rows(sql.raw(statement));
    expect(await service.archive()).toMatchObject({ status: 'succeeded' });
    service.turnTo(SECOND);
    expect(await service.archive()).toMatchObject({ status: 'succeeded' });
    expect(await service.client(company)).toMatchObject({ status: 'archived' });
  });
});
