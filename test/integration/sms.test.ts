import { describe, expect, test } from 'vitest';
import { DeliveryProblem, type DeliveryVerdict } from '../../src/clients/delivery-problem.js';
import { createSms } from '../../src/clients/sms.js';
import { freePort } from '../../src/db/embedded.js';
import { en } from '../../src/locales/en.js';
import { fr } from '../../src/locales/fr.js';
import { Secret } from '../../src/secret.js';
import type { Fault } from '../support/http-api.js';
import { startTwilio, twilioError } from '../support/twilio.js';

const TIMING = { requestMs: 400, overtimeMs: 150 };
const going = new AbortController().signal;
const TO = '+33612345678';

type Server = Pick<Awaited<ReturnType<typeof startTwilio>>, 'accountSid' | 'authToken' | 'from' | 'apiUrl'>;

const send = (server: Server, message: { to?: string; text?: string } = {}, signal = going) =>
  createSms({ ...server, timing: TIMING }).send({ to: TO, text: 'Bonjour', ...message }, signal);

const failure = (attempt: Promise<unknown>): Promise<DeliveryProblem> =>
  attempt.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => {
      expect(error).toBeInstanceOf(DeliveryProblem);
      return error as DeliveryProblem;
    },
  );

describe('an SMS', () => {
  test('leaves with its text as written', async () => {
    const twilio = await startTwilio();
    const text = 'Rendez-vous à 9 h : l’été & 100 % +1 🦉\nÀ bientôt';
    await send(twilio, { text });
    expect(twilio.sent).toEqual([{ to: TO, from: '+33700000000', body: text }]);
  });

  test('leaves through a messaging service when TWILIO_FROM names one', async () => {
    const twilio = await startTwilio();
    const service = 'MG0123456789abcdef0123456789abcdef';
    await send({ ...twilio, from: service });
    expect(Object.fromEntries(twilio.requests[0]?.form ?? [])).toEqual({
      To: TO,
      MessagingServiceSid: service,
      Body: 'Bonjour',
    });
  });

  test.each([
    ['06 12 34 56 78', TO],
    ['06.12.34.56.78', TO],
    ['06-12-34-56-78', TO],
    ['06\u00a012\u202f34 56 78', TO],
    ['+33 6 12 34 56 78', TO],
    ['+33 (0)6 12 34 56 78', TO],
    ['0033612345678', TO],
    ['+1 212-555-0100', '+12125550100'],
    ['+32 470 12 34 56', '+32470123456'],
  ])('to %j goes to %s', async (written, to) => {
    const twilio = await startTwilio();
    await send(twilio, { to: written });
    expect(twilio.sent[0]?.to).toBe(to);
  });

  test.each([
    '',
    'jean@example.fr',
    '12345',
    '0612',
    '+0612345678',
    '+1234567',
    '+1234567890123456',
    '06123456789',
    '+33x12345678',
  ])('to %j fails at once, without a call', async (to) => {
    const twilio = await startTwilio();
    const problem = await failure(send(twilio, { to }));
    expect(problem.verdict).toBe('permanent');
    expect(problem.text(fr)).toBe(fr.sms.number);
    expect(twilio.requests).toEqual([]);
  });

  test('to a number that answered STOP suppresses the number', async () => {
    const twilio = await startTwilio();
    twilio.unsubscribed.add(TO);
    const problem = await failure(send(twilio));
    expect(problem.verdict).toBe('address');
    expect(problem.text(fr)).toBe(fr.sms.unsubscribed);
  });

  test('that is empty or too long fails at once', async () => {
    const twilio = await startTwilio();
    expect((await failure(send(twilio, { text: '' }))).verdict).toBe('permanent');
    expect((await failure(send(twilio, { text: 'x'.repeat(1_601) }))).verdict).toBe('permanent');
  });

  test('counts as sent once Twilio has created it, whatever becomes of the rest of the answer', async () => {
    const twilio = await startTwilio();
    const headers = { 'content-length': '1000' };
    twilio.fail(/POST/, { status: 201, body: '{"sid": "SM', headers }, { done: true });
    await send(twilio);
    expect(twilio.sent).toHaveLength(1);
  });
});

describe('Twilio', () => {
  test.each<[number, number, DeliveryVerdict]>([
    [400, 21211, 'permanent'],
    [400, 21214, 'permanent'],
    [400, 21217, 'permanent'],
    [400, 21408, 'permanent'],
    [403, 21408, 'permanent'],
    [400, 21614, 'permanent'],
    [400, 21617, 'permanent'],
    [400, 21635, 'permanent'],
    [400, 21610, 'address'],
    [400, 21212, 'channel'],
    [400, 21606, 'channel'],
    [400, 21660, 'channel'],
    [400, 21705, 'channel'],
    [429, 21611, 'channel'],
    [401, 20003, 'channel'],
    [403, 20003, 'channel'],
    [403, 20005, 'channel'],
    [404, 20404, 'channel'],
    [429, 20429, 'channel'],
    [500, 20500, 'channel'],
    [503, 20503, 'channel'],
  ])('answering %i with %i: %s', async (status, code, verdict) => {
    const twilio = await startTwilio();
    twilio.fail(/./, twilioError(status, code, 'Some words'));
    const problem = await failure(send(twilio));
    expect(problem.verdict).toBe(verdict);
    expect(problem.permanent).toBe(verdict === 'permanent' || verdict === 'address');
    expect(problem.text(fr)).not.toBe(problem.text(en));
  });

  test('refusing a short code for a number abroad fails that message only', async () => {
    const twilio = await startTwilio();
    twilio.fail(
      /./,
      twilioError(400, 21659, "'From' is not a Twilio phone number or Short Code country mismatch"),
    );
    expect((await failure(send({ ...twilio, from: '38123' }))).verdict).toBe('permanent');
    expect((await failure(send({ ...twilio, from: '+33700000000' }))).verdict).toBe('channel');
  });

  test('refusing the login names the variables, and nothing of the token', async () => {
    const twilio = await startTwilio();
    const problem = await failure(send({ ...twilio, authToken: new Secret('a-wrong-auth-token') }));
    expect(problem.verdict).toBe('channel');
    expect(problem.text(en)).toMatch(/TWILIO_ACCOUNT_SID.*TWILIO_AUTH_TOKEN/);
    expect(`${problem.stack}${JSON.stringify(problem)}`).not.toContain('a-wrong-auth-token');
    const other = await failure(send({ ...twilio, accountSid: 'AC/../x' }));
    expect(other.verdict).toBe('channel');
    expect(twilio.requests.at(-1)?.path).toBe('/2010-04-01/Accounts/AC/../x/Messages.json');
  });

  test('is quoted without the number, the token, and briefly', async () => {
    const twilio = await startTwilio();
    const words = `The number ${TO} (06 12 34 56 78, +33612xxxxxx) is bad, ${twilio.authToken.reveal()}\n${'y'.repeat(900)}`;
    twilio.fail(/./, twilioError(400, 21614, words));
    const text = (await failure(send(twilio))).text(en);
    expect(text).toContain('21614: The number … (…, …) is bad, [secret] yyy');
    expect(text).not.toMatch(/612|345|twilio-auth/);
    expect(text.length).toBeLessThan(300);
  });

  test('limiting the rate says when to come back', async () => {
    const twilio = await startTwilio();
    const limited = twilioError(429, 20429, 'Too Many Requests');
    twilio.fail(/./, { ...limited, headers: { 'retry-after': '7' } }, { times: 1 });
    expect((await failure(send(twilio))).retryAfterSeconds).toBe(7);
    twilio.fail(/./, limited);
    expect((await failure(send(twilio))).retryAfterSeconds).toBe(60);
  });

  test.each<[string, Fault]>([
    ['a page of a proxy', { status: 400, body: '<html>' }],
    ['a page of a website', { status: 200, body: '<html>' }],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:9/' } }],
  ])('answering %s is not Twilio: no message is lost', async (_what, fault) => {
    const twilio = await startTwilio();
    twilio.fail(/./, fault);
    const problem = await failure(send(twilio));
    expect(problem.verdict).toBe('channel');
    expect(problem.text(en)).toContain('TWILIO_API_URL');
  });

  test.each<Fault>(['hang', 'reset', 'stall', 'cut'])(
    'giving no whole answer (%s) may have sent it: that counts as an attempt',
    async (fault) => {
      const twilio = await startTwilio();
      twilio.fail(/./, fault, { done: true });
      const problem = await failure(send(twilio));
      expect(problem.verdict).toBe('temporary');
      expect(problem.text(en)).toBe(en.sms.unanswered(new URL(twilio.apiUrl).host));
    },
  );

  test('out of reach costs the message nothing', async () => {
    const twilio = await startTwilio();
    const unknown = await failure(send({ ...twilio, apiUrl: 'http://twilio.invalid' }));
    expect(unknown.verdict).toBe('channel');
    expect(unknown.text(en)).toMatch(/twilio\.invalid.*(ENOTFOUND|EAI_AGAIN).*TWILIO_API_URL/);
    for (const port of [await freePort(), 9]) {
      const refused = await failure(send({ ...twilio, apiUrl: `http://127.0.0.1:${port}` }));
      expect(refused.verdict).toBe('channel');
    }
  });
});

describe('a run that must stop', () => {
  test('sends nothing more', async () => {
    const twilio = await startTwilio();
    const reason = new Error('the run was stopped');
    await expect(send(twilio, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(twilio.requests).toEqual([]);
  });

  test('waits a moment for the answer to what has left', async () => {
    const twilio = await startTwilio();
    const stop = new AbortController();
    const sending = send(twilio, {}, stop.signal);
    stop.abort();
    await sending;
    expect(twilio.sent).toHaveLength(1);
  });

  test('but no longer, and then says that nobody knows', async () => {
    const twilio = await startTwilio();
    twilio.fail(/./, 'hang');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const began = performance.now();
    expect((await failure(send(twilio, {}, stop.signal))).verdict).toBe('temporary');
    expect(performance.now() - began).toBeLessThan(350);
  });
});
