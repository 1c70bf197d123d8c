import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { startLokario } from '../support/lokario.js';

/** A service whose clock the test turns. */
async function at(moment: string, env: Record<string, string> = {}) {
  let now = new Date(moment);
  const service = await startLokario({ now: () => now, env });
  return { ...service, turn: (next: string) => (now = new Date(next)) };
}

const TODAY = '2026-11-20T09:00:00Z';

describe('an unpaid invoice', () => {
  test('is chased when its first delay has passed, and not a day before', async () => {
    const service = await at('2026-11-12T09:00:00Z');
    const company = await service.company();
    const document = await service.document(company, { due_at: '2026-11-10' });
    expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0 });
    service.turn('2026-11-13T00:00:01+01:00');
    expect(await service.followups()).toMatchObject({
      status: 'succeeded',
      stats: { due: 1, sent: 1, failed: 0 },
    });
    expect(await service.chase(document)).toMatchObject({ steps_sent: 1, stopped_at: null });
    expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0 });
    expect(service.smtp.mails).toHaveLength(1);
  });

  test('gets its three mails, each harder than the one before, and then none', async () => {
    const service = await at('2026-11-13T09:00:00Z');
    const company = await service.company();
    await service.document(company, { due_at: '2026-11-10' });
    for (let day = 13; day <= 40; day++) {
      service.turn(new Date(Date.UTC(2026, 10, day, 9)).toISOString());
      await service.followups();
    }
    const subjects = service.smtp.mails.map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(3);
    const keys = (await service.messages()).map(({ dedupe_key }) => dedupe_key.split(':')[2]);
    expect(keys).toEqual(['1', '2', '3']);
    const days = (await service.messages()).map(({ sent_at }) => sent_at?.slice(0, 10));
    expect(days).toEqual(['2026-11-13', '2026-11-20', '2026-11-30']);
  });

  test('tells its owners, once and with its last mail, that the rest is theirs to do', async () => {
    const service = await at('2026-11-13T09:00:00Z');
    const company = await service.company();
    const owner = await service.user(company);
    await service.user(company, { role: 'member' });
    const document = await service.document(company, { due_at: '2026-11-10', number: 'F-12' });
    for (const [moment, told] of [
      ['2026-11-13T09:00:00Z', 0],
      ['2026-11-20T09:00:00Z', 0],
      ['2026-11-30T09:00:00Z', 1],
      ['2026-12-30T09:00:00Z', 1],
    ] as const) {
      service.turn(moment);
      await service.followups();
      expect(await service.notifications()).toHaveLength(told);
    }
    expect(await service.notifications()).toMatchObject([
      {
        user_id: owner,
        kind: 'followup_last_step',
        dedupe_key: `followup-last-step:${document}:${owner}`,
        title: 'Dernière relance envoyée pour la facture F-12 : à vous de jouer',
      },
    ]);
  });

  test('advances its last step and tells its owners together, or not at all', async () => {
    const service = await at('2026-11-13T09:00:00Z');
    const company = await service.company();
    await service.user(company);
    await service.settings(company, { invoice_delays_days: [3] });
    const document = await service.document(company, { due_at: '2026-11-10' });
    await service.db.rows(sql`alter table cronhook.notifications rename to gone`);
    expect((await service.followups()).status).toBe('failed');
    await service.db.rows(sql`alter table cronhook.gone rename to notifications`);
    expect(await service.chase(document)).toMatchObject({ steps_sent: 0 });
    expect((await service.followups()).stats.sent).toBe(1);
    const told = (await service.notifications()).filter(({ kind }) => kind === 'followup_last_step');
    expect(told).toHaveLength(1);
  });

  test('first chased late gets the courteous mail, and the later ones at their distance', async () => {
    const service = await at('2026-11-20T09:00:00Z');
    const company = await service.company();
    const late = await service.document(company, { due_at: '2026-10-20' });
    expect((await service.followups()).stats.sent).toBe(1);
    expect((await service.chase(late))?.steps_sent).toBe(1);
    service.turn('2026-11-26T09:00:00Z');
    expect((await service.followups()).stats.sent).toBe(0);
    service.turn('2026-11-27T09:00:00Z');
    expect((await service.followups()).stats.sent).toBe(1);
    service.turn('2026-12-06T22:30:00Z');
    expect((await service.followups()).stats.sent).toBe(0);
    service.turn('2026-12-06T23:30:00Z');
    expect((await service.followups()).stats.sent).toBe(1);
    expect((await service.chase(late))?.steps_sent).toBe(3);
  });

  test('more than 90 days late when first seen is reported to its owner, not mailed', async () => {
    const service = await at(TODAY);
    const company = await service.company();
    const owner = await service.user(company);
    await service.user(company, { role: 'member' });
    const old = await service.document(company, { due_at: '2026-08-21', number: 'F-OLD' });
    const young = await service.document(company, { due_at: '2026-08-22', number: 'F-YOUNG' });
    expect((await service.followups()).stats).toMatchObject({ sent: 1, reported: 1 });
    expect((await service.chase(old))?.stopped_reason).toBe('too_late');
    expect((await service.chase(young))?.steps_sent).toBe(1);
    const told = await service.notifications();
    expect(told).toMatchObject([{ user_id: owner, kind: 'followup_stopped' }]);
    expect(told[0]?.title).toContain('F-OLD');
  });

  test('without a due date is never chased', async () => {
    const service = await at(TODAY);
    await service.document(await service.company(), { due_at: null, issued_at: '2026-01-01' });
    expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0 });
  });

  test.each(['draft', 'paid', 'cancelled'])('that is %s is left alone', async (status) => {
    const service = await at(TODAY);
    await service.document(await service.company(), { due_at: '2026-11-01', status });
    expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0 });
  });

  test('paid, cancelled or unreachable since is stopped, and the reason is written down', async () => {
    const service = await at('2026-11-13T09:00:00Z');
    const company = await service.company();
    const owner = await service.user(company);
    const paid = await service.document(company, { due_at: '2026-11-10' });
    const cancelled = await service.document(company, { due_at: '2026-11-10' });
    const gone = await service.document(company, {
      due_at: '2026-11-10',
      customer_email: 'Gone@example.com',
    });
    expect((await service.followups()).stats.sent).toBe(3);
    await service.db.rows(
      sql`update cronhook.billing_documents set paid_at = now(), status = 'paid' where id = ${paid}::uuid`,
    );
    await service.db.rows(
      sql`update cronhook.billing_documents set status = 'cancelled' where id = ${cancelled}::uuid`,
    );
    await service.db.rows(
      sql`insert into cronhook.suppressed_addresses values ('gone@EXAMPLE.com', 'bounce')`,
    );
    service.turn('2026-11-25T09:00:00Z');
    expect((await service.followups()).stats).toMatchObject({ stopped: 3, sent: 0 });
    expect((await service.chase(paid))?.stopped_reason).toBe('paid');
    expect((await service.chase(cancelled))?.stopped_reason).toBe('cancelled');
    expect((await service.chase(gone))?.stopped_reason).toBe('suppressed');
    expect(await service.notifications()).toMatchObject([{ user_id: owner, kind: 'followup_stopped' }]);
  });

  test('with an address that is none is stopped, and its owner told', async () => {
    const service = await at(TODAY);
    const company = await service.company();
    await service.user(company);
    const document = await service.document(company, { due_at: '2026-11-01', customer_email: 'à compléter' });
    expect(await service.followups()).toMatchObject({ status: 'succeeded', stats: { sent: 0, stopped: 1 } });
    expect((await service.chase(document))?.stopped_reason).toBe('invalid_address');
    expect(await service.notifications()).toHaveLength(1);
  });

  test('gets no second mail while the first one is still waiting for the server', async () => {
    const service = await at('2026-11-13T09:00:00Z');
    await service.document(await service.company(), { due_at: '2026-11-10' });
    await service.smtp.down();
    expect((await service.followups()).status).toBe('partial');
    service.turn('2026-11-24T09:00:00Z');
    expect((await service.followups()).stats).toMatchObject({ queued: 0 });
    await service.smtp.up();
    expect((await service.followups()).stats.sent).toBe(1);
    expect(service.smtp.mails).toHaveLength(1);
    service.turn('2026-11-30T09:00:00Z');
    expect((await service.followups()).stats.sent).toBe(0);
    service.turn('2026-12-01T09:00:00Z');
    expect((await service.followups()).stats.sent).toBe(1);
  });
});

test('a document that is late gets a follow-up before its first mail is due', async () => {
  const service = await at('2026-11-12T09:00:00Z');
  const company = await service.company();
  const late = await service.document(company, { due_at: '2026-11-11' });
  const young = await service.document(company, { due_at: '2026-11-12' });
  await service.followups();
  expect(await service.chase(late)).toMatchObject({ steps_sent: 0, stopped_at: null });
  expect(await service.chase(young)).toBeUndefined();
});

test('a credit note, or an invoice of nothing, is left alone', async () => {
  const service = await at(TODAY);
  const company = await service.company();
  for (const total_cents of [0, -5_000])
    await service.document(company, { due_at: '2026-11-01', total_cents });
  expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0 });
});

test('a mail that the server refused for good ends the chase, and the owner is told', async () => {
  const service = await at('2026-11-13T09:00:00Z');
  service.smtp.onData = () => ({ code: 554, message: '5.7.1 looks like spam' });
  const company = await service.company();
  const owner = await service.user(company);
  const document = await service.document(company, { due_at: '2026-11-10' });
  expect((await service.followups()).stats).toMatchObject({ sent: 0, refused: 1 });
  service.smtp.onData = undefined;
  service.turn('2026-11-25T09:00:00Z');
  expect((await service.followups()).stats).toMatchObject({ sent: 0, stopped: 1 });
  expect((await service.chase(document))?.stopped_reason).toBe('undelivered');
  expect(await service.notifications()).toMatchObject([{ user_id: owner, kind: 'followup_stopped' }]);
});

test('a step that was cancelled, since follow-ups were off for a while, is not counted', async () => {
  const service = await at('2026-11-13T09:00:00Z');
  const company = await service.company();
  await service.settings(company, {});
  const document = await service.document(company, { due_at: '2026-11-10' });
  const turnOn = (on: boolean) =>
    service.db.rows(sql`update cronhook.billing_settings set auto_followups_enabled = ${on}::boolean`);
  await service.smtp.down();
  await service.followups();
  await service.smtp.up();
  await turnOn(false);
  expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
  await turnOn(true);
  service.turn('2026-11-25T09:00:00Z');
  expect((await service.followups()).stats.sent).toBe(1);
  expect(service.smtp.mails[0]?.subject).toMatch(/^Rappel/);
  expect((await service.chase(document))?.steps_sent).toBe(1);
});

test('delays and dates that no calendar has stop nobody else’s follow-ups', async () => {
  const service = await at(TODAY);
  const strange = await service.company();
  await service.settings(strange, { invoice_delays_days: [2_147_483_647], quote_delays_days: [] });
  await service.document(strange, { due_at: '2026-11-01' });
  await service.document(strange, { kind: 'quote', issued_at: '-infinity' });
  await service.document(await service.company(), { due_at: '2026-11-01' });
  expect(await service.followups()).toMatchObject({ status: 'succeeded', stats: { sent: 1 } });
});

describe('an unanswered quote', () => {
  test('is chased by its own delays, with a way to unsubscribe', async () => {
    const service = await at('2026-11-04T09:00:00Z', { PUBLIC_URL: 'https://cron.example.com' });
    await service.document(await service.company(), {
      kind: 'quote',
      number: 'D-7',
      issued_at: '2026-11-01',
    });
    expect((await service.followups()).stats.sent).toBe(1);
    const { headers } = service.smtp.mails[0] ?? { headers: {} as Record<string, string> };
    expect(headers['list-unsubscribe']).toMatch(/^<https:\/\/cron\.example\.com\/unsubscribe\/[\w.-]+>$/);
    expect(headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
    service.turn('2026-11-08T09:00:00Z');
    expect((await service.followups()).stats.sent).toBe(1);
    service.turn('2026-12-20T09:00:00Z');
    expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0 });
  });

  test('is chased through the last day on which it holds; then the chase ends without a word', async () => {
    const service = await at('2026-11-04T09:00:00Z');
    const company = await service.company();
    await service.user(company);
    const quote = await service.document(company, {
      kind: 'quote',
      issued_at: '2026-11-01',
      due_at: '2026-11-04',
    });
    expect((await service.followups()).stats).toMatchObject({ sent: 1, stopped: 0 });
    service.turn('2026-11-04T23:30:00Z');
    expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0, stopped: 1 });
    expect((await service.chase(quote))?.stopped_reason).toBe('expired');
    service.turn('2026-11-20T09:00:00Z');
    expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0, stopped: 0 });
    expect(await service.notifications()).toEqual([]);
  });

  test('that has expired before its first mail is never chased', async () => {
    const service = await at('2026-11-10T09:00:00Z');
    const company = await service.company();
    const late = await service.document(company, {
      kind: 'quote',
      issued_at: '2026-11-01',
      due_at: '2026-11-09',
    });
    expect((await service.followups()).stats).toMatchObject({ due: 0, sent: 0, stopped: 0 });
    expect(await service.chase(late)).toBeUndefined();
  });

  test('whose mail still waits when it expires is not written to any more', async () => {
    const service = await at('2026-11-04T09:00:00Z');
    await service.document(await service.company(), {
      kind: 'quote',
      issued_at: '2026-11-01',
      due_at: '2026-11-05',
    });
    await service.smtp.down();
    await service.followups();
    await service.smtp.up();
    service.turn('2026-11-06T09:00:00Z');
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 1 });
  });

  test.each(['accepted', 'refused'])('that was %s in the meantime is stopped', async (status) => {
    const service = await at('2026-11-04T09:00:00Z');
    const quote = await service.document(await service.company(), { kind: 'quote', issued_at: '2026-11-01' });
    await service.followups();
    await service.db.rows(sql`update cronhook.billing_documents set status = ${status}`);
    service.turn('2026-11-20T09:00:00Z');
    expect((await service.followups()).stats).toMatchObject({ sent: 0, stopped: 1 });
    expect((await service.chase(quote))?.stopped_reason).toBe(status);
  });
});

describe('the mail', () => {
  test('comes in the name of the company, answers go to it, and no customer’s name is HTML', async () => {
    const service = await at(TODAY);
    const company = await service.company({ name: 'L’Atelier & Cie' });
    await service.settings(company, {
      sender_name: 'Comptabilité Moreau',
      reply_to: 'compta@moreau.example',
    });
    const document = await service.document(company, {
      due_at: '2026-11-01',
      number: 'F-9',
      customer_name: '<img src=x onerror=alert(1)> & "Fils"',
    });
    await service.followups();
    const [mail] = service.smtp.mails;
    expect(mail?.headers).toMatchObject({
      from: 'Comptabilité Moreau <cronhook@service.example>',
      'reply-to': 'compta@moreau.example',
      references: `<${document}@service.example>`,
    });
    expect(mail?.headers).not.toHaveProperty('list-unsubscribe');
    const html = (await mail?.html) ?? '';
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img');
    expect(await mail?.text).toContain('<img src=x onerror=alert(1)>');
    expect((await mail?.text)?.replace(/\s/g, ' ')).toContain('1 234,56 €');
  });
});

describe('a chase that is not allowed', () => {
  test('is skipped, by reason', async () => {
    const service = await at('2026-11-21T09:00:00Z');
    const off = await service.company();
    await service.settings(off, { auto_followups_enabled: false });
    await service.document(off, { due_at: '2026-11-01' });
    const restful = await service.company();
    await service.settings(restful, { skip_weekends: true });
    await service.document(restful, { due_at: '2026-11-01' });
    const left = await service.company({ status: 'cancelled' });
    await service.document(left, { due_at: '2026-11-01' });
    const by = await service.company();
    const manual = await service.document(by, { due_at: '2026-11-01' });
    await service.insert('followups', {
      id: '0197aaaa-0000-7000-8000-0000000000f1',
      document_id: manual,
      auto_enabled: false,
      steps_sent: 0,
      created_at: '2026-11-01T00:00:00Z',
    });
    expect((await service.followups()).stats).toMatchObject({
      due: 4,
      sent: 0,
      skipped: 4,
      skippedCompany: 1,
      skippedWeekend: 1,
      skippedClosed: 1,
      skippedFollowup: 1,
    });
    service.turn('2026-11-23T09:00:00Z');
    expect((await service.followups()).stats).toMatchObject({ sent: 1, skipped: 3 });
  });

  test.each(['2027-03-29', '2027-05-06', '2027-05-17', '2026-12-25', '2027-07-14'])(
    'is skipped on the public holiday %s too',
    async (day) => {
      const service = await at(`${day}T09:00:00Z`);
      const company = await service.company();
      await service.settings(company, { skip_weekends: true });
      const due = new Date(Date.parse(day) - 4 * 86_400_000).toISOString().slice(0, 10);
      await service.document(company, { due_at: due });
      expect((await service.followups()).stats).toMatchObject({ due: 1, sent: 0, skippedWeekend: 1 });
    },
  );
});

test('a dry run names what it would do, and changes nothing', async () => {
  const service = await at(TODAY);
  const company = await service.company();
  await service.document(company, { due_at: '2026-11-01', number: 'F-1' });
  await service.document(company, { due_at: '2026-01-01', number: 'F-2' });
  const answer = await service.followups('&dryRun=true');
  expect(answer).toMatchObject({ status: 'succeeded', stats: { due: 2, queued: 1, reported: 1, sent: 0 } });
  expect(answer.details).toMatchObject([
    { item: 'F-2', action: 'report' },
    { item: 'F-1', action: 'send', step: 1, tone: 'courteous' },
  ]);
  expect(await service.messages()).toHaveLength(0);
  expect(await service.db.rows(sql`select from cronhook.followups`)).toHaveLength(0);
});

test('every hour around both daylight-saving changes sends each step once, on its own day', async () => {
  for (const start of ['2026-10-23T00:00:00Z', '2027-03-26T00:00:00Z']) {
    const service = await at(start);
    const company = await service.company();
    const due = new Date(Date.parse(start) - 86_400_000).toISOString().slice(0, 10);
    await service.document(company, { due_at: due });
    const times: string[] = [];
    for (let hour = 0; hour < 24 * 5; hour++) {
      const now = new Date(Date.parse(start) + hour * 3_600_000);
      service.turn(now.toISOString());
      if ((await service.followups()).stats.sent === 1) times.push(now.toISOString());
    }
    // Three days after the due date, at the first call of that day in Paris.
    const local = new Intl.DateTimeFormat('sv', {
      timeZone: 'Europe/Paris',
      dateStyle: 'short',
      timeStyle: 'short',
    });
    const expected = new Date(Date.parse(due) + 3 * 86_400_000).toISOString().slice(0, 10);
    expect(times.map((time) => local.format(new Date(time)))).toEqual([`${expected} 00:00`]);
  }
});
