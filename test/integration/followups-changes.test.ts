import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { startLokario } from '../support/lokario.js';

/** An invoice whose first mail could not go out yet. */
async function withWaitingMail() {
  let now = new Date('2026-11-13T09:00:00Z');
  const service = await startLokario({ now: () => now });
  const company = await service.company({ name: 'Atelier\r\nMoreau\u202e' });
  await service.user(company);
  const document = await service.document(company, {
    due_at: '2026-11-10',
    customer_name: 'Petit\nFaux\u202e',
  });
  await service.smtp.down();
  await service.followups();
  await service.smtp.up();
  return {
    ...service,
    document,
    turn: (moment: string) => (now = new Date(moment)),
    change: (change: ReturnType<typeof sql>) =>
      service.db.rows(sql`update cronhook.billing_documents set ${change}`),
  };
}

describe('a follow-up that waits while its document changes', () => {
  test.each([
    ['amount', sql`total_cents = 99900`, '999,00'],
    ['currency', sql`currency = 'CHF'`, 'CHF'],
    ['number', sql`number = 'F-2026-999'`, 'F-2026-999'],
    ['due date', sql`due_at = '2026-11-09'`, '9 novembre 2026'],
  ])('is written anew with the new %s', async (_, change, words) => {
    const service = await withWaitingMail();
    await service.change(change);
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
    expect((await service.followups()).stats).toMatchObject({ queued: 1, sent: 1 });
    expect((await service.followups()).stats).toMatchObject({ queued: 0, sent: 0 });
    expect(service.smtp.mails).toHaveLength(1);
    expect((await service.smtp.mails[0]?.text)?.replace(/\s/g, ' ')).toContain(words);
    expect(service.smtp.mails[0]?.subject).toMatch(/^Rappel/);
    expect(await service.chase(service.document)).toMatchObject({ steps_sent: 1 });
  });

  test('waits for its own day, when the due date was put off', async () => {
    const service = await withWaitingMail();
    await service.change(sql`due_at = '2026-11-12'`);
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
    expect((await service.followups()).stats).toMatchObject({ queued: 0, sent: 0 });
    expect(await service.chase(service.document)).toMatchObject({ steps_sent: 0, last_sent_at: null });
    service.turn('2026-11-15T09:00:00Z');
    expect((await service.followups()).stats).toMatchObject({ queued: 1, sent: 1 });
  });

  test('goes out as it is, when nothing that it says has changed', async () => {
    const service = await withWaitingMail();
    await service.change(sql`status = 'overdue'`);
    expect((await service.deliver()).stats).toMatchObject({ sent: 1, cancelled: 0 });
    const { headers } = service.smtp.mails[0] ?? { headers: {} };
    expect(Object.keys(headers).filter((name) => name.includes('cronhook'))).toEqual([]);
  });
});

test('names come clean and on one line, as the sender’s and in notifications', async () => {
  const service = await withWaitingMail();
  const [{ headers } = { headers: {} }] = await service.db.rows<{ headers: Record<string, string> }>(
    sql`select headers from cronhook.outbox_messages`,
  );
  expect(Object.values(headers)).toContain('Atelier Moreau');
  service.smtp.onData = () => ({ code: 554, message: '5.7.1 looks like spam' });
  await service.deliver();
  await service.followups();
  const [notice] = await service.notifications();
  expect(notice?.kind).toBe('followup_stopped');
  expect(`${notice?.title}${notice?.body}`).not.toMatch(/[\r\n\u202e]/);
});
