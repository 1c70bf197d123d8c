import { describe, expect, test } from 'vitest';
import { createStripe } from '../../src/clients/stripe.js';
import { freePort } from '../../src/db/embedded.js';
import { AppError } from '../../src/errors.js';
import { en } from '../../src/locales/en.js';
import { fr } from '../../src/locales/fr.js';
import { Secret } from '../../src/secret.js';
import type { Fault } from '../support/http-api.js';
import { locked, problem, rateLimited, startStripe } from '../support/stripe.js';

const TIMING = { requestMs: 300, firstWaitMs: 10, longestWaitMs: 2_000 };
const going = new AbortController().signal;

type Server = Awaited<ReturnType<typeof startStripe>>;

const remove = (server: Pick<Server, 'apiUrl' | 'secretKey'>, id = 'cus_1', signal = going) =>
  createStripe({ ...server, timing: TIMING }).removeCustomer(id, signal);

const failure = (attempt: Promise<unknown>): Promise<AppError> =>
  attempt.then(
    (value) => Promise.reject(new Error(`it did not fail: ${JSON.stringify(value)}`)),
    (error: unknown) => {
      expect(error).toBeInstanceOf(AppError);
      return error as AppError;
    },
  );

describe('removing a customer', () => {
  test('cancels every subscription, then deletes the customer', async () => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1', 2);
    expect(await remove(stripe)).toEqual({ subscriptionsCancelled: 2 });
    expect(stripe.active('cus_1')).toBe(0);
    expect(stripe.isDeleted('cus_1')).toBe(true);
    expect(stripe.asked()).toEqual([
      'GET /v1/subscriptions',
      'DELETE /v1/subscriptions/sub_2',
      'DELETE /v1/subscriptions/sub_1',
      'DELETE /v1/customers/cus_1',
    ]);
    for (const { headers } of stripe.requests)
      expect(headers['stripe-version']).toMatch(/^\d{4}-\d\d-\d\d\.\w+$/);
  });

  test('finds subscriptions beyond the first page', async () => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1', 230);
    expect(await remove(stripe)).toEqual({ subscriptionsCancelled: 230 });
    expect(stripe.asked().filter((line) => line === 'GET /v1/subscriptions')).toHaveLength(3);
  });

  test('cancels what is overdue, on trial or paused too, but not what has ended', async () => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1', 4);
    const statuses = ['past_due', 'trialing', 'paused', 'incomplete_expired'];
    for (const [i, one] of stripe.subscriptions.entries()) one.status = statuses[i] as string;
    expect(await remove(stripe)).toEqual({ subscriptionsCancelled: 3 });
  });

  test('leaves every other customer alone', async () => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1', 1);
    stripe.addCustomer('cus_2', 3);
    await remove(stripe);
    expect(stripe.active('cus_2')).toBe(3);
    expect(stripe.isDeleted('cus_2')).toBe(false);
  });

  test('never cancels a subscription of somebody else, even if Stripe lists it', async () => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1', 1);
    stripe.addCustomer('cus_2', 1);
    stripe.fail(/^GET/, { status: 200, body: { has_more: false, data: stripe.subscriptions } });
    expect((await failure(remove(stripe))).text(en)).toContain('STRIPE_API_URL');
    expect(stripe.asked()).toEqual(['GET /v1/subscriptions']);
  });

  test.each(['', ' ', '.', '..', '../v1/accounts', 'cus_1/sources', 'cus_1?x=1'])(
    'asks nothing for the id %j, which would mean something else',
    async (id) => {
      const stripe = await startStripe();
      stripe.addCustomer('cus_1', 1);
      const error = await failure(remove(stripe, id));
      expect(error.permanent).toBe(true);
      expect(error.text(en)).toContain('stripe_customer_id');
      expect(stripe.requests).toEqual([]);
    },
  );

  test('is done when the customer or a subscription is gone already', async () => {
    const stripe = await startStripe();
    expect(await remove(stripe, 'cus_unknown')).toEqual({ subscriptionsCancelled: 0 });
    stripe.addCustomer('cus_1', 2);
    await remove(stripe);
    expect(await remove(stripe)).toEqual({ subscriptionsCancelled: 0 });
    stripe.addCustomer('cus_2', 2);
    stripe.fail(/^DELETE .*subscriptions/, problem(404, { code: 'resource_missing' }), { times: 1 });
    expect(await remove(stripe, 'cus_2')).toEqual({ subscriptionsCancelled: 1 });
    expect(stripe.isDeleted('cus_2')).toBe(true);
  });

  test('goes on where it stopped when an answer was lost', async () => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1', 3);
    stripe.fail(/^DELETE .*sub_2/, 'reset', { times: 1, done: true });
    expect((await failure(remove(stripe))).permanent).toBe(false);
    expect(stripe.isDeleted('cus_1')).toBe(false);
    expect(await remove(stripe)).toEqual({ subscriptionsCancelled: 1 });
    expect(stripe.isDeleted('cus_1')).toBe(true);
  });
});

describe('Stripe', () => {
  test('with a test key for a live customer is not believed that the customer is gone', async () => {
    const stripe = await startStripe();
    const message =
      "No such customer: 'cus_1'; a similar object exists in live mode, but a test mode key was used to make this request.";
    stripe.fail(/./, problem(404, { code: 'resource_missing', message }));
    const error = await failure(remove(stripe));
    expect(error.text(en)).toBe(en.stripe.otherMode);
    expect(error.permanent).toBe(true);
  });

  test('refusing the key names STRIPE_SECRET_KEY, and says nothing of the key', async () => {
    const stripe = await startStripe();
    const error = await failure(remove({ ...stripe, secretKey: new Secret('sk_test_of_somebody_else') }));
    expect(error.text(fr)).toBe(fr.stripe.secretKey);
    expect(error.permanent).toBe(true);
    expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/sk_test_of|7dc/);
  });

  test('is not asked with a key that holds what no key can hold', async () => {
    const stripe = await startStripe();
    const error = await failure(remove({ ...stripe, secretKey: new Secret('sk_test_a\nsk_test_b') }));
    expect(error.text(fr)).toBe(fr.stripe.secretKey);
    expect(stripe.requests).toEqual([]);
  });

  test('refusing a restricted key quotes why, without secrets and briefly', async () => {
    const stripe = await startStripe();
    const message = `The provided key '${stripe.secretKey.reveal()}' lacks rak_customer_write\n${'x'.repeat(5_000)}`;
    stripe.fail(/customers/, problem(403, { code: 'more_permissions_required', message }));
    const error = await failure(remove(stripe, 'cus_1'));
    expect(error.text(en)).toContain("'[secret]' lacks rak_customer_write x");
    expect(error.text(en).length).toBeLessThan(400);
  });

  test.each([
    ['too many requests', rateLimited],
    ['a locked object', locked],
    ['a locked object, as newer versions say it', { ...locked, status: 429 }],
  ])('answering %s is asked again after a pause', async (_what, answer) => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1', 1);
    stripe.fail(/^DELETE .*sub_/, answer, { times: 2 });
    expect(await remove(stripe)).toEqual({ subscriptionsCancelled: 1 });
    expect(stripe.asked().filter((line) => line.includes('sub_'))).toHaveLength(3);
  });

  test('is given the pause that it asks for', async () => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1');
    stripe.fail(/customers/, { ...rateLimited, headers: { 'retry-after': '1' } }, { times: 1 });
    const began = performance.now();
    await remove(stripe);
    expect(performance.now() - began).toBeGreaterThanOrEqual(990);
  });

  test('that stays busy is left to the next run after a few tries', async () => {
    const stripe = await startStripe();
    stripe.fail(/./, rateLimited);
    const error = await failure(remove(stripe));
    expect(error.text(en)).toBe(en.stripe.busy(new URL(stripe.apiUrl).host));
    expect(error.permanent).toBe(false);
    expect(stripe.requests).toHaveLength(4);
  });

  test('asking for a long pause is left to the next run at once', async () => {
    const stripe = await startStripe();
    stripe.fail(/./, { ...rateLimited, headers: { 'retry-after': '600' } });
    expect((await failure(remove(stripe))).retryAfterSeconds).toBe(600);
    expect(stripe.requests).toHaveLength(1);
  });

  test.each<[string, Fault, (host: string) => string]>([
    ['an error of its own', { status: 500, body: { error: {} } }, (host) => en.stripe.unavailable(host, 500)],
    ['a page of its proxy', { status: 503, body: '<html>' }, (host) => en.stripe.unavailable(host, 503)],
    ['nothing', 'hang', (host) => en.stripe.unanswered(host)],
    ['half an answer, then nothing', 'stall', (host) => en.stripe.unanswered(host)],
    ['half an answer', 'cut', (host) => en.stripe.unanswered(host)],
    ['a closed connection', 'reset', (host) => en.stripe.unanswered(host)],
    ['a web page', { status: 200, body: '<html>' }, (host) => en.stripe.notStripe(host, 200)],
    ['a list that is none', { status: 200, body: { data: 5 } }, (host) => en.stripe.notStripe(host, 200)],
    [
      'an endless list',
      { status: 200, body: { has_more: true, data: [] } },
      (host) => en.stripe.notStripe(host, 200),
    ],
    ['a 404 of something else', { status: 404, body: '<html>' }, (host) => en.stripe.notStripe(host, 404)],
    [
      'a 404 without reason',
      problem(404, { message: 'Unrecognized request URL' }),
      () => en.stripe.refused('invalid_request_error: Unrecognized request URL'),
    ],
  ])('answering %s leaves the customer for the next run', async (_what, fault, text) => {
    const stripe = await startStripe();
    stripe.addCustomer('cus_1', 1);
    stripe.fail(/^GET/, fault);
    const error = await failure(remove(stripe));
    expect(error.text(en)).toBe(text(new URL(stripe.apiUrl).host));
    expect(error.text(fr)).not.toBe(error.text(en));
    expect(stripe.active('cus_1')).toBe(1);
    expect(stripe.isDeleted('cus_1')).toBe(false);
  });

  test('answering that nothing was deleted is an error', async () => {
    const stripe = await startStripe();
    stripe.fail(/^DELETE/, { status: 200, body: { id: 'cus_1', object: 'customer' } });
    stripe.addCustomer('cus_1');
    expect((await failure(remove(stripe))).text(en)).toContain('STRIPE_API_URL');
  });

  test('is not followed elsewhere: the key stays here', async () => {
    const stripe = await startStripe();
    const elsewhere = await startStripe();
    stripe.fail(/./, { status: 307, headers: { location: `${elsewhere.apiUrl}/v1/subscriptions` } });
    expect((await failure(remove(stripe))).text(en)).toBe(
      en.stripe.notStripe(new URL(stripe.apiUrl).host, 307),
    );
    expect(elsewhere.requests).toEqual([]);
  });

  test('out of reach is said to be so', async () => {
    const secretKey = new Secret('sk_test_4eC39HqLyjWDarjtT1zdp7dc');
    for (const port of [await freePort(), 9]) {
      const error = await failure(remove({ apiUrl: `http://127.0.0.1:${port}`, secretKey }));
      expect(error.text(en)).toMatch(/cannot be reached \((ECONNREFUSED|bad port)\)/);
    }
    const unknown = await failure(remove({ apiUrl: 'http://stripe.invalid', secretKey }));
    expect(unknown.text(en)).toMatch(/stripe\.invalid.*(ENOTFOUND|EAI_AGAIN).*STRIPE_API_URL/);
  });
});

describe('a run that must stop', () => {
  test.each<[string, Fault]>([
    ['a request', 'hang'],
    ['a pause', { ...rateLimited, headers: { 'retry-after': '2' } }],
  ])('ends %s to Stripe at once, with its own reason', async (_what, fault) => {
    const stripe = await startStripe();
    stripe.fail(/./, fault);
    const stop = new AbortController();
    const reason = new Error('the run was stopped');
    setTimeout(() => stop.abort(reason), 100);
    const began = performance.now();
    await expect(remove(stripe, 'cus_1', stop.signal)).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(280);
  });

  test('asks nothing more', async () => {
    const stripe = await startStripe();
    await expect(remove(stripe, 'cus_1', AbortSignal.abort())).rejects.toThrow();
    expect(stripe.requests).toEqual([]);
  });
});
