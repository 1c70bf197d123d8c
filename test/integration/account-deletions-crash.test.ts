import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createFolderStorage } from '../../src/clients/storage-folder.js';
import { cronhook, startAccounts } from '../support/accounts.js';

const USERS = 80;
const KILLS = 5;

test('deletions that are killed again and again lose nobody, and say farewell once', {
  timeout: 240_000,
}, async () => {
  const service = await startAccounts({ smtp: { delayMs: 20 } });
  for (let n = 0; n < USERS; n++) {
    const company = n % 3 === 0 ? await service.company() : null;
    await service.leaving(company, { stripe_customer_id: `cus_${n}` });
    service.stripe.addCustomer(`cus_${n}`, 1);
  }
  const deleted = async () => (await service.deletions()).length;
  const run = () => cronhook(service, ['run', 'account-deletions']);

  let kills = 0;
  while (kills < KILLS) {
    const before = await deleted();
    const { child, ended } = run();
    const wanted = before + Math.floor(Math.random() * 15);
    while ((await deleted()) <= wanted && child.exitCode === null) await sleep(2);
    // The last one dies while the farewells go out.
    if (kills === KILLS - 1) while (service.smtp.mails.length < 5 && child.exitCode === null) await sleep(2);
    await sleep(Math.random() * 40);
    if (child.exitCode !== null) break;
    child.kill('SIGKILL');
    await ended;
    kills += 1;
    await service.db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
  }
  expect(kills).toBe(KILLS);
  const last = await run().ended;
  expect(last.code, last.output).toBe(0);

  expect(await service.users()).toEqual([]);
  const deletions = await service.deletions();
  expect(deletions).toHaveLength(USERS);
  expect(new Set(deletions.map(({ user_id }) => user_id)).size).toBe(USERS);
  for (let n = 0; n < USERS; n++) expect(service.stripe.isDeleted(`cus_${n}`)).toBe(true);

  const { mails } = service.smtp;
  expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(USERS);
  expect(new Set(mails.map(({ to }) => to[0])).size).toBe(USERS);
  // At most one repeat for each connection that was cut off.
  expect(mails.length).toBeLessThanOrEqual(USERS + 4);

  const storage = createFolderStorage(`${service.directory}/.data/storage`);
  const stored: string[] = [];
  for await (const { key } of storage.list('erasures/')) stored.push(key);
  expect(stored.sort()).toEqual(deletions.map(({ id }) => `erasures/${id}.json`).sort());
});
