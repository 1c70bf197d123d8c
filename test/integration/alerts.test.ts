import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, startIncidents, trouble } from '../support/incidents.js';

const A = 'monitor:a';
const critical = (source = A) => trouble(source, { severity: 'critical' });

describe('an incident', () => {
  test('is one however often it is seen, and is told by the channels of its severity: critical by mail and SMS', async () => {
    const service = await startIncidents();
    expect(await service.observe({ wrong: [critical()] })).toEqual({ opened: 1, recovered: 0 });
    expect(await service.observe({ wrong: [critical()] })).toEqual({ opened: 0, recovered: 0 });
    expect(await service.incidents()).toMatchObject([{ source: A, severity: 'critical', resolved_at: null }]);
    expect(await service.told()).toEqual(['email: monitor:a va mal', 'sms: monitor:a va mal']);
    expect(await service.notifications()).toMatchObject([{ kind: 'incident', severity: 'critical' }]);
  });

  test('important is told by mail, info only in the application, both when they end too', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [trouble(A)] });
    await service.observe({ wrong: [trouble('monitor:b', { severity: 'info' })] });
    await service.observe({ well: [A, 'monitor:b', 'monitor:never-seen'] });
    expect(await service.told()).toEqual(['email: monitor:a va mal', 'email: Résolu : monitor:a va mal']);
    expect(await service.notifications()).toHaveLength(4);
  });

  test('that ends is told with how long it was, by everything that has told its beginning', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [critical()] });
    service.later(40 * MINUTE);
    expect(await service.observe({ well: [A] })).toEqual({ opened: 0, recovered: 1 });
    const [mail] = (await service.messages()).filter(({ subject }) => subject?.startsWith('Résolu'));
    expect(mail?.subject).toMatch(/\(après 40\s+minutes\)$/);
    const sms = (await service.messages()).at(-1);
    expect(sms?.text_body).toBe('Cronhook : Résolu : monitor:a va mal (après 40 minutes)');
  });

  test('is reminded of after an hour, then once a day, whether somebody looks at it or at all of them', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [critical()] });
    await service.forget();
    const told = async (ms: number, look: () => Promise<unknown>) => {
      service.later(ms);
      await look();
      await look();
      const said = (await service.told()).length;
      await service.forget();
      return said;
    };
    const watch = () => service.observe({ wrong: [critical()] });
    expect(await told(59 * MINUTE, watch)).toBe(0);
    expect(await told(MINUTE, service.remind)).toBe(2);
    expect(await told(22 * HOUR, watch)).toBe(0);
    expect(await told(HOUR, watch)).toBe(2);
    // A gap of three days tells the latest only.
    expect(await told(3 * DAY, service.remind)).toBe(2);
    expect(await told(DAY, service.remind)).toBe(2);
    expect(await service.notifications()).toEqual([]);
  });

  test('of the kind info is reminded of in the application', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [trouble(A, { severity: 'info' })] });
    service.later(HOUR);
    await service.remind();
    expect(await service.told()).toEqual([]);
    expect((await service.notifications()).map(({ title }) => title)).toEqual([
      expect.stringMatching(/^monitor:a va mal/),
      expect.stringMatching(/^Toujours en cours : /),
    ]);
  });

  test('that becomes graver is told once more, by what the new severity has; what it was does not come back', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [trouble(A)] });
    for (const severity of ['critical', 'important', 'critical'] as const)
      await service.observe({ wrong: [trouble(A, { severity })] });
    await service.observe({ well: [A] });
    expect(await service.told()).toEqual([
      'email: monitor:a va mal',
      'email: Plus grave : monitor:a va mal',
      'sms: Plus grave : monitor:a va mal',
      'email: Résolu : monitor:a va mal',
      'sms: Résolu : monitor:a va mal',
    ]);
  });

  test('that has become less grave is reminded of as it is now, and ends as those who heard of it need', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [critical()] });
    await service.observe({ wrong: [trouble(A, { severity: 'info' })] });
    expect(await service.incidents()).toMatchObject([{ severity: 'info' }]);
    await service.forget();
    service.later(HOUR);
    await service.remind();
    expect(await service.told()).toEqual([]);
    expect(await service.notifications()).toMatchObject([{ severity: 'info' }]);
    for (const one of [critical(), trouble(A)]) await service.observe({ wrong: [one] });
    expect(await service.told()).toEqual([]);
    service.later(DAY);
    await service.remind();
    await service.observe({ well: [A] });
    expect(await service.told()).toEqual([
      'email: Toujours en cours : monitor:a va mal',
      'email: Résolu : monitor:a va mal',
      'sms: Résolu : monitor:a va mal',
    ]);
  });

  test('of what is watched no longer ends without a word', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [critical()] });
    await service.forget();
    await service.retire(A);
    service.later(DAY);
    await service.remind();
    await service.observe({ well: [A] });
    expect(await service.told()).toEqual([]);
    expect((await service.incidents())[0]?.resolved_at).not.toBeNull();
  });

  test('that began earlier says so, and is reminded of from when people knew', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [trouble(A, { since: new Date('2026-11-19T07:30:00Z') })] });
    expect((await service.messages())[0]?.subject).toBe('monitor:a va mal (depuis le 19 nov. à 08:30)');
    service.later(59 * MINUTE);
    await service.remind();
    expect(await service.told()).toHaveLength(1);
    service.later(MINUTE);
    await service.remind();
    expect(await service.told()).toHaveLength(2);
  });
});

describe('troubles of one cause', () => {
  const group = (...names: string[]) =>
    names.map((name) => trouble(name, { severity: 'critical', cause: 'power' }));

  test('are one mail and one SMS, and one of each when the last of them has ended', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: group('m:a', 'm:b', 'm:c') });
    await service.observe({ wrong: group('m:d') });
    await service.observe({ well: ['m:a', 'm:b'] });
    await service.observe({ well: ['m:c'] });
    expect(await service.told()).toEqual([
      'email: m:a va mal, et 2 autres incidents',
      'sms: m:a va mal, et 2 autres incidents',
    ]);
    await service.observe({ well: ['m:d'] });
    expect((await service.told()).slice(2)).toEqual([
      'email: Résolu : m:a va mal, et 3 autres incidents',
      'sms: Résolu : m:a va mal, et 3 autres incidents',
    ]);
  });

  test('are reminded of together, also once the first of them has ended', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: group('m:a', 'm:b') });
    await service.observe({ well: ['m:a'] });
    await service.forget();
    service.later(HOUR);
    await service.remind();
    expect(await service.told()).toEqual([
      'email: Toujours en cours : m:b va mal',
      'sms: Toujours en cours : m:b va mal',
    ]);
  });

  test('that get a graver companion are told of once more', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [trouble('m:a', { cause: 'power' })] });
    await service.observe({ wrong: group('m:b') });
    expect((await service.told()).slice(1)).toEqual([
      'email: Plus grave : m:a va mal, et 1 autre incident',
      'sms: Plus grave : m:a va mal, et 1 autre incident',
    ]);
  });
});

describe('a channel', () => {
  test('that is not configured is left out: SMS without mail, mail without SMS', async () => {
    const noMail = await startIncidents({ ADMIN_EMAIL: '' });
    await noMail.observe({ wrong: [critical()] });
    expect(await noMail.told()).toEqual(['sms: monitor:a va mal']);
    const noSms = await startIncidents({ ADMIN_SMS: '' });
    await noSms.observe({ wrong: [critical()] });
    expect(await noSms.told()).toEqual(['email: monitor:a va mal']);
  });

  test('whose table is broken owes what it could not tell, and tells it once when it is back', async () => {
    const service = await startIncidents();
    await service.db.rows(sql`alter table cronhook.outbox_messages rename to away`);
    await service.observe({ wrong: [critical()] });
    service.later(2 * HOUR);
    await service.remind();
    await service.db.rows(sql`alter table cronhook.away rename to outbox_messages`);
    for (let n = 0; n < 2; n++) await service.remind();
    expect(await service.told()).toEqual(['email: monitor:a va mal', 'sms: monitor:a va mal']);
    expect(await service.notifications()).toHaveLength(1);
    service.later(HOUR);
    await service.remind();
    expect(await service.told()).toHaveLength(4);
  });

  test('that was broken while everything went by tells the end', async () => {
    const service = await startIncidents();
    await service.db.rows(sql`alter table cronhook.notifications rename to away`);
    await service.db.rows(sql`alter table cronhook.outbox_messages rename to away_too`);
    await service.observe({ wrong: [critical()] });
    await service.observe({ well: [A] });
    await service.db.rows(sql`alter table cronhook.away rename to notifications`);
    await service.db.rows(sql`alter table cronhook.away_too rename to outbox_messages`);
    await service.remind();
    expect(await service.told()).toEqual([
      'email: Résolu : monitor:a va mal',
      'sms: Résolu : monitor:a va mal',
    ]);
    expect(await service.notifications()).toMatchObject([{ kind: 'incident_recovered' }]);
  });
});

test('ten callers at once, on two replicas, make one incident and one message of each change', async () => {
  const one = await startIncidents();
  const other = await startIncidents({}, { databaseUrl: one.databaseUrl });
  const ten = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : other));
  const tallies = await Promise.all(ten.map((service) => service.observe({ wrong: [critical()] })));
  expect(tallies.map(({ opened }) => opened).reduce((sum, n) => sum + n)).toBe(1);
  for (const service of [one, other]) service.later(HOUR);
  await Promise.all(ten.map((service) => service.remind()));
  await Promise.all(ten.map((service) => service.observe({ well: [A] })));
  expect(await one.told()).toHaveLength(6);
  expect(await one.incidents()).toHaveLength(1);
});

describe('an alert', () => {
  test('by SMS goes out without suppressed_addresses; one that it keeps from ADMIN_SMS is an error in the log', async () => {
    const service = await startIncidents();
    await service.db.rows(sql`alter table cronhook.suppressed_addresses rename to away`);
    await service.observe({ wrong: [critical()] });
    await service.deliver();
    expect(service.twilio.sent).toEqual([
      { to: '+33612345678', from: '+33700000000', body: expect.stringContaining('monitor:a va mal') },
    ]);
    expect(service.smtp.mails).toHaveLength(1);
    await service.db.rows(sql`alter table cronhook.away rename to suppressed_addresses`);
    await service.insert('suppressed_addresses', { address: '+33612345678', reason: 'STOP' });
    await service.observe({ well: [A] });
    await service.deliver();
    expect(service.twilio.sent).toHaveLength(1);
    expect(service.log()).toContain('suppressed_addresses lists ADMIN_SMS');
  });

  test('by SMS calls what no SMS can spell by its host, and by its kind where it has none', async () => {
    const service = await startIncidents();
    const title = '监控 ne répond plus';
    await service.observe({ wrong: [{ ...critical(), title, link: 'https://shop.example/x' }] });
    await service.observe({ wrong: [{ ...critical('monitor:b'), title }] });
    expect((await service.told()).filter((words) => words.startsWith('sms'))).toEqual([
      'sms: shop.example ne répond plus',
      'sms: Surveillance ne répond plus',
    ]);
  });

  test('of an incident of an older version, or of a moment that no calendar has, is as of any other', async () => {
    const service = await startIncidents();
    const opened_at = ['2026-11-20T07:00:00Z', '-infinity'];
    for (const [n, at] of opened_at.entries()) {
      const source = `business:${n}`;
      const about = { id: crypto.randomUUID(), source, severity: 'important', title: `${source} va mal` };
      await service.insert('incidents', { ...about, details: {}, opened_at: at, last_seen_at: at });
    }
    await service.remind();
    expect(await service.told()).toEqual(['email: Toujours en cours : business:0 va mal']);
    await service.observe({ well: ['business:0', 'business:1'] });
    expect((await service.told()).slice(1).sort()).toEqual([
      'email: Résolu : business:0 va mal',
      'email: Résolu : business:1 va mal',
    ]);
  });

  test('of two hundred at once is one message each', async () => {
    const service = await startIncidents({ LOCALE: 'en' });
    const names = Array.from({ length: 200 }, (_, n) => `monitor:${n}`);
    await service.observe({ wrong: names.map((name) => trouble(name)) });
    service.later(HOUR);
    // Fifty causes at a time: the next look goes on.
    for (let n = 0; n < 5; n++) await service.remind();
    expect(await service.told()).toHaveLength(400);
    await service.observe({ well: names });
    expect(await service.told()).toHaveLength(600);
  });
});
