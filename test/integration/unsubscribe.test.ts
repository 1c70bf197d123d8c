import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { startLokario } from '../support/lokario.js';

/** A quote that is chased, and the link in its mail. */
async function chased() {
  const service = await startLokario({ now: () => new Date('2026-11-04T09:00:00Z') });
  const company = await service.company();
  await service.document(company, {
    kind: 'quote',
    issued_at: '2026-11-01',
    customer_email: 'Zoe@example.com',
  });
  expect((await service.followups()).stats.sent).toBe(1);
  const link = service.smtp.mails[0]?.headers['list-unsubscribe']?.slice(1, -1) ?? '';
  const path = new URL(link).pathname;
  const suppressed = () =>
    service.db.rows<{ address: string; reason: string }>(sql`select * from cronhook.suppressed_addresses`);
  return { service, path, suppressed };
}

test('following the link changes nothing; its page has a button', async () => {
  const { service, path, suppressed } = await chased();
  for (const method of ['GET', 'HEAD']) {
    const page = await service.fetch(path, { method });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  }
  expect(await (await service.fetch(path)).text()).toContain('<form method="post"');
  expect(await suppressed()).toEqual([]);
});

test('the page names who wrote and to whom, before and after, and gives the address away to nobody', async () => {
  const { service, path } = await chased();
  for (const method of ['GET', 'POST']) {
    const page = await (await service.fetch(path, { method })).text();
    expect(page).toContain('Atelier Moreau');
    expect(page).toContain('Z***@example.com');
    expect(page).not.toMatch(/zoe/i);
  }
});

test('a link whose mail is there no more, or not to be had, still does its work', async () => {
  const { service, path, suppressed } = await chased();
  await service.db.rows(sql`delete from cronhook.outbox_messages`);
  expect(await (await service.fetch(path)).text()).toContain('de notre part');
  await service.db.rows(sql`alter table cronhook.outbox_messages rename to gone`);
  for (const method of ['GET', 'POST']) expect((await service.fetch(path, { method })).status).toBe(200);
  expect(await suppressed()).toHaveLength(1);
});

test('one click of the mail program is enough, and the address gets nothing more', async () => {
  const { service, path, suppressed } = await chased();
  const oneClick = { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) };
  for (let count = 0; count < 2; count++) expect((await service.fetch(path, oneClick)).status).toBe(200);
  expect(await suppressed()).toMatchObject([{ address: 'zoe@example.com', reason: 'unsubscribed' }]);
  await service.message({ recipient: 'ZOE@example.com' });
  expect((await service.deliver()).stats).toMatchObject({ sent: 0, suppressed: 1 });
});

test('a link that was changed opens nothing', async () => {
  const { service, path, suppressed } = await chased();
  for (const changed of [
    `${path}x`,
    // The lowest bits of the last letter stand for nothing: A and B would be the same link.
    path.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
    '/unsubscribe/x',
  ]) {
    for (const method of ['GET', 'POST']) expect((await service.fetch(changed, { method })).status).toBe(404);
  }
  expect((await service.fetch(path, { method: 'DELETE' })).status).toBe(405);
  expect(await suppressed()).toEqual([]);
});
