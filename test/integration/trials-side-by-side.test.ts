import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/client.js';
import { Secret } from '../../src/secret.js';
import { startTrials } from '../support/trials.js';

const NIGHT = '2026-11-20T00:00:00Z';
const JUST_ENDED = '2026-11-19T23:59:59Z';

async function withApplication() {
  const service = await startTrials(NIGHT);
  const application = openDatabase(new Secret(service.databaseUrl), { max: 2 });
  onTestFinished(() => application.close());
  return { ...service, application };
}

describe('while the application works on one company, the end of trials', () => {
  test.each([
    [
      'a user',
      (id: string) => sql`update cronhook.users set last_login_at = ${NIGHT}::timestamptz
      where company_id = ${id}::uuid`,
    ],
    [
      'a session',
      (id: string) => sql`update cronhook.sessions set expires_at = ${NIGHT}::timestamptz
      where user_id in (select id from cronhook.users where company_id = ${id}::uuid)`,
    ],
    [
      'a subscription',
      (id: string) => sql`select from cronhook.companies where id = ${id}::uuid for key share`,
    ],
  ])('leaves that one, of which it holds %s, to the next call and ends the others', async (_, hold) => {
    const service = await withApplication();
    const companies: string[] = [];
    for (let n = 0; n < 12; n++) {
      const company = await service.trial({ trial_ends_at: JUST_ENDED });
      const user_id = await service.member(company);
      await service.insert('sessions', {
        id: crypto.randomUUID(),
        user_id,
        expires_at: '2027-01-01T00:00:00Z',
      });
      companies.push(company);
    }
    const [held = ''] = companies;
    await service.application.transaction(async (tx) => {
      await tx.execute(hold(held));
      expect(await service.expire()).toMatchObject({
        status: 'succeeded',
        stats: { expired: 11, busy: 1, failed: 0 },
      });
      expect(await service.state(held)).toMatchObject({ status: 'trial', able: 1, sessions: 1 });
      // Nothing of the company was kept locked: it may become a customer in this very transaction.
      await tx.execute(
        sql`update cronhook.companies set status = 'active', converted_at = ${NIGHT}::timestamptz
          where id = ${held}::uuid`,
      );
    });
    expect((await service.expire()).stats).toMatchObject({ expired: 0, busy: 0 });
    expect(await service.state(held)).toMatchObject({ status: 'active', able: 1 });
  });

  test('gives a company up after two seconds, where its lock could not be foreseen, and ends the others', async () => {
    const service = await withApplication();
    await service.db.rows(sql`
      create function cronhook.wait() returns trigger language plpgsql as $$ begin
        if new.name = 'Lente' then perform pg_advisory_xact_lock(1); end if; return new; end $$`);
    await service.db.rows(sql`create trigger wait before update on cronhook.users for each row
      execute function cronhook.wait()`);
    const slow = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.member(slow, { name: 'Lente' });
    for (let n = 0; n < 8; n++) await service.trial({ trial_ends_at: JUST_ENDED });
    await service.application.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(1)`);
      expect(await service.expire()).toMatchObject({
        status: 'succeeded',
        stats: { expired: 8, busy: 1, failed: 0 },
      });
    });
    expect(await service.state(slow)).toMatchObject({ status: 'trial', able: 1 });
    expect((await service.expire()).stats).toMatchObject({ expired: 1, busy: 0 });
  });
});

test('each company ends in a transaction of its own, with all that belongs to it', async () => {
  const service = await startTrials(NIGHT);
  for (let n = 0; n < 9; n++) await service.member(await service.trial({ trial_ends_at: JUST_ENDED }));
  expect((await service.expire()).stats).toMatchObject({ expired: 9 });
  const [ends] = await service.db.rows(sql`
    select count(distinct company.xmin::text)::int as transactions,
      count(*) filter (where company.xmin = member.xmin)::int as whole
    from cronhook.companies company join cronhook.users member on member.company_id = company.id
  `);
  expect(ends).toEqual({ transactions: 9, whole: 9 });
});
