import { setTimeout as sleep } from 'node:timers/promises';
import nodemailer from 'nodemailer';
import { expect, onTestFinished, test } from 'vitest';
import { startSmtp } from '../support/smtp.js';
import { spawnSmtp } from '../support/smtp-spawn.js';

/** A client of one connection at a time. */
function client(url: string) {
  const transport = nodemailer.createTransport({ url, pool: true, maxConnections: 1, maxRequeues: 0 });
  onTestFinished(() => transport.close());
  const send = (changes: Record<string, unknown> = {}) =>
    transport.sendMail({
      from: 'a@atelier.example',
      to: 'b@client.example',
      subject: 'Relance n° 1 : œuvre',
      text: 'Bonjour,\n\nÀ bientôt.',
      html: '<p>À bientôt</p>',
      ...changes,
    });
  /** What the server said to a mail that it did not take. */
  const refusal = async (changes: Record<string, unknown> = {}) => {
    const error = await send(changes).then(
      () => undefined,
      (error: unknown) => error,
    );
    return error as { code: string; responseCode?: number; response?: string; command?: string } | undefined;
  };
  return { send, refusal };
}

test('an accepted mail is recorded as it came, with its envelope and its connection', async () => {
  const smtp = await startSmtp();
  const { send } = client(smtp.url);
  await send({ messageId: '<1@atelier.example>', cc: 'c@client.example' });
  await send({ messageId: '<2@atelier.example>' });
  const [mail, next] = smtp.mails;
  expect(mail).toMatchObject({
    connection: 1,
    from: 'a@atelier.example',
    to: ['b@client.example', 'c@client.example'],
    messageId: '<1@atelier.example>',
    subject: 'Relance n° 1 : œuvre',
  });
  expect(mail?.headers).toMatchObject({ to: 'b@client.example', 'mime-version': '1.0' });
  expect(await mail?.text).toBe('Bonjour,\n\nÀ bientôt.\n');
  expect(await mail?.html).toContain('<p>À bientôt</p>');
  expect(mail?.raw.toString()).toContain('Message-ID: <1@atelier.example>');
  expect(next).toMatchObject({ connection: 1, messageId: '<2@atelier.example>' });
  expect(smtp).toMatchObject({ connections: 1, open: 1, logins: 0 });
});

test('a refusal comes to the letter, at the command it was set for, and nothing is recorded', async () => {
  const smtp = await startSmtp();
  const { send, refusal } = client(smtp.url);
  smtp.onMailFrom = () => ({ code: 553, message: '5.7.1 not yours' });
  expect(await refusal()).toMatchObject({ response: '553 5.7.1 not yours', command: 'MAIL FROM' });
  smtp.onMailFrom = undefined;
  smtp.onRcpt = (address) =>
    address.startsWith('nobody') ? { code: 550, message: '5.1.1 no such user' } : undefined;
  expect(await refusal({ to: 'nobody@client.example' })).toMatchObject({
    responseCode: 550,
    response: expect.stringContaining('550 5.1.1 no such user'),
  });
  smtp.onData = () => ({ code: 451, message: '4.7.1 greylisted' });
  expect(await refusal()).toMatchObject({ response: '451 4.7.1 greylisted', command: 'DATA' });
  smtp.onData = undefined;
  expect(smtp.mails).toEqual([]);
  await send();
  expect(smtp.mails).toHaveLength(1);
});

test('421 ends the connection, and the next mail comes over another', async () => {
  const smtp = await startSmtp();
  const { send, refusal } = client(smtp.url);
  smtp.onRcpt = () => ({ code: 421, message: '4.3.2 going down' });
  expect(await refusal()).toMatchObject({ response: expect.stringContaining('421 4.3.2 going down') });
  smtp.onRcpt = undefined;
  await send();
  expect(smtp.mails.map(({ connection }) => connection)).toEqual([2]);
});

test('a dropped connection loses the mail, unless it is dropped after accepting it', async () => {
  const smtp = await startSmtp();
  const { refusal } = client(smtp.url);
  for (const at of ['onMailFrom', 'onRcpt', 'onData'] as const) {
    smtp[at] = () => 'drop';
    expect(await refusal()).toMatchObject({ code: expect.stringMatching(/ECONNECTION|ESOCKET/) });
    smtp[at] = undefined;
  }
  expect(smtp.mails).toEqual([]);
  smtp.onData = () => 'drop-after-accept';
  expect(await refusal()).toBeDefined();
  expect(smtp.mails).toHaveLength(1);
});

test('a server that is down refuses connections, and comes back on the same port', async () => {
  const smtp = await startSmtp();
  const { send, refusal } = client(smtp.url);
  await send();
  await smtp.down();
  expect(smtp.open).toBe(0);
  expect(await refusal()).toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|ESOCKET|ECONNECTION/) });
  await smtp.up();
  await send();
  expect(smtp.mails).toHaveLength(2);
});

test('the 250 waits for what the test does with the mail, and for the delay', async () => {
  const smtp = await startSmtp({ greetingDelayMs: 100 });
  const seen: string[] = [];
  smtp.onAccepted = async (mail) => {
    await sleep(100);
    seen.push(mail.messageId);
  };
  smtp.delayMs = 100;
  const start = performance.now();
  await client(smtp.url).send({ messageId: '<slow@atelier.example>' });
  expect(performance.now() - start).toBeGreaterThan(290);
  expect(seen).toEqual(['<slow@atelier.example>']);
});

test('a login is asked for and checked where the server has one, and counted', async () => {
  const smtp = await startSmtp({ auth: { user: 'cronhook', pass: 'juste' } });
  await client(smtp.url).send();
  expect(smtp.mails).toHaveLength(1);
  const wrong = client(smtp.url.replace('juste', 'faux'));
  expect(await wrong.refusal()).toMatchObject({ code: 'EAUTH', responseCode: 535 });
  expect(await wrong.refusal()).toMatchObject({ response: '535 5.7.8 authentication failed' });
  const anonymous = client(`smtp://127.0.0.1:${smtp.port}`);
  expect(await anonymous.refusal()).toMatchObject({ responseCode: 530 });
  expect(smtp.logins).toBe(3);
  smtp.auth = { user: 'cronhook', pass: 'faux' };
  await wrong.send();
  expect(smtp.mails).toHaveLength(2);
});

test('connections above the limit are refused with 421', async () => {
  const smtp = await startSmtp({ maxConnections: 1 });
  await client(smtp.url).send();
  expect(await client(smtp.url).refusal()).toMatchObject({ responseCode: 421 });
  expect(smtp).toMatchObject({ connections: 2, mails: { length: 1 } });
});

test('STARTTLS is offered only where it is asked for, with a certificate that nobody trusts', async () => {
  const smtp = await startSmtp({ starttls: true });
  expect(await client(smtp.url).refusal()).toMatchObject({ code: expect.stringMatching(/ETLS|ESOCKET/) });
  await client(`${smtp.url}?tls.rejectUnauthorized=false`).send();
  expect(smtp.mails).toHaveLength(1);
});

test('the server of its own process writes a line for each mail before it accepts it', async () => {
  const smtp = await spawnSmtp();
  onTestFinished(() => smtp.close());
  const { send } = client(smtp.url);
  expect(smtp.mails()).toEqual([]);
  await send({ messageId: '<1@atelier.example>' });
  await send({ messageId: '<2@atelier.example>' });
  const expected = { to: ['b@client.example'], subject: 'Relance n° 1 : œuvre', connection: 1 };
  expect(smtp.mails()).toEqual([
    { messageId: '<1@atelier.example>', ...expected },
    { messageId: '<2@atelier.example>', ...expected },
  ]);
});
