import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { startLokario } from '../support/lokario.js';

const PATH = '/cron/check-overdue-and-reminders';
const HOUR = 3_600_000;

/** A reminder of an appointment in 20 hours, whose mail could not go out yet. */
async function withWaitingMail() {
  let now = new Date('2026-11-21T14:30:00Z');
  const service = await startLokario({ now: () => now });
  const user_id = await service.user(null, { email: 'anna@example.com', name: 'Anna' });
  const appointment = await service.insert('appointments', {
    id: crypto.randomUUID(),
    user_id,
    title: 'Visite du chantier',
    location: '12 rue des Lilas',
    starts_at: new Date(now.getTime() + 20 * HOUR),
    reminder_minutes: [1440],
    status: 'planned',
  });
  await service.smtp.down();
  await service.run(PATH);
  await service.smtp.up();
  return {
    ...service,
    user_id,
    appointment,
    later: (hours: number) => (now = new Date(now.getTime() + hours * HOUR)),
    remind: () => service.run(PATH),
    change: (table: string, id: string, change: ReturnType<typeof sql>) =>
      service.db.rows(sql`update ${sql.raw(`cronhook.${table}`)} set ${change} where id = ${id}::uuid`),
    recipients: () => service.smtp.mails.flatMap(({ to }) => to),
  };
}

/** What the outbox does first, and what the task itself does. */
const ORDERS = ['the outbox comes by', 'the next run'] as const;

describe.each(ORDERS)('a reminder whose mail waits until %s', (order) => {
  test.each([
    ['the address of its reader', 'users', sql`email = 'new@example.com'`, 'new@example.com'],
    ['its title', 'appointments', sql`title = 'Réception'`, 'anna@example.com'],
    ['its place', 'appointments', sql`location = 'Salle Réception'`, 'anna@example.com'],
  ])('is written anew, once, when %s has changed', async (what, table, change, recipient) => {
    const service = await withWaitingMail();
    await service.change(table, table === 'users' ? service.user_id : service.appointment, change);
    if (order === 'the outbox comes by')
      expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
    expect((await service.remind()).stats).toMatchObject({ mails: 1, sent: 1, notifications: 0 });
    await service.remind();
    await service.deliver();
    expect(service.recipients()).toEqual([recipient]);
    if (what !== 'the address of its reader')
      expect(await service.smtp.mails[0]?.text).toContain('Réception');
  });

  test('goes to whoever the appointment has been given to, and not to the one before', async () => {
    const service = await withWaitingMail();
    const other = await service.user(null, { email: 'bruno@example.com', name: 'Bruno' });
    await service.change('appointments', service.appointment, sql`user_id = ${other}::uuid`);
    if (order === 'the outbox comes by') await service.deliver();
    await service.remind();
    await service.remind();
    expect(service.recipients()).toEqual(['bruno@example.com']);
    expect(await service.smtp.mails[0]?.text).toContain('Bruno');
    expect((await service.messages()).map(({ status }) => status).sort()).toEqual(['cancelled', 'sent']);
  });

  test('goes to nobody who is disabled, and out once when that is over', async () => {
    const service = await withWaitingMail();
    await service.change('users', service.user_id, sql`disabled_at = now()`);
    if (order === 'the outbox comes by') await service.deliver();
    await service.remind();
    expect(service.recipients()).toEqual([]);
    await service.change('users', service.user_id, sql`disabled_at = null`);
    await service.remind();
    await service.remind();
    expect(service.recipients()).toEqual(['anna@example.com']);
  });
});

test('a reminder that was cancelled with its appointment is not written anew once that has begun', async () => {
  const service = await withWaitingMail();
  await service.change('appointments', service.appointment, sql`status = 'cancelled'`);
  await service.deliver();
  await service.change('appointments', service.appointment, sql`status = 'planned'`);
  service.later(20.1);
  expect((await service.remind()).stats).toMatchObject({ mails: 0, sent: 0 });
  expect(await service.messages()).toMatchObject([{ status: 'cancelled' }]);
});

test('a reminder that was sent says nothing more to its reader, whatever changes afterwards', async () => {
  const service = await withWaitingMail();
  await service.remind();
  await service.change('users', service.user_id, sql`email = 'new@example.com'`);
  await service.change('appointments', service.appointment, sql`title = 'Réception', location = 'Ailleurs'`);
  expect((await service.remind()).stats).toMatchObject({ mails: 0, sent: 0, notifications: 0 });
  expect(service.recipients()).toEqual(['anna@example.com']);
});

test('a reminder carries nothing of what it was compared by', async () => {
  const service = await withWaitingMail();
  await service.deliver();
  expect(service.smtp.mails).toHaveLength(1);
  expect(
    Object.keys(service.smtp.mails[0]?.headers ?? {}).filter((name) => name.includes('cronhook')),
  ).toEqual([]);
});

test('a dry run foresees a mail that is written anew, and writes none', async () => {
  const service = await withWaitingMail();
  await service.change('appointments', service.appointment, sql`title = 'Réception'`);
  expect((await service.run(PATH, '&dryRun=true')).stats).toMatchObject({ mails: 1, notifications: 0 });
  expect(await service.messages()).toMatchObject([{ status: 'pending' }]);
});
