import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/client.js';
import { Secret } from '../../src/secret.js';
import { read } from '../support/service.js';
import { startTrials } from '../support/trials.js';

const NIGHT = '2026-11-20T00:00:00Z';
const JUST_ENDED = '2026-11-19T23:59:59Z';
const IN_TWO_DAYS = '2026-11-22T10:00:00Z';

describe('a trial that is over', () => {
  test('ends with its users disabled, their sessions ended and one offer to its owner', async () => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.member(company, { role: 'member', email: 'membre@moreau.example' });
    await service.member(company, { role: 'admin', email: 'admin@moreau.example' });
    const owner = await service.member(company, { email: 'claire@moreau.example' });
    for (const _ of [1, 2])
      await service.insert('sessions', {
        id: crypto.randomUUID(),
        user_id: owner,
        expires_at: '2027-01-01T00:00:00Z',
      });
    const answer = await service.expire();
    expect(answer).toMatchObject({
      status: 'succeeded',
      message: 'Expiration des essais terminée avec succès',
      stats: { expired: 1, usersDisabled: 3, sessionsEnded: 2, warned: 0, sent: 1, failed: 0 },
    });
    expect(await service.state(company)).toEqual({ status: 'expired', able: 0, sessions: 0 });
    expect(service.smtp.mails.map(({ to }) => to)).toEqual([['claire@moreau.example']]);
    const [mail] = service.smtp.mails;
    expect(mail?.subject).toBe('Votre essai Cronhook est terminé : reprenez où vous en étiez');
    expect(mail?.headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
    expect((await service.expire()).stats).toMatchObject({ expired: 0, sent: 0 });
    expect(service.smtp.mails).toHaveLength(1);
  });

  test('ends at its very end, and not a millisecond before', async () => {
    const service = await startTrials('2026-11-19T23:59:58.999Z');
    const company = await service.trial({ trial_ends_at: JUST_ENDED });
    expect((await service.expire()).stats).toMatchObject({ expired: 0, warned: 0 });
    service.turn(JUST_ENDED);
    expect((await service.expire()).stats).toMatchObject({ expired: 1 });
    expect((await service.state(company))?.status).toBe('expired');
  });

  test('keeps the moment at which a user was disabled before', async () => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED });
    const gone = await service.member(company, { disabled_at: '2026-03-01T00:00:00Z' });
    await service.expire();
    const [user] = await service.db.rows<{ disabled_at: string }>(
      sql`select disabled_at from cronhook.users where id = ${gone}::uuid`,
    );
    expect(user?.disabled_at).toContain('2026-03-01');
    expect(service.smtp.mails.map(({ to }) => to)).toEqual([['contact@moreau.example']]);
  });

  test.each([
    ['has converted', { converted_at: '2026-11-19T23:59:59.5Z' }, undefined],
    ['is active', { status: 'active' }, undefined],
    ['has subscribed', {}, { status: 'active' }],
    ['has a payment overdue', {}, { status: 'past_due' }],
    [
      'has cancelled, and paid until later',
      {},
      { status: 'cancelled', cancelled_at: '2026-11-20T00:00:01Z' },
    ],
    ['has no end', { trial_ends_at: null }, undefined],
    ['never ends', { trial_ends_at: 'infinity' }, undefined],
  ])('of a company that %s is left alone', async (_, values, subscription) => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED, ...values });
    await service.member(company);
    if (subscription) await service.subscribe(company, subscription);
    expect(await service.expire()).toMatchObject({ status: 'succeeded', stats: { expired: 0, sent: 0 } });
    expect((await service.state(company))?.able).toBe(1);
  });

  test('of a company that has only ever cancelled ends', async () => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.subscribe(company, { status: 'cancelled', cancelled_at: '2026-10-01T00:00:00Z' });
    expect((await service.expire()).stats).toMatchObject({ expired: 1 });
  });

  test('of a company that is being written to waits for the next call', async () => {
    const service = await startTrials(NIGHT);
    const converting = await service.trial({ trial_ends_at: JUST_ENDED });
    const other = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.member(converting);
    const application = openDatabase(new Secret(service.databaseUrl), { max: 1 });
    await application.transaction(async (tx) => {
      await tx.execute(
        sql`update cronhook.companies set status = 'active', converted_at = ${NIGHT}::timestamptz
          where id = ${converting}::uuid`,
      );
      expect((await service.expire()).stats).toMatchObject({ expired: 1, busy: 1 });
    });
    await application.close();
    expect((await service.expire()).stats).toMatchObject({ expired: 0, busy: 0 });
    expect(await service.state(converting)).toMatchObject({ status: 'active', able: 1 });
    expect((await service.state(other))?.status).toBe('expired');
  });

  test('ends without a mail where nobody can be written to', async () => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED, email: 'à compléter' });
    await service.member(company, { email: 'sans adresse', role: 'owner' });
    expect(await service.expire()).toMatchObject({
      status: 'succeeded',
      stats: { expired: 1, unreachable: 1, sent: 0 },
    });
    expect((await service.state(company))?.status).toBe('expired');
  });

  test.each([
    ['60 days ago', '2026-09-21T00:00:00Z', { expired: 1, withoutOffer: 0, sent: 1 }],
    [
      'more than 60 days ago',
      '2026-09-20T23:59:59Z',
      { expired: 1, withoutOffer: 1, unreachable: 0, sent: 0 },
    ],
  ])('%s ends, with an offer only where that does not come out of the blue', async (_, ends, stats) => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: ends });
    await service.member(company);
    const { runId } = await service.expire('&dryRun=true');
    const { details } = await read(service.call(`/runs/${runId}`));
    expect(details).toMatchObject([{ to: stats.sent === 0 ? null : expect.any(String) }]);
    expect((await service.expire()).stats).toMatchObject(stats);
    expect(await service.state(company)).toMatchObject({ status: 'expired', able: 0 });
  });

  test('ends whole or not at all, and keeps no other from ending', async () => {
    const service = await startTrials(NIGHT);
    const broken = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.member(broken, { name: 'Interdit' });
    const companies = await Promise.all([1, 2, 3].map(() => service.trial({ trial_ends_at: JUST_ENDED })));
    await service.db.rows(sql`
      create function cronhook.refuse() returns trigger language plpgsql as
      $$ begin if new.name = 'Interdit' then raise exception 'not this one'; end if; return new; end $$`);
    await service.db.rows(sql`create trigger refuse before update on cronhook.users for each row
      execute function cronhook.refuse()`);
    const answer = await service.expire();
    expect(answer).toMatchObject({ status: 'partial', stats: { expired: 3, sent: 3, failed: 1 } });
    expect(answer.errors).toMatchObject([{ item: broken }]);
    expect(await service.state(broken)).toMatchObject({ status: 'trial', able: 1 });
    for (const company of companies) expect((await service.state(company))?.status).toBe('expired');
    await service.db.rows(sql`drop trigger refuse on cronhook.users`);
    expect((await service.expire()).stats).toMatchObject({ expired: 1, sent: 1 });
  });

  test('ends where the tables are updatable views of the team', async () => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.member(company);
    for (const table of ['companies', 'users', 'sessions', 'subscriptions']) {
      await service.db.rows(sql.raw(`alter table cronhook.${table} rename to their_${table}`));
      await service.db.rows(
        sql.raw(`create view cronhook.${table} as select * from cronhook.their_${table}`),
      );
    }
    expect(await service.expire()).toMatchObject({ status: 'succeeded', stats: { expired: 1, sent: 1 } });
    expect(await service.state(company)).toMatchObject({ status: 'expired', able: 0 });
  });
});

describe('the offer', () => {
  test.each([
    ['has subscribed', sql`converted_at = ${NIGHT}::timestamptz, status = 'active'`],
    ['was given more time', sql`trial_ends_at = '2026-12-20T00:00:00Z', status = 'trial'`],
  ])('does not leave once the company %s', async (_, change) => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.smtp.down();
    expect((await service.expire()).status).toBe('partial');
    await service.update(company, change);
    await service.smtp.up();
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
  });

  test('leaves late when the mail server was away', async () => {
    const service = await startTrials(NIGHT);
    await service.trial({ trial_ends_at: JUST_ENDED });
    await service.smtp.down();
    await service.expire();
    await service.smtp.up();
    service.turn('2026-11-21T00:00:00Z');
    expect((await service.deliver()).stats).toMatchObject({ sent: 1 });
  });

  test('goes to nobody else when the owner has unsubscribed', async () => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.member(company, { email: 'claire@moreau.example' });
    await service.db.rows(
      sql`insert into cronhook.suppressed_addresses values ('claire@moreau.example', 'unsubscribed')`,
    );
    expect((await service.expire()).stats).toMatchObject({ expired: 1, suppressed: 1, sent: 0 });
  });

  test('is made again when a trial that was opened again has ended again', async () => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: JUST_ENDED });
    await service.expire();
    await service.update(company, sql`status = 'trial', trial_ends_at = '2026-11-25T00:00:00Z'`);
    service.turn('2026-11-26T00:00:00Z');
    expect((await service.expire()).stats).toMatchObject({ expired: 1, sent: 1 });
  });
});

test('a member is written to where there is neither an owner nor an administrator nor an address of the company', async () => {
  const service = await startTrials(NIGHT);
  const alone = await service.trial({ trial_ends_at: JUST_ENDED, email: null });
  await service.member(alone, {
    role: 'owner',
    email: 'gone@moreau.example',
    disabled_at: '2026-11-01T00:00:00Z',
  });
  await service.member(alone, { role: 'member', email: 'membre@moreau.example' });
  const known = await service.trial({ trial_ends_at: IN_TWO_DAYS });
  await service.member(known, { role: 'member', email: 'autre@moreau.example' });
  expect((await service.expire()).stats).toMatchObject({ expired: 1, warned: 1, unreachable: 0, sent: 2 });
  expect(service.smtp.mails.flatMap(({ to }) => to).sort()).toEqual([
    'contact@moreau.example',
    'membre@moreau.example',
  ]);
});

describe('a warning', () => {
  test('goes out once, three days before the end', async () => {
    const service = await startTrials('2026-11-19T09:59:59Z');
    const company = await service.trial({ trial_ends_at: IN_TWO_DAYS });
    await service.member(company, { email: 'claire@moreau.example' });
    expect((await service.expire()).stats).toMatchObject({ warned: 0, sent: 0 });
    service.turn('2026-11-19T10:00:00Z');
    expect((await service.expire()).stats).toMatchObject({ warned: 1, sent: 1, expired: 0 });
    service.turn('2026-11-20T10:00:00Z');
    expect((await service.expire()).stats).toMatchObject({ warned: 0, sent: 0 });
    expect(service.smtp.mails[0]?.subject).toBe('Votre essai Cronhook se termine le 22 novembre 2026');
    expect(service.smtp.mails[0]?.headers['list-unsubscribe']).toContain('/unsubscribe/');
  });

  test('goes out late rather than not at all, but not in the last hour', async () => {
    const service = await startTrials('2026-11-22T08:59:00Z');
    await service.trial({ trial_ends_at: IN_TWO_DAYS });
    await service.trial({ trial_ends_at: '2026-11-22T09:59:00Z' });
    expect((await service.expire()).stats).toMatchObject({ warned: 1 });
  });

  test('goes out again for another end, and not for one that it has been told of', async () => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: IN_TWO_DAYS });
    expect((await service.expire()).stats).toMatchObject({ warned: 1 });
    await service.update(company, sql`trial_ends_at = '2026-12-10T10:00:00Z'`);
    expect((await service.expire()).stats).toMatchObject({ warned: 0 });
    service.turn('2026-12-08T00:00:00Z');
    expect((await service.expire()).stats).toMatchObject({ warned: 1, sent: 1 });
    await service.update(company, sql`trial_ends_at = ${IN_TWO_DAYS}::timestamptz`);
    service.turn(NIGHT);
    expect((await service.expire()).stats).toMatchObject({ warned: 0, sent: 0 });
  });

  test.each([
    ['the trial was extended', sql`trial_ends_at = '2026-12-10T10:00:00Z'`],
    ['the company has converted', sql`converted_at = ${NIGHT}::timestamptz`],
  ])('does not leave once %s', async (_, change) => {
    const service = await startTrials(NIGHT);
    const company = await service.trial({ trial_ends_at: IN_TWO_DAYS });
    await service.smtp.down();
    await service.expire();
    await service.update(company, change);
    await service.smtp.up();
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
  });
});

test('the conversion rate is that of the trials that came to an end in the last 30 days', async () => {
  const service = await startTrials(NIGHT);
  expect((await service.expire()).stats).toMatchObject({ converted30d: 0, conversionRate: null });
  for (const converted_at of ['2026-10-22T00:00:00Z', '2026-11-19T00:00:00Z', '2026-10-01T00:00:00Z'])
    await service.trial({ status: 'active', converted_at, trial_ends_at: '2026-11-01T00:00:00Z' });
  await service.trial({ status: 'expired', trial_ends_at: '2026-10-01T00:00:00Z' });
  await service.trial({ status: 'expired', trial_ends_at: '2026-11-15T00:00:00Z' });
  await service.trial({ trial_ends_at: '2026-12-15T00:00:00Z' });
  await service.trial({ trial_ends_at: JUST_ENDED });
  expect((await service.expire()).stats).toMatchObject({ expired: 1, converted30d: 2, conversionRate: 0.5 });
});

test('a dry run names each company and what it would get, and changes nothing', async () => {
  const service = await startTrials(NIGHT);
  const over = await service.trial({ name: 'Finie', trial_ends_at: JUST_ENDED });
  await service.member(over, { email: 'claire@moreau.example' });
  const ending = await service.trial({ name: 'Bientôt', trial_ends_at: IN_TWO_DAYS });
  const answer = await service.expire('&dryRun=true');
  expect(answer.stats).toMatchObject({ expired: 1, usersDisabled: 1, warned: 1, sent: 0 });
  const run = await read(service.call(`/runs/${answer.runId}`));
  expect(run.details).toEqual([
    {
      item: 'Finie',
      action: 'expire',
      company: over,
      trialEndedAt: JUST_ENDED,
      usersDisabled: 1,
      to: 'claire@moreau.example',
    },
    {
      item: 'Bientôt',
      action: 'warn',
      company: ending,
      trialEndsAt: IN_TWO_DAYS,
      to: 'contact@moreau.example',
    },
  ]);
  expect(await service.state(over)).toMatchObject({ status: 'trial', able: 1 });
  expect(await service.messages()).toEqual([]);
});

test('ten schedulers that call at once end each trial once', async () => {
  const service = await startTrials(NIGHT);
  for (let n = 0; n < 20; n++) await service.trial({ trial_ends_at: JUST_ENDED });
  await Promise.all(Array.from({ length: 10 }, () => service.expire()));
  await service.deliver();
  expect(service.smtp.mails).toHaveLength(20);
  expect(new Set((await service.messages()).map(({ dedupe_key }) => dedupe_key)).size).toBe(20);
});
