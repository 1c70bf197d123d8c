import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { startAvailability, startPage } from '../support/availability.js';
import { fromOutside } from '../support/database-admin.js';
import { startFailing } from '../support/failing-tasks.js';
import { addMonitor } from '../support/monitors.js';
import { testTask } from '../support/tasks.js';
import { twilioError } from '../support/twilio.js';

const NO_MAIL = 'Les e-mails ne partent pas';
const NO_SMS = 'Les SMS ne partent pas';

type Options = NonNullable<Parameters<typeof startAvailability>[0]>;

/** A site that is down, and channels that the test breaks. */
async function startDown(options: Options = {}) {
  const service = await startAvailability(options);
  const page = await startPage(500);
  await addMonitor(service.db, { name: 'Boutique', target: page.url });
  const { twilio, mails, texts, later, watch } = service;
  const bare = (words: string) => words.replace(/^Cronhook : /, '').replace(/ \((depuis|après) .*/, '');
  return {
    ...service,
    page,
    /** The next look; a channel that does not work is no failure of it. */
    look: async () => {
      later(5);
      const { status } = await watch();
      expect(status).toBe('succeeded');
    },
    breakSms: () => twilio.fail(/Messages/, twilioError(401, 20003, 'Authenticate')),
    mailed: () => mails().map(bare),
    texted: () => texts().map(bare),
  };
}

describe('a channel of the alerts that does not work', () => {
  test('SMS: is told once by mail, with what to do, and again when they leave', async () => {
    const { breakSms, look, mailed, texted, incidents, smtp, twilio } = await startDown();
    breakSms();
    for (let n = 0; n < 3; n++) await look();
    expect(mailed()).toEqual(['Boutique ne répond plus', NO_SMS]);
    const text = await smtp.mails[1]?.text;
    expect(text).toContain('TWILIO_AUTH_TOKEN');
    expect(text).toContain('cronhook alerts test');
    expect(await incidents()).toContainEqual({ source: 'channel:sms', severity: 'important', open: true });
    twilio.recover();
    await look();
    expect(texted()).toEqual(['Boutique ne répond plus']);
    expect(mailed().slice(2)).toEqual([`Résolu : ${NO_SMS}`]);
    expect((await incidents()).find(({ source }) => source === 'channel:sms')?.open).toBe(false);
    await look();
    expect([mailed().length, texted().length]).toEqual([3, 1]);
  });

  test('mail: is told by SMS at once, and by mail only when it is over', async () => {
    const { look, mailed, texted, smtp } = await startDown();
    await smtp.down();
    for (let n = 0; n < 2; n++) await look();
    expect(texted()).toEqual(['Boutique ne répond plus', NO_MAIL]);
    await smtp.up();
    for (let n = 0; n < 2; n++) await look();
    expect(mailed()).toEqual(['Boutique ne répond plus', `Résolu : ${NO_MAIL}`]);
    expect(texted().slice(2)).toEqual([`Résolu : ${NO_MAIL}`]);
  });

  test('mail and SMS: wait, no run goes round in circles, and both ends are told', async () => {
    const { breakSms, look, mailed, texted, incidents, smtp, twilio, notifications } = await startDown();
    await smtp.down();
    breakSms();
    for (let n = 0; n < 3; n++) await look();
    expect([mailed(), texted()]).toEqual([[], []]);
    expect((await incidents()).filter(({ open }) => open)).toHaveLength(3);
    expect((await notifications()).map(({ kind }) => kind)).toEqual(Array(3).fill('incident'));
    await smtp.up();
    twilio.recover();
    for (let n = 0; n < 2; n++) await look();
    expect((await incidents()).filter(({ open }) => open)).toHaveLength(1);
    for (const words of [`Résolu : ${NO_MAIL}`, `Résolu : ${NO_SMS}`]) expect(mailed()).toContain(words);
    expect(texted()).toContain('Boutique ne répond plus');
  });

  test('ends also when nothing waits for it any more', async () => {
    const { look, incidents, smtp, db } = await startDown({ env: { ADMIN_SMS: '' } });
    await smtp.down();
    await look();
    await db.rows(sql`update cronhook.outbox_messages set status = 'cancelled'`);
    await look();
    expect((await incidents()).find(({ source }) => source === 'channel:email')?.open).toBe(false);
  });

  test('is told of no more once it is not configured any more', async () => {
    const { breakSms, look, databaseUrl, mailed } = await startDown();
    breakSms();
    await look();
    const without = await startAvailability({ databaseUrl, env: { TWILIO_FROM: '' } });
    without.later(10);
    await without.watch();
    expect((await without.incidents()).find(({ source }) => source === 'channel:sms')?.open).toBe(false);
    without.later(24 * 60);
    await without.watch();
    const words = [...mailed(), ...without.mails()].filter((subject) => subject.includes(NO_SMS));
    expect(words).toHaveLength(1);
  });

  test('is none when the recipient is refused: that is a failure of the run', async () => {
    const { incidents, run } = await startDown({
      smtp: { onRcpt: () => ({ code: 550, message: '5.7.1 blocked' }) },
    });
    const { status, errors } = await run('/monitoring/availability');
    expect([status, errors[0]?.item]).toEqual(['partial', 'admin@example.com']);
    expect((await incidents()).map(({ source }) => source)).not.toContain('channel:email');
  });

  test('is noticed by the end of any run, whatever it was', async () => {
    const service = await startFailing();
    await service.smtp.down();
    expect((await service.call1('alpha', 'badly')).status).toBe('failed');
    expect((await service.incidents()).map(({ source }) => source).sort()).toEqual([
      'channel:email',
      'task:alpha',
    ]);
    await service.smtp.up();
    await service.call1('alpha', 'badly');
    expect(service.smtp.mails.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^La tâche alpha échoue/),
      expect.stringMatching(/^Résolu : Les e-mails ne partent pas/),
    ]);
  });
});

test('what failed while the database was away is one mail before a task that is late for it is told of', async () => {
  const names = ['alpha', 'beta'];
  const tasks = names.map((name) => testTask({ name, run: async () => ({}) }));
  const { call, run, later, watch, mails, smtp, db, databaseUrl } = await startAvailability({ tasks });
  for (const name of names) await run(`/test/${name}`);
  const change = await fromOutside(databaseUrl);
  later(60);
  await change('allow_connections false');
  for (const name of names) expect((await call(`/test/${name}`)).status).toBe(503);
  await change('allow_connections true');
  await expect.poll(async () => (await watch()).status).toBe('succeeded');
  expect(mails()).toEqual([expect.stringMatching(/^La tâche alpha échoue, et 1 autre incident/)]);
  expect(await smtp.mails[0]?.text).toContain('beta');
  const causes = await db.rows(
    sql`select details->>'cause' as cause from cronhook.incidents order by source`,
  );
  expect(causes).toEqual([{ cause: 'database' }, { cause: 'database' }]);
  for (const name of names) await run(`/test/${name}`);
  expect(mails().slice(1)).toEqual([expect.stringMatching(/^Résolu : La tâche alpha/)]);
});
