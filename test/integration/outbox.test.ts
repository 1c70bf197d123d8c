import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { createMail } from '../../src/clients/mail.js';
import { retryMessages } from '../../src/db/outbox.js';
import { queueMessages } from '../../src/messages/queue.js';
import { RETRY_DELAYS_MINUTES } from '../../src/messages/retries.js';
import { Secret } from '../../src/secret.js';
import { deadPort } from '../support/imap-faults.js';
import { type LokarioService, lokario, MAIL_FROM, startLokario } from '../support/lokario.js';
import { startTestService } from '../support/service.js';
import type { SmtpFaults } from '../support/smtp.js';
import { startTwilio, twilioError } from '../support/twilio.js';

const only = async (service: LokarioService) => {
  const [message] = await service.messages();
  return message as NonNullable<typeof message>;
};

describe('a pending message', () => {
  test('goes out once, under its own Message-ID', async () => {
    const service = await startLokario();
    await service.message({ message_id: '<42@service.example>', html_body: '<p>Bonjour <b>Anna</b></p>' });
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 1, remaining: 0 } });
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 0 } });
    const [mail, ...others] = service.smtp.mails;
    expect(others).toEqual([]);
    expect(mail?.to).toEqual(['anna@example.com']);
    expect(mail?.from).toBe('cronhook@service.example');
    expect(mail?.headers).toMatchObject({
      'message-id': '<42@service.example>',
      subject: 'Bonjour',
      from: 'Cronhook <cronhook@service.example>',
      'auto-submitted': 'auto-generated',
    });
    expect(await mail?.text).toContain('Bonjour Anna.');
    expect(await mail?.html).toContain('<b>Anna</b>');
    const stored = await only(service);
    expect(stored).toMatchObject({ status: 'sent', attempts: 0, last_error: null });
    expect(stored.sent_at).not.toBeNull();
  });

  test('brings its attachments along', async () => {
    const service = await startLokario();
    const content = Buffer.from('%PDF-1.7 facture').toString('base64');
    await service.message({
      attachments: [
        { filename: 'Facture n° 1.pdf', contentType: 'application/pdf', content },
        { path: '/etc/passwd' },
      ],
    });
    expect((await service.deliver()).stats.sent).toBe(1);
    const { attachments } = (await service.smtp.mails[0]?.parse()) ?? { attachments: [] };
    expect(attachments).toMatchObject([{ filename: 'Facture n° 1.pdf', mimeType: 'application/pdf' }]);
  });

  test('is not sent before its time', async () => {
    const service = await startLokario();
    await service.message({ next_attempt_at: '2099-01-01T00:00:00Z' });
    expect(await service.deliver()).toMatchObject({ stats: { sent: 0, remaining: 0 } });
    expect(service.smtp.mails).toHaveLength(0);
  });

  test('to two addresses, or to none, goes to nobody', async () => {
    const service = await startLokario();
    for (const recipient of [
      'a@example.com, b@example.com',
      'nobody',
      'a@example.com\r\nBcc: b@example.com',
      '<>',
    ])
      await service.message({ recipient });
    expect(await service.deliver()).toMatchObject({
      status: 'partial',
      stats: { sent: 0, refused: 4, failed: 4 },
    });
    expect(service.smtp.mails).toHaveLength(0);
    expect((await service.messages()).map(({ status }) => status)).toEqual(Array(4).fill('failed'));
  });

  test('carries no header that its sender’s name or subject smuggles in', async () => {
    const service = await startLokario();
    await service.message({
      subject: 'Bonjour\r\nBcc: eve@example.com',
      headers: { 'X-Cronhook-Sender-Name': 'Moreau"\r\nX-Evil: 1', 'Reply-To': 'contact@moreau.example' },
    });
    expect((await service.deliver()).stats.sent).toBe(1);
    const [mail] = service.smtp.mails;
    expect(mail?.to).toEqual(['anna@example.com']);
    expect(mail?.headers).not.toHaveProperty('bcc');
    expect(mail?.headers).not.toHaveProperty('x-evil');
    expect(mail?.headers).not.toHaveProperty('x-cronhook-sender-name');
    expect(mail?.headers['reply-to']).toBe('contact@moreau.example');
  });

  test('waits in a dry run', async () => {
    const service = await startLokario();
    await service.message();
    expect(await service.deliver('&dryRun=true')).toMatchObject({ stats: { sent: 0, remaining: 1 } });
    expect(service.smtp.mails).toHaveLength(0);
    expect((await only(service)).status).toBe('pending');
  });
});

describe('what a failure costs', () => {
  test('nothing, when the server is down: the run is partial and the next one delivers', async () => {
    const service = await startLokario();
    await service.smtp.down();
    for (let count = 0; count < 20; count++) await service.message();
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 0, remaining: 20, failed: 1 } });
    expect(answer.errors[0]?.message).toContain('SMTP_URL');
    for (const { status, attempts } of await service.messages()) {
      expect({ status, attempts }).toEqual({ status: 'pending', attempts: 0 });
    }
    await service.smtp.up();
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 20 } });
    expect(new Set(service.smtp.mails.map(({ messageId }) => messageId)).size).toBe(20);
  });

  test('nothing, when the password is wrong; the error names SMTP_URL and not the password', async () => {
    const service = await startLokario({ smtp: { auth: { user: 'cron', pass: 'right-password' } } });
    service.smtp.auth = { user: 'cron', pass: 'another' };
    await service.message();
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 0, remaining: 1 } });
    expect(answer.errors[0]?.message).toContain('SMTP_URL');
    expect(JSON.stringify(answer) + service.log()).not.toContain('right-password');
    expect(await only(service)).toMatchObject({ status: 'pending', attempts: 0 });
    service.smtp.auth = { user: 'cron', pass: 'right-password' };
    expect((await service.deliver()).stats.sent).toBe(1);
  });

  test.each([
    ['the sender is refused', { code: 550, message: '5.7.1 sender not allowed' }],
    ['the sender is put off', { code: 451, message: '4.7.1 slow down' }],
  ])('nothing, when %s', async (_, reply) => {
    const service = await startLokario({ smtp: { onMailFrom: () => reply } });
    await service.message();
    await service.message();
    expect(await service.deliver()).toMatchObject({
      status: 'partial',
      stats: { sent: 0, remaining: 2, failed: 1 },
    });
    for (const message of await service.messages())
      expect(message).toMatchObject({ status: 'pending', attempts: 0 });
  });

  test('an attempt, when the recipient is put off; the delays grow to 12 hours and end after four days', async () => {
    let now = new Date('2026-11-21T10:00:00Z');
    const service = await startLokario({
      now: () => now,
      smtp: { onRcpt: () => ({ code: 451, message: '4.7.1 greylisted' }) },
    });
    await service.message();
    const delays: number[] = [];
    for (;;) {
      expect((await service.deliver()).status).toBe('partial');
      const { status, next_attempt_at, attempts } = await only(service);
      if (status === 'failed') break;
      expect(attempts).toBe(delays.length + 1);
      const next = new Date(next_attempt_at);
      delays.push((next.getTime() - now.getTime()) / 60_000);
      expect((await service.deliver()).status).toBe('succeeded');
      now = next;
    }
    expect(delays).toEqual(RETRY_DELAYS_MINUTES);
    expect(delays).toEqual([1, 5, 30, 120, 360, ...Array(7).fill(720)]);
    expect((await only(service)).last_error).toContain('greylisted');
  });

  test.each([
    ['at RCPT', { onRcpt: () => ({ code: 550, message: '5.7.1 blocked' }) }],
    ['at DATA', { onData: () => ({ code: 554, message: '5.6.0 content rejected' }) }],
  ])('the message, when it is refused for good %s; its address is not suppressed', async (_, smtp) => {
    const service = await startLokario({ smtp });
    await service.message();
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 0, refused: 1, failed: 1 } });
    expect(answer.errors[0]?.item).toBe('anna@example.com');
    expect(await only(service)).toMatchObject({ status: 'failed', attempts: 1 });
    expect(await service.db.rows(sql`select from cronhook.suppressed_addresses`)).toHaveLength(0);
  });

  test('the message and its address, when there is no such address; the next message to it is suppressed', async () => {
    const service = await startLokario({
      smtp: {
        onRcpt: (to) =>
          to === 'gone@example.com' ? { code: 550, message: '5.1.1 no such user' } : undefined,
      },
    });
    await service.message({ recipient: 'Gone@Example.com'.toLowerCase() });
    await service.message({ recipient: 'here@example.com' });
    expect(await service.deliver()).toMatchObject({ stats: { sent: 1, refused: 1 } });
    const [row] = await service.db.rows<{ address: string; reason: string }>(
      sql`select * from cronhook.suppressed_addresses`,
    );
    expect(row).toMatchObject({ address: 'gone@example.com' });
    expect(row?.reason).toContain('5.1.1');
    await service.message({ recipient: 'GONE@example.com' });
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { suppressed: 1, sent: 0 } });
  });

  test('nothing to the others, when connections break off in the middle of messages', async () => {
    let drops = 2;
    const service = await startLokario({ smtp: { onData: () => (drops-- > 0 ? 'drop' : undefined) } });
    for (let count = 0; count < 30; count++) await service.message();
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 28, remaining: 2 } });
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 2 } });
    expect(new Set(service.smtp.mails.map(({ messageId }) => messageId)).size).toBe(30);
    for (const message of await service.messages())
      expect(message).toMatchObject({ status: 'sent', attempts: 0 });
  });

  test('no second copy in the same run, when the server takes a message and hangs up', async () => {
    const service = await startLokario({ smtp: { onData: () => 'drop-after-accept' } });
    for (let count = 0; count < 10; count++) await service.message();
    expect((await service.deliver()).status).toBe('partial');
    const ids = service.smtp.mails.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('an attempt from the second time on, when the server takes a message and hangs up', async () => {
    const service = await startLokario({ smtp: { onData: () => 'drop-after-accept' } });
    await service.message();
    for (let count = 0; count < 5; count++) await service.deliver();
    expect(service.smtp.mails).toHaveLength(2);
    expect(await only(service)).toMatchObject({ status: 'pending', attempts: 1 });
  });

  test('an attempt, when the server says 421 to one recipient; the others go out', async () => {
    let now = new Date('2026-11-20T10:00:00Z');
    const service = await startLokario({
      now: () => now,
      smtp: { onRcpt: (to) => (to.startsWith('defer') ? { code: 421, message: '4.7.0 later' } : undefined) },
    });
    for (let count = 0; count < 5; count++)
      await service.message({ recipient: `defer-${count}@example.com` });
    for (let count = 0; count < 20; count++) await service.message();
    // The connection ends with the reply, and takes others along.
    for (let count = 0; count < 4; count++) {
      await service.deliver();
      now = new Date(now.getTime() + 60_000);
    }
    expect(service.smtp.mails).toHaveLength(20);
    const deferred = (await service.messages()).filter(({ status }) => status === 'pending');
    expect(deferred).toHaveLength(5);
    for (const { attempts } of deferred) expect(attempts).toBeGreaterThan(0);
  });

  test.each([
    ['the quota is used up', '5.4.5 Daily user sending limit exceeded'],
    ['the server does not relay', '5.7.1 <anna@example.com>: Relay access denied'],
  ])('nothing, when %s', async (_, message) => {
    const service = await startLokario({ smtp: { onRcpt: () => ({ code: 550, message }) } });
    for (let count = 0; count < 10; count++) await service.message();
    expect(await service.deliver()).toMatchObject({ status: 'partial', stats: { remaining: 10 } });
    for (const stored of await service.messages())
      expect(stored).toMatchObject({ status: 'pending', attempts: 0 });
  });

  test('the message and its address, when there is no such address in a relay’s table', async () => {
    const message = '5.1.1 <x@y>: Recipient address rejected: User unknown in relay recipient table';
    const service = await startLokario({ smtp: { onRcpt: () => ({ code: 550, message }) } });
    await service.message();
    expect((await service.deliver()).stats).toMatchObject({ refused: 1 });
    expect(await service.db.rows(sql`select from cronhook.suppressed_addresses`)).toHaveLength(1);
  });

  test('nothing, however often connections end before a message was wanted', async () => {
    const service = await startLokario({ smtp: { onMailFrom: () => 'drop' } });
    await service.message();
    for (let count = 0; count < 4; count++) expect((await service.deliver()).status).toBe('partial');
    expect(await only(service)).toMatchObject({ status: 'pending', attempts: 0 });
  });

  test('no more than a few messages, when the server refuses one after the other; they can be sent again', async () => {
    const service = await startLokario({
      smtp: { onData: () => ({ code: 554, message: '5.7.1 bad reputation' }) },
    });
    for (let count = 0; count < 100; count++) await service.message();
    const { stats } = await service.deliver();
    expect(Number(stats.refused)).toBeLessThan(20);
    expect(Number(stats.remaining)).toBe(100 - Number(stats.refused));
    service.smtp.onData = undefined;
    await service.db.transaction((tx) => retryMessages(tx, new Date()));
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 100 } });
  });

  test('an attempt and a delay, when the server takes a message and stays silent', async () => {
    const service = await startLokario({ smtp: { delayMs: 5_000 } });
    service.context.services.mail = createMail({
      url: new Secret(service.smtp.url),
      from: MAIL_FROM,
      concurrency: 2,
      timeouts: { idleMs: 500 },
    });
    await service.message();
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, postponed: 1 });
    expect(await only(service)).toMatchObject({ status: 'pending', attempts: 1 });
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, remaining: 0 });
  });

  test('nothing, when nobody listens at that address', async () => {
    const port = await deadPort();
    const service = await startLokario({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } });
    await service.message();
    expect(await service.deliver()).toMatchObject({ status: 'partial', stats: { remaining: 1 } });
  });
});

describe('delivery side by side', () => {
  test('opens no more connections than SMTP_CONCURRENCY', async () => {
    let most = 0;
    const service = await startLokario({ env: { SMTP_CONCURRENCY: '3' } });
    service.smtp.onAccepted = async () => {
      most = Math.max(most, service.smtp.open);
      await sleep(5);
    };
    for (let count = 0; count < 60; count++) await service.message();
    expect((await service.deliver()).stats.sent).toBe(60);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });

  test('of two tasks in one process shares the connections', async () => {
    let most = 0;
    const service = await startLokario({ env: { SMTP_CONCURRENCY: '2' } });
    service.smtp.onAccepted = async () => {
      most = Math.max(most, service.smtp.open);
      await sleep(5);
    };
    const company = await service.company();
    for (let count = 0; count < 30; count++) {
      await service.message();
      await service.document(company, { due_at: '2026-11-01', number: `F-${count}` });
    }
    await Promise.all([service.deliver(), service.followups()]);
    await service.deliver();
    expect(service.smtp.mails).toHaveLength(60);
    expect(most).toBe(2);
  });

  test('of two tasks on two replicas sends nothing twice', async () => {
    const first = await startLokario();
    const second = await startTestService({
      databaseUrl: first.databaseUrl,
      env: { SMTP_URL: first.smtp.url, MAIL_FROM },
    });
    const company = await first.company();
    for (let count = 0; count < 60; count++) {
      await first.message();
      await first.document(company, { due_at: '2026-11-01', number: `F-${count}` });
    }
    const answers = await Promise.all([first.deliver(), lokario(second).followups()]);
    expect(answers.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    await first.deliver();
    const ids = first.smtp.mails.map(({ messageId }) => messageId);
    expect(ids.length).toBe(120);
    expect(new Set(ids).size).toBe(120);
  });

  test('leaves what another live run has claimed, and takes what a dead one left', async () => {
    const service = await startLokario();
    await service.insert('task_leases', {
      task: 'elsewhere',
      run_id: '0197aaaa-0000-7000-8000-000000000001',
      expires_at: '2999-01-01T00:00:00Z',
      created_at: '2026-01-01T00:00:00Z',
    });
    await service.message({ status: 'sending', claimed_by: '0197aaaa-0000-7000-8000-000000000001' });
    await service.message({ status: 'sending', claimed_by: '0197aaaa-0000-7000-8000-00000000dead' });
    expect((await service.deliver()).stats.sent).toBe(1);
    expect((await service.messages()).map(({ status }) => status).sort()).toEqual(['sending', 'sent']);
  });
});

describe('the cause', () => {
  test('is looked at again a moment before each message goes out', async () => {
    const service = await startLokario({ env: { SMTP_CONCURRENCY: '1' } });
    const company = await service.company();
    const documents: string[] = [];
    for (let count = 0; count < 6; count++)
      documents.push(await service.document(company, { due_at: '2026-11-01', number: `F-${count}` }));
    // The first mail takes a while; meanwhile the other invoices are paid.
    let slow = true;
    service.smtp.onAccepted = async () => {
      if (!slow) return;
      slow = false;
      await service.db.rows(sql`update cronhook.billing_documents set status = 'paid', paid_at = now()`);
      await sleep(1_200);
    };
    const answer = await service.followups();
    expect(service.smtp.mails).toHaveLength(1);
    expect(answer).toMatchObject({ status: 'succeeded', stats: { queued: 6, sent: 1, cancelled: 5 } });
  });

  test('is looked at when a slow server at last wants the message', async () => {
    const service = await startLokario();
    const company = await service.company();
    await service.document(company, { due_at: '2026-11-01' });
    service.smtp.onRcpt = async () => {
      await service.db.rows(sql`update cronhook.billing_documents set status = 'paid', paid_at = now()`);
      await sleep(600);
      return undefined;
    };
    expect(await service.followups()).toMatchObject({ stats: { queued: 1, sent: 0, cancelled: 1 } });
    expect(service.smtp.mails).toHaveLength(0);
  });

  test.each([
    ['its due date is put off', sql`update cronhook.billing_documents set due_at = '2099-01-01'`],
    ['its company leaves', sql`update cronhook.companies set status = 'cancelled'`],
    [
      'its customer has another address',
      sql`update cronhook.billing_documents set customer_email = 'new@example.com'`,
    ],
  ])('has gone, when %s while the mail waits', async (_, change) => {
    const service = await startLokario();
    await service.document(await service.company(), { due_at: '2026-11-01' });
    await service.smtp.down();
    await service.followups();
    await service.smtp.up();
    await service.db.rows(change);
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 0, cancelled: 1 } });
  });

  test('waits for a working day, where the company wants that', async () => {
    let now = new Date('2026-11-20T16:00:00Z');
    const service = await startLokario({ now: () => now });
    const company = await service.company();
    await service.settings(company, { skip_weekends: true });
    await service.document(company, { due_at: '2026-11-01' });
    await service.smtp.down();
    await service.followups();
    await service.smtp.up();
    now = new Date('2026-11-21T08:00:00Z');
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, cancelled: 0 });
    now = new Date('2026-11-23T08:00:00Z');
    expect((await service.deliver()).stats).toMatchObject({ sent: 1 });
  });
});

test('what is on its way when the service is told to stop arrives once', async () => {
  const service = await startLokario({ smtp: { delayMs: 300 } });
  for (let count = 0; count < 40; count++) await service.message();
  const answer = service.deliver();
  await expect.poll(() => service.smtp.mails.length).toBeGreaterThan(0);
  await service.context.runner.drain(0);
  expect((await answer).status).toBe('interrupted');
  const sent = (await service.messages()).filter(({ status }) => status === 'sent').length;
  expect(sent).toBe(service.smtp.mails.length);
  expect(sent).toBeLessThan(40);
});

describe('a restored backup', () => {
  test('holds its pending messages until they are released', async () => {
    const service = await startLokario();
    await service.message();
    // What a dump brings along: the settings of another database.
    await service.db.rows(sql`update cronhook.settings set value = '1/1' where key = 'database.identity'`);
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 0 } });
    expect(answer.errors[0]?.message).toContain('outbox release');
    expect((await only(service)).status).toBe('held');
    await service.message({ dedupe_key: 'new' });
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 1 } });
    expect(await service.notifications()).toMatchObject([{ kind: 'messages_held', user_id: null }]);
  });
});

describe('an SMS', () => {
  async function withTwilio(now = () => new Date('2026-11-20T10:00:00Z')) {
    const twilio = await startTwilio();
    const env = {
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken.reveal(),
      TWILIO_FROM: twilio.from,
      TWILIO_API_URL: twilio.apiUrl,
    };
    return { ...(await startLokario({ env, now })), twilio };
  }
  const sms = { channel: 'sms', recipient: '06 12 34 56 78', subject: null, text_body: 'Bonjour !' };

  test('goes out through Twilio', async () => {
    const service = await withTwilio();
    await service.message(sms);
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 1 } });
    expect(service.twilio.sent).toMatchObject([{ to: '+33612345678', body: 'Bonjour !' }]);
    expect((await service.deliver()).stats.sent).toBe(0);
  });

  test('to somebody who has answered STOP suppresses the number', async () => {
    const service = await withTwilio();
    service.twilio.unsubscribed.add('+33612345678');
    await service.message({ ...sms, recipient: '+33612345678' });
    expect(await service.deliver()).toMatchObject({ status: 'partial', stats: { sent: 0, refused: 1 } });
    await service.message({ ...sms, recipient: '+33612345678' });
    expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 0, suppressed: 1 } });
  });

  test('costs nothing, and keeps no mail waiting, while Twilio refuses the account', async () => {
    const service = await withTwilio();
    service.twilio.fail(/POST/, twilioError(401, 20003, 'Authenticate'), { times: 10 });
    await service.message(sms);
    await service.message();
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 1, remaining: 1 } });
    expect(answer.errors[0]?.message).toContain('TWILIO_');
    expect((await service.messages()).find(({ recipient }) => recipient === sms.recipient)).toMatchObject({
      status: 'pending',
      attempts: 0,
    });
  });

  test('that advertises waits for the hours of the law', async () => {
    let now = new Date('2026-11-21T21:30:00Z');
    const service = await withTwilio(() => now);
    await service.message({ ...sms, headers: { 'X-Cronhook-Marketing': 'yes' } });
    await service.message({ ...sms, recipient: '+33698765432' });
    // Saturday, 22:30 in Paris: only what does not advertise.
    expect((await service.deliver()).stats.sent).toBe(1);
    now = new Date('2026-11-22T12:00:00Z');
    expect((await service.deliver()).stats.sent).toBe(0);
    now = new Date('2026-11-23T06:59:00Z');
    expect((await service.deliver()).stats.sent).toBe(0);
    now = new Date('2026-11-23T07:00:00Z');
    expect((await service.deliver()).stats.sent).toBe(1);
  });
});

describe('an ephemeral message', () => {
  async function queued(smtp: SmtpFaults = {}) {
    const service = await startLokario({ smtp });
    const { mail, vault } = service.context.services;
    await service.db.transaction((tx) =>
      queueMessages(
        tx,
        [
          {
            task: 'test',
            dedupeKey: 'ephemeral:1',
            recipient: 'zoe.secret@example.com',
            subject: 'Votre mot de passe',
            text: 'tulipe-4711',
            html: '<p>tulipe-4711</p>',
            ephemeral: true,
          },
        ],
        { sender: mail?.sender, vault, now: new Date('2020-01-01') },
      ),
    );
    const stored = async () => JSON.stringify(await service.messages());
    return { service, stored };
  }

  test('is stored encrypted, delivered, and blanked with its end', async () => {
    const { service, stored } = await queued();
    expect(await stored()).not.toMatch(/tulipe|zoe\.secret|mot de passe/);
    expect((await service.deliver()).stats.sent).toBe(1);
    expect(await service.smtp.mails[0]?.text).toContain('tulipe-4711');
    expect(service.smtp.mails[0]?.to).toEqual(['zoe.secret@example.com']);
    expect(await only(service)).toMatchObject({
      status: 'sent',
      recipient: '',
      text_body: '',
      subject: null,
    });
  });

  test('that is refused leaves no trace of its address, in no table and no log', async () => {
    const { service, stored } = await queued({
      onRcpt: (to) => ({ code: 550, message: `5.1.1 <${to}>: no such user` }),
    });
    const answer = await service.deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { refused: 1 } });
    expect(await only(service)).toMatchObject({ status: 'failed', recipient: '', text_body: '' });
    expect(answer.errors[0]?.message).toContain('(550 5.1.1)');
    const suppressed = await service.db.rows(sql`select * from cronhook.suppressed_addresses`);
    const runs = await service.db.rows(sql`select * from cronhook.task_runs`);
    const traces = JSON.stringify([answer, suppressed, runs]) + (await stored()) + service.log();
    expect(traces).not.toMatch(/zoe\.secret|tulipe/);
  });

  test('says what is wrong with the server while that is down, and nothing of itself', async () => {
    const { service, stored } = await queued();
    await service.smtp.down();
    const answer = await service.deliver();
    expect(answer.errors).toMatchObject([{ item: 'SMTP', message: expect.stringContaining('SMTP_URL') }]);
    await service.smtp.up();
    service.smtp.onMailFrom = () => ({ code: 550, message: '5.7.1 tulipe-4711 is not allowed' });
    const [error] = (await service.deliver()).errors;
    expect(error?.message).toContain('MAIL_FROM (550 5.7.1)');
    expect((await stored()) + service.log()).not.toMatch(/tulipe|zoe\.secret/);
  });

  test('to a suppressed address goes to nobody', async () => {
    const { service } = await queued();
    await service.db.rows(
      sql`insert into cronhook.suppressed_addresses values ('Zoe.Secret@example.com', 'test')`,
    );
    expect((await service.deliver()).stats).toMatchObject({ sent: 0, suppressed: 1 });
    expect(await only(service)).toMatchObject({ status: 'suppressed', text_body: '' });
  });
});
