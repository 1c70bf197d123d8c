import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type AccountsService, startAccounts, YESTERDAY } from '../support/accounts.js';

const EMAIL = 'jeanne@exemple.fr';

const suppressions = (service: AccountsService) =>
  service.db.rows<{ address: string; reason: string; created_at: string }>(
    sql`select * from cronhook.suppressed_addresses order by reason, address`,
  );

/** Somebody who is gone now, and whose address and number had been suppressed. */
async function gone() {
  const service = await startAccounts();
  const own = { created_at: YESTERDAY };
  await service.insert('suppressed_addresses', {
    address: 'Jeanne@exemple.fr',
    reason: 'unsubscribed',
    ...own,
  });
  const quoted = '550 5.1.1 <jeanne@exemple.fr> Jeanne Petit unknown';
  await service.insert('suppressed_addresses', { address: '+33698765432', reason: quoted, ...own });
  await service.leaving(null, { email: EMAIL, name: 'Jeanne Petit', phone: '06 98 76 54 32' });
  expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1, sent: 0 } });
  return service;
}

describe('an address that gets nothing, of somebody whose account is deleted', () => {
  test('is kept as a digest, with the day and without the words of servers', async () => {
    const rows = await suppressions(await gone());
    expect(rows).toMatchObject([
      { address: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), reason: 'erased' },
      { address: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), reason: 'unsubscribed' },
    ]);
    expect(rows.map(({ created_at }) => new Date(created_at).toISOString().slice(0, 10))).toEqual([
      YESTERDAY.slice(0, 10),
      YESTERDAY.slice(0, 10),
    ]);
    expect(JSON.stringify(rows)).not.toMatch(/jeanne|petit|98765432/i);
  });

  test('still gets nothing of what another company sends to its customer', async () => {
    const service = await gone();
    await service.message({ recipient: 'JEANNE@exemple.fr' });
    await service.message({ recipient: 'anna@exemple.fr' });
    expect(await service.deliver()).toMatchObject({ stats: { sent: 1, suppressed: 1 } });
    expect(service.smtp.mails.map(({ to }) => to)).toEqual([['anna@exemple.fr']]);

    const [company, chasing] = [await service.company(), { issued_at: '2026-10-01', due_at: '2026-11-01' }];
    const document = await service.document(company, { customer_email: ` ${EMAIL}`, ...chasing });
    await service.followups();
    expect(await service.chase(document)).toMatchObject({ stopped_reason: 'suppressed' });
  });

  test('gets mail again once a person has deleted the row, which the address finds', async () => {
    const service = await gone();
    await service.db.rows(sql`
      delete from cronhook.suppressed_addresses where address = 'sha256:' || encode(sha256('jeanne@exemple.fr'), 'hex')
    `);
    await service.message({ recipient: EMAIL });
    expect(await service.deliver()).toMatchObject({ stats: { sent: 1, suppressed: 0 } });
  });

  test('gets no farewell either when the person comes back and goes again, and stays one row', async () => {
    const service = await gone();
    await service.insert('suppressed_addresses', { address: EMAIL, reason: 'unsubscribed' });
    await service.leaving(null, { email: EMAIL });
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1, sent: 0 } });
    expect(await suppressions(service)).toHaveLength(2);
  });

  test('is no other one: a digest given as an address unlocks nothing', async () => {
    const service = await gone();
    const before = await suppressions(service);
    for (const { address } of before) await service.leaving(null, { email: address });
    expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 2 } });
    expect(await suppressions(service)).toEqual(before);
  });
});
