import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createMail } from '../../src/clients/mail.js';
import { Secret } from '../../src/secret.js';
import { outbox } from '../../src/tasks/messages/outbox.js';
import { MAIL_FROM, startLokario } from '../support/lokario.js';
import { type SmtpScript, startScriptedSmtp } from '../support/smtp-script.js';

/** The service before a server that does as the script says, with so many messages waiting. */
async function facing(script: SmtpScript, { count = 60, concurrency = 4 } = {}) {
  const server = await startScriptedSmtp(script);
  const service = await startLokario({
    env: { SMTP_URL: server.url, SMTP_CONCURRENCY: String(concurrency) },
  });
  const queue = async (recipient: (n: number) => string) => {
    const all = Array.from({ length: count }, (_, n) => service.message({ recipient: recipient(n) }));
    await Promise.all(all);
  };
  await queue((n) => `client-${n}@example.com`);
  const costs = async () => new Set((await service.messages()).map(({ attempts }) => attempts));
  return { ...service, server, costs };
}

const all = { status: 'succeeded', stats: { sent: 60, remaining: 0 } };

describe('a server that allows fewer connections than SMTP_CONCURRENCY', () => {
  const tooMany = '421 4.7.0 too many connections';
  test.each([
    ['says so when they are opened', 'CONNECT', tooMany],
    ['says so at EHLO', 'EHLO', tooMany],
    ['says so at MAIL FROM', 'MAIL', tooMany],
    ['puts off the sender on them', 'MAIL', '451 4.7.0 too many sessions'],
    ['hangs up on them', 'CONNECT', 'drop'],
  ])('gets all messages in one run, when it %s', async (_, at, reply) => {
    const { server, deliver, costs } = await facing({
      reply: (command, { open }) => (command.startsWith(at) && open > 2 ? reply : undefined),
    });
    expect(await deliver()).toMatchObject(all);
    expect(new Set(server.mails.map(({ connection }) => connection)).size).toBeGreaterThan(1);
    expect(server.connections).toBeLessThan(12);
    expect(await costs()).toEqual(new Set([0]));
  });

  test('gets all messages over the only one that it allows', async () => {
    const { server, deliver } = await facing(
      { reply: (command, { open }) => (command === 'CONNECT' && open > 1 ? tooMany : undefined) },
      { concurrency: 10 },
    );
    expect(await deliver()).toMatchObject(all);
    expect(server.connections).toBeLessThan(15);
  });
});

describe('a server that takes a few messages over each connection', () => {
  const used = (n: number, at: RegExp, reply: string): SmtpScript['reply'] => {
    return (command, { mails }) => (at.test(command) && mails >= n ? reply : undefined);
  };
  describe.each([
    ['with', true],
    ['without', false],
  ])('%s pipelining', (_, pipelining) => {
    test.each([
      ['hangs up after them', used(3, /^\.$/, 'last 250 2.0.0 accepted')],
      ['hangs up after each', used(1, /^\.$/, 'last 250 2.0.0 accepted')],
      ['hangs up at the next sender', used(4, /^MAIL/, 'drop')],
      ['says 421 at the next sender', used(4, /^MAIL/, '421 4.7.0 enough')],
      ['says 451 at the next sender', used(4, /^MAIL/, '451 4.7.0 enough')],
      ['says 452 at every second sender', used(2, /^MAIL/, '452 4.5.3 enough')],
      ['says 421 at the next recipient', used(4, /^RCPT/, '421 4.7.0 enough')],
    ])('gets all of them in one run, when it %s', async (_, reply) => {
      const { server, deliver, costs } = await facing({ pipelining, reply });
      expect(await deliver()).toMatchObject(all);
      expect(new Set(server.mails.map(({ messageId }) => messageId)).size).toBe(60);
      expect(server.mails).toHaveLength(60);
      expect(await costs()).toEqual(new Set([0]));
    });
  });
});

describe('a server that goes away in the middle of a run', () => {
  test('is tried a few times and then left alone; nothing is lost', async () => {
    let taken = 0;
    let callers = 0;
    const script: SmtpScript = {
      reply(command) {
        if (command === '.') taken += 1;
        if (command === 'CONNECT' && taken >= 20) callers += 1;
        return taken >= 20 && command !== '.' ? '421 4.3.2 shutting down' : undefined;
      },
    };
    const { server, deliver, costs } = await facing(script);
    const { status, stats } = await deliver();
    expect(status).toBe('partial');
    expect(Number(stats.sent)).toBe(server.mails.length);
    expect(Number(stats.remaining)).toBe(60 - server.mails.length);
    expect(callers).toBeLessThan(12);
    expect(await costs()).toEqual(new Set([0]));
    server.script.reply = undefined;
    expect((await deliver()).status).toBe('succeeded');
    expect(new Set(server.mails.map(({ messageId }) => messageId)).size).toBe(60);
  });

  test('and is back in a moment gets the rest in the same run', async () => {
    const service = await startLokario();
    for (let count = 0; count < 60; count++) await service.message();
    let restarted: Promise<void> | undefined;
    service.smtp.onMailFrom = async () => {
      if (service.smtp.mails.length < 20 || restarted) return undefined;
      restarted = (async () => {
        await service.smtp.down();
        await sleep(300);
        await service.smtp.up();
      })();
      return 'drop';
    };
    const { stats } = await service.deliver();
    // What it had in hand when it went away may have arrived.
    expect(Number(stats.sent)).toBeGreaterThanOrEqual(56);
    await service.deliver();
    const ids = service.smtp.mails.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(60);
    expect(ids.length).toBeLessThanOrEqual(64);
  });
});

test('a server that refuses the first connection is asked once a run', async () => {
  const { server, deliver } = await facing({ reply: () => '421 4.3.2 not today' });
  expect(await deliver()).toMatchObject({ status: 'partial', stats: { sent: 0, remaining: 60, failed: 1 } });
  expect(server.connections).toBe(1);
});

test('a server that encrypts and wants a login gets all messages', async () => {
  const service = await startLokario({ smtp: { auth: { user: 'cron', pass: 'right' }, starttls: true } });
  for (let count = 0; count < 20; count++) await service.message();
  expect(await service.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 20 } });
  expect(service.smtp.logins).toBe(4);
});

test('a wrong password is tried once a run', async () => {
  const service = await startLokario({ smtp: { auth: { user: 'cron', pass: 'right' } } });
  service.smtp.auth = { user: 'cron', pass: 'another' };
  for (let count = 0; count < 20; count++) await service.message();
  expect(await service.deliver()).toMatchObject({ status: 'partial', stats: { remaining: 20, failed: 1 } });
  expect(service.smtp.logins).toBe(1);
});

test('a recipient at whom the server hangs up keeps nobody else waiting, and costs nothing', async () => {
  let asked = 0;
  const { server, deliver, message, messages } = await facing({
    reply(command) {
      if (!command.includes('<poison@')) return undefined;
      asked += 1;
      return 'drop';
    },
  });
  await message({ recipient: 'poison@example.com', next_attempt_at: '2020-02-01T00:00:00Z' });
  expect(await deliver()).toMatchObject({ status: 'partial', stats: { sent: 60, remaining: 1 } });
  expect(server.mails).toHaveLength(60);
  expect(asked).toBeLessThanOrEqual(3);
  expect((await messages()).find(({ status }) => status === 'pending')).toMatchObject({ attempts: 0 });
});

describe('a recipient that may not be sent to', () => {
  const denied = '554 5.7.1 Relay access denied';
  test.each([
    ['the relay is denied', denied],
    ['a limit is named', '550 5.4.5 Daily sending quota exceeded'],
  ])('waits alone, when %s for it; the others go out', async (_, reply) => {
    const bad = ['<client-0@', '<client-7@', '<client-8@'];
    const { server, deliver, messages } = await facing({
      reply: (command) =>
        command.startsWith('RCPT') && bad.some((one) => command.includes(one)) ? reply : undefined,
    });
    for (let run = 0; run < 2; run++) {
      const answer = await deliver();
      expect(answer).toMatchObject({ status: 'partial', stats: { remaining: 3, failed: 3 } });
      expect(answer.errors.map(({ item }) => item).sort()).toEqual(
        [0, 7, 8].map((n) => `client-${n}@example.com`),
      );
    }
    expect(server.mails).toHaveLength(57);
    const [waiting] = (await messages()).filter(({ status }) => status === 'pending');
    expect(waiting).toMatchObject({ attempts: 0, last_error: expect.stringContaining(reply) });
  });

  test('is not alone after ten in a row: the others wait for the next run', async () => {
    let asked = 0;
    const { deliver, costs } = await facing({
      reply(command) {
        if (!command.startsWith('RCPT')) return undefined;
        asked += 1;
        return denied;
      },
    });
    const answer = await deliver();
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 0, remaining: 60 } });
    expect(asked).toBeLessThan(20);
    expect(await costs()).toEqual(new Set([0]));
  });
});

describe('refusals for good, one after the other', () => {
  const refusing = (words: (to: string) => string): SmtpScript['reply'] => {
    let to = '';
    return (command) => {
      to = /^RCPT TO:<(.*?)>/.exec(command)?.[1] ?? to;
      return command === '.' ? words(to) : undefined;
    };
  };

  test('stop the run when they are all alike but for addresses and numbers', async () => {
    let id = 4711;
    const reply = refusing((to) => `554 5.7.1 <${to}>: message ${id++} rejected, bad reputation`);
    const { deliver } = await facing({ reply });
    const { stats, errors } = await deliver();
    expect(Number(stats.refused)).toBeGreaterThanOrEqual(10);
    expect(Number(stats.refused)).toBeLessThan(20);
    expect(JSON.stringify(errors)).toContain('bad reputation');
  });

  test.each([
    ['addresses that do not exist', (to: string) => `550 5.1.1 <${to}>: no such user`],
    ['addresses that do not exist, without a code', (to: string) => `550 no such user ${to}`],
    ['mailboxes that are full', () => '552 5.2.2 mailbox full'],
    ['different reasons', (to: string) => `554 5.7.1 ${'abcdefghijkl'[Number(/\d+/.exec(to)) % 12]} no`],
  ])('do not stop it for %s', async (_, words) => {
    const isBad = (to: string) => Number(/\d+/.exec(to)) < 24;
    const { deliver } = await facing({
      reply: (command) => {
        const to = /^RCPT TO:<(.*?)>/.exec(command)?.[1];
        return to && isBad(to) ? words(to) : undefined;
      },
    });
    expect((await deliver()).stats).toMatchObject({ refused: 24, sent: 36, remaining: 0 });
  });
});

describe('a server that takes a message and stays silent', () => {
  async function silent(
    timeouts: { idleMs: number; overtimeMs: number },
    { timeoutMs = 60_000, concurrency = 2 } = {},
  ) {
    const service = await startLokario({
      smtp: { delayMs: 30_000 },
      tasks: [{ ...outbox, timeoutMs }],
    });
    const url = new Secret(service.smtp.url);
    service.context.services.mail = createMail({ url, from: MAIL_FROM, concurrency, timeouts });
    for (let count = 0; count < 20; count++) await service.message();
    return service;
  }

  test('costs only a few messages an attempt; the others wait for the next run', async () => {
    const service = await silent({ idleMs: 400, overtimeMs: 1_000 });
    const { status, stats } = await service.deliver();
    expect(status).toBe('partial');
    expect(Number(stats.postponed)).toBeGreaterThanOrEqual(3);
    expect(Number(stats.postponed)).toBeLessThanOrEqual(6);
    expect(Number(stats.postponed) + Number(stats.remaining)).toBe(20);
    const ids = service.smtp.mails.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('gets none that was only in line for a connection; that costs them nothing', async () => {
    const service = await silent({ idleMs: 1_500, overtimeMs: 10_000 }, { concurrency: 4 });
    const { stats } = await service.deliver();
    // One for each connection, and one more for each that fell silent before the third did.
    const postponed = Number(stats.postponed);
    expect(postponed).toBeGreaterThanOrEqual(4);
    expect(postponed).toBeLessThanOrEqual(6);
    expect(stats).toMatchObject({ sent: 0, remaining: 20 - postponed });
    const untried = (await service.messages()).filter(({ attempts }) => attempts === 0);
    expect(untried).toHaveLength(20 - postponed);
    for (const message of untried) expect(message).toMatchObject({ status: 'pending', last_error: null });
  });

  test('is given up before the run reaches its limit: the attempt counts, and the run ends well', async () => {
    const service = await silent({ idleMs: 60_000, overtimeMs: 200 }, { timeoutMs: 10_000 });
    const { status, stats } = await service.deliver();
    expect(status).toBe('partial');
    expect(stats).toMatchObject({ sent: 0, postponed: 2, remaining: 18 });
    const counted = (await service.messages()).filter(({ attempts }) => attempts === 1);
    expect(counted).toHaveLength(2);
    for (const { status, last_error } of counted) {
      expect(status).toBe('pending');
      expect(last_error).toContain('Message-ID');
    }
  });
});
