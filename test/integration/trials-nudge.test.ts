import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { read } from '../support/service.js';
import { FOUNDED, startTrials } from '../support/trials.js';
import { startTwilio } from '../support/twilio.js';

/** A Friday, at ten in Paris. */
const FRIDAY = '2026-11-20T09:00:00Z';
const LONG = '2026-12-31T00:00:00Z';
const QUIET_SINCE = '2026-11-17T08:59:59Z';
const THREE_DAYS_AGO = '2026-11-17T09:00:00Z';

async function withSms(moment: string, env: Record<string, string> = {}) {
  const twilio = await startTwilio();
  const service = await startTrials(moment, {
    env: {
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken.reveal(),
      TWILIO_FROM: twilio.from,
      TWILIO_API_URL: twilio.apiUrl,
      ...env,
    },
  });
  return { ...service, twilio };
}

describe('a company on trial', () => {
  test('silent for more than three days is offered help, once', async () => {
    const service = await startTrials(FRIDAY);
    const company = await service.trial({ trial_ends_at: LONG, last_active_at: QUIET_SINCE });
    await service.member(company, { email: 'claire@moreau.example', last_login_at: QUIET_SINCE });
    const answer = await service.nudge();
    expect(answer).toMatchObject({
      status: 'succeeded',
      message: 'Relance des essais inactifs terminée avec succès',
      stats: { helpOffered: 1, demoOffered: 0, sent: 1, failed: 0 },
    });
    const [mail] = service.smtp.mails;
    expect(mail).toMatchObject({ subject: 'Besoin d’aide ?', to: ['claire@moreau.example'] });
    expect(mail?.headers['list-unsubscribe']).toMatch(
      /^<https:\/\/cron\.example\.com\/unsubscribe\/[\w.-]+>$/,
    );
    expect(mail?.headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0, sent: 0 });
  });

  test.each([
    ['it was active', { last_active_at: THREE_DAYS_AGO }, {}],
    ['somebody was active', {}, { last_active_at: THREE_DAYS_AGO }],
    ['somebody logged in', {}, { last_login_at: THREE_DAYS_AGO }],
    ['it began', { created_at: THREE_DAYS_AGO }, {}],
  ])('is left alone for three days after %s', async (_, company, member) => {
    const service = await startTrials(FRIDAY);
    const id = await service.trial({ trial_ends_at: LONG, ...company });
    await service.member(id, { role: 'member', ...member });
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0 });
    service.turn('2026-11-20T09:00:01Z');
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1 });
  });

  test('is left alone for three days after the end of a day of activity, in TIMEZONE', async () => {
    const service = await startTrials('2026-11-19T23:00:00Z');
    const company = await service.trial({ trial_ends_at: LONG });
    const user_id = await service.member(company);
    await service.insert('user_activity', { user_id, day: '2026-11-16', created_at: FOUNDED });
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0 });
    service.turn('2026-11-19T23:00:01Z');
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1 });
  });

  test.each([
    ['25 October', '2026-10-25T20:00:00+01:00', '2026-10-22T20:00:00+02:00'],
    ['29 March', '2026-03-29T20:00:00+02:00', '2026-03-26T20:00:00+01:00'],
  ])('counts days on the clock on the wall, over the change of %s too', async (_, now, then) => {
    const service = await startTrials(now);
    await service.trial({ trial_ends_at: LONG, last_active_at: then });
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0 });
    service.turn(new Date(Date.parse(now) + 1_000));
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1 });
  });

  test.each([
    ['in its last day', { trial_ends_at: '2026-11-21T09:00:00Z' }, 0],
    ['just before its last day', { trial_ends_at: '2026-11-21T09:00:01Z' }, 1],
    ['that is over', { trial_ends_at: '2026-11-20T08:00:00Z' }, 0],
    ['without an end', { trial_ends_at: null }, 1],
    ['that never ends', { trial_ends_at: 'infinity' }, 1],
    ['that has converted', { trial_ends_at: LONG, converted_at: FOUNDED }, 0],
    ['that pays already', { trial_ends_at: LONG, status: 'active' }, 0],
  ])('%s is treated as that', async (_, values, helpOffered) => {
    const service = await startTrials(FRIDAY);
    await service.trial(values);
    expect((await service.nudge()).stats).toMatchObject({ helpOffered });
  });

  test('that has subscribed is left alone, though nobody has said so in its row', async () => {
    const service = await startTrials(FRIDAY);
    await service.subscribe(await service.trial({ trial_ends_at: LONG }));
    await service.subscribe(await service.trial({ trial_ends_at: LONG }), {
      status: 'cancelled',
      cancelled_at: '2026-12-20T00:00:00Z',
    });
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0 });
  });

  test('to which nothing can be written is counted, and offered help once it has an address', async () => {
    const service = await startTrials(FRIDAY);
    const company = await service.trial({ trial_ends_at: LONG, email: null });
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0, unreachable: 1 });
    await service.update(company, sql`email = 'contact@moreau.example'`);
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1, sent: 1 });
  });
});

describe('the SMS', () => {
  test('goes out beside the mail when nobody has ever logged in', async () => {
    const service = await withSms(FRIDAY);
    const company = await service.trial({ trial_ends_at: LONG, phone: '01 42 00 00 00' });
    await service.member(company, { phone: '06 12 34 56 78' });
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1, smsQueued: 1, sent: 2 });
    expect(service.twilio.sent).toMatchObject([{ to: '+33612345678' }]);
    const body = service.twilio.sent[0]?.body ?? '';
    expect(body).toMatch(
      /^Cronhook : Besoin d'aide .* - Plus de SMS : répondez STOP ou https:\/\/cron\.example\.com\/unsubscribe\/[\w.-]+$/,
    );
    const link = new URL(body.slice(body.lastIndexOf('https:')));
    expect((await service.fetch(link.pathname, { method: 'POST' })).status).toBe(200);
    const [held] = await service.db.rows(sql`select address from cronhook.suppressed_addresses`);
    expect(held).toEqual({ address: '+33612345678' });
  });

  test('does not go out when somebody has logged in, or no mobile is known', async () => {
    const service = await withSms(FRIDAY);
    const visited = await service.trial({ trial_ends_at: LONG, phone: '06 12 34 56 78' });
    await service.member(visited, { role: 'member', last_login_at: FOUNDED });
    await service.trial({ trial_ends_at: LONG, phone: '01 42 00 00 00' });
    await service.trial({ trial_ends_at: LONG, phone: 'à compléter' });
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 3, smsQueued: 0, sent: 3 });
    expect(service.twilio.sent).toEqual([]);
  });

  test('goes out alone where there is no address', async () => {
    const service = await withSms(FRIDAY);
    await service.trial({ trial_ends_at: LONG, email: null, phone: '+32 470 12 34 56' });
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1, smsQueued: 1, sent: 1 });
    expect(service.twilio.sent).toMatchObject([{ to: '+32470123456' }]);
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0, unreachable: 0 });
  });

  test('waits for the hours of the law: not on a Sunday, but on Monday at eight', async () => {
    const service = await withSms('2026-11-22T09:00:00Z');
    await service.trial({ trial_ends_at: LONG, phone: '06 12 34 56 78' });
    expect((await service.nudge()).stats).toMatchObject({ sent: 1 });
    service.turn('2026-11-23T06:59:00Z');
    expect((await service.deliver()).stats).toMatchObject({ sent: 0 });
    expect(service.twilio.sent).toEqual([]);
    service.turn('2026-11-23T07:00:00Z');
    expect((await service.deliver()).stats).toMatchObject({ sent: 1 });
    expect(service.twilio.sent).toHaveLength(1);
  });

  test('keeps the hours of Paris for French numbers, wherever the service runs', async () => {
    const service = await withSms('2026-11-20T21:30:00Z', { TIMEZONE: 'America/New_York' });
    await service.trial({ trial_ends_at: LONG, phone: '06 12 34 56 78' });
    await service.trial({ trial_ends_at: LONG, phone: '+1 212 555 01 00' });
    expect((await service.nudge()).stats).toMatchObject({ smsQueued: 2 });
    expect(service.twilio.sent.map(({ to }) => to)).toEqual(['+12125550100']);
    service.turn('2026-11-21T07:00:00Z');
    await service.deliver();
    expect(service.twilio.sent.map(({ to }) => to)).toEqual(['+12125550100', '+33612345678']);
  });

  test('does not go out on Monday when somebody has logged in on Sunday', async () => {
    const service = await withSms('2026-11-22T09:00:00Z');
    const company = await service.trial({ trial_ends_at: LONG, phone: '06 12 34 56 78' });
    await service.nudge();
    await service.member(company, { last_login_at: '2026-11-22T15:00:00Z' });
    service.turn('2026-11-23T07:00:00Z');
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
  });
});

describe('the offer of a demo', () => {
  const afterHelp = async (trial_ends_at = LONG) => {
    const service = await startTrials(FRIDAY);
    const company = await service.trial({ trial_ends_at });
    const member = await service.member(company, { email: 'claire@moreau.example' });
    await service.nudge();
    return { ...service, company, member };
  };

  test('follows four days after the offer of help, once', async () => {
    const service = await afterHelp();
    for (const [moment, demoOffered] of [
      ['2026-11-24T08:59:59Z', 0],
      ['2026-11-24T09:00:00Z', 1],
      ['2026-11-28T09:00:00Z', 0],
      ['2026-12-15T09:00:00Z', 0],
    ] as const) {
      service.turn(moment);
      expect((await service.nudge()).stats, moment).toMatchObject({ demoOffered, helpOffered: 0 });
    }
    expect(service.smtp.mails.map(({ subject }) => subject)).toEqual([
      'Besoin d’aide ?',
      'Une démonstration Cronhook rien que pour vous ?',
    ]);
    expect(service.smtp.mails[1]?.headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
  });

  test.each([
    [
      'the company was active',
      (s: Awaited<ReturnType<typeof afterHelp>>) =>
        s.update(s.company, sql`last_active_at = '2026-11-20T09:00:01Z'`),
    ],
    [
      'somebody has logged in',
      (s: Awaited<ReturnType<typeof afterHelp>>) =>
        s.db.rows(sql`update cronhook.users set last_login_at = '2026-11-21T00:00:00Z'`),
    ],
    [
      'somebody was active on the same day',
      (s: Awaited<ReturnType<typeof afterHelp>>) =>
        s.insert('user_activity', { user_id: s.member, day: '2026-11-20', created_at: FOUNDED }),
    ],
    [
      'the company has converted',
      (s: Awaited<ReturnType<typeof afterHelp>>) =>
        s.update(s.company, sql`converted_at = '2026-11-21T00:00:00Z'`),
    ],
    [
      'the trial is in its last day',
      (s: Awaited<ReturnType<typeof afterHelp>>) =>
        s.update(s.company, sql`trial_ends_at = '2026-11-25T08:00:00Z'`),
    ],
  ])('is not made when %s since', async (_, change) => {
    const service = await afterHelp();
    await change(service);
    service.turn('2026-11-24T09:00:00Z');
    expect((await service.nudge()).stats).toMatchObject({ demoOffered: 0 });
  });

  test('does not slip by a day when the scheduler calls a little earlier', async () => {
    const service = await startTrials('2026-11-20T09:00:07Z');
    await service.trial({ trial_ends_at: LONG });
    await service.nudge();
    service.turn('2026-11-24T09:00:01Z');
    expect((await service.nudge()).stats).toMatchObject({ demoOffered: 1 });
  });

  test('is counted from the hour at which the offer of help really left', async () => {
    const service = await startTrials(FRIDAY);
    await service.trial({ trial_ends_at: LONG });
    await service.smtp.down();
    await service.nudge();
    service.turn('2026-11-24T09:00:00Z');
    expect((await service.nudge()).stats).toMatchObject({ demoOffered: 0 });
    await service.smtp.up();
    await service.deliver();
    service.turn('2026-11-27T09:00:00Z');
    expect((await service.nudge()).stats).toMatchObject({ demoOffered: 0 });
    service.turn('2026-11-28T09:00:00Z');
    expect((await service.nudge()).stats).toMatchObject({ demoOffered: 1 });
  });
});

describe('an offer that still waits', () => {
  test.each([
    ['the company is active again', sql`last_active_at = '2026-11-20T10:00:00Z'`],
    ['the company has converted', sql`converted_at = '2026-11-20T10:00:00Z'`],
    ['the trial is in its last day', sql`trial_ends_at = '2026-11-21T08:00:00Z'`],
  ])('does not leave once %s', async (_, change) => {
    const service = await startTrials(FRIDAY);
    const company = await service.trial({ trial_ends_at: LONG });
    await service.smtp.down();
    await service.nudge();
    await service.update(company, change);
    await service.smtp.up();
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
  });

  test('and was cancelled may be made once more, for nobody has had it', async () => {
    const service = await startTrials(FRIDAY);
    const company = await service.trial({ trial_ends_at: LONG });
    await service.smtp.down();
    await service.nudge();
    await service.update(company, sql`last_active_at = '2026-11-20T10:00:00Z'`);
    await service.smtp.up();
    await service.deliver();
    service.turn('2026-11-24T09:00:00Z');
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1, demoOffered: 0, sent: 1 });
    service.turn('2026-11-28T09:00:00Z');
    expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0, demoOffered: 1, sent: 1 });
    expect(service.smtp.mails).toHaveLength(2);
  });
});

test('an offer that a person has cancelled is not made again', async () => {
  const service = await startTrials(FRIDAY);
  await service.trial({ trial_ends_at: LONG });
  await service.smtp.down();
  await service.nudge();
  await service.db.rows(sql`update cronhook.outbox_messages set status = 'cancelled'`);
  await service.smtp.up();
  service.turn('2026-11-21T09:00:00Z');
  expect((await service.nudge()).stats).toMatchObject({ helpOffered: 0, sent: 0 });
});

test('a trial that was opened again after its end is nudged as a new one', async () => {
  const service = await startTrials(FRIDAY);
  const company = await service.trial({ trial_ends_at: '2026-11-22T00:00:00Z' });
  expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1 });
  service.turn('2026-11-23T00:00:00Z');
  await service.expire();
  await service.update(company, sql`status = 'trial', trial_ends_at = ${LONG}::timestamptz`);
  expect((await service.nudge()).stats).toMatchObject({ helpOffered: 1, demoOffered: 0 });
});

test('somebody who has unsubscribed gets nothing, and nobody gets it instead', async () => {
  const service = await startTrials(FRIDAY);
  const company = await service.trial({ trial_ends_at: LONG });
  await service.member(company, { email: 'claire@moreau.example' });
  await service.member(company, { role: 'admin' });
  await service.db.rows(
    sql`insert into cronhook.suppressed_addresses values ('claire@moreau.example', 'unsubscribed')`,
  );
  expect((await service.nudge()).stats).toMatchObject({ sent: 0, suppressed: 1 });
});

test('a dry run names each company and what it would get, and changes nothing', async () => {
  const service = await withSms(FRIDAY);
  const company = await service.trial({ name: 'Muette', trial_ends_at: LONG, phone: '06 12 34 56 78' });
  const answer = await service.nudge('&dryRun=true');
  expect(answer.stats).toMatchObject({ helpOffered: 1, smsQueued: 1, sent: 0 });
  const run = await read(service.call(`/runs/${answer.runId}`));
  expect(run.details).toEqual([
    { item: 'Muette', action: 'offer help', company, to: ['contact@moreau.example', '+33612345678'] },
  ]);
  expect(await service.messages()).toEqual([]);
  expect(await service.db.rows(sql`select from cronhook.trial_contacts`)).toEqual([]);
});

test('ten schedulers that call at once nudge each company once', async () => {
  const service = await startTrials(FRIDAY);
  for (let n = 0; n < 20; n++) await service.trial({ trial_ends_at: LONG });
  await Promise.all(Array.from({ length: 10 }, () => service.nudge()));
  await service.deliver();
  expect(service.smtp.mails).toHaveLength(20);
});
