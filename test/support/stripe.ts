import { Secret } from '../../src/secret.js';
import { type ApiAnswer, type ApiRequest, startApi } from './http-api.js';

interface Subscription {
  id: string;
  object: 'subscription';
  customer: string;
  status: string;
}

/** The part of https://docs.stripe.com/api that account deletions meet, on this machine until the test ends. */
export async function startStripe(secretKey = 'sk_test_4eC39HqLyjWDarjtT1zdp7dc') {
  const customers = new Map<string, { deleted: boolean }>();
  const subscriptions: Subscription[] = [];
  let count = 0;

  function answer({ method, path, query, headers }: ApiRequest): ApiAnswer {
    if (headers.authorization !== `Bearer ${secretKey}`)
      return problem(401, {
        type: 'invalid_request_error',
        message: 'Invalid API Key provided: sk_test_***7dc',
      });
    const [, version, kind, id, more] = path.split('/');
    if (version !== 'v1' || more !== undefined) return unknownAddress(method, path);
    if (kind === 'subscriptions' && method === 'GET' && !id) return list(query);
    if (kind === 'subscriptions' && method === 'DELETE' && id) return cancel(id);
    if (kind === 'customers' && method === 'DELETE' && id) return remove(id);
    return unknownAddress(method, path);
  }

  function list(query: URLSearchParams): ApiAnswer {
    const customer = query.get('customer');
    if (customer && !customers.has(customer)) return missing('customer', customer, 'customer');
    const found = subscriptions.filter(
      (one) => one.status !== 'canceled' && (!customer || one.customer === customer),
    );
    const after = query.get('starting_after');
    const start = after ? found.findIndex(({ id }) => id === after) + 1 : 0;
    const limit = Number(query.get('limit') ?? 10);
    if (limit < 1 || limit > 100) return problem(400, { code: 'parameter_invalid_integer', param: 'limit' });
    const data = found.slice(start, start + limit);
    const body = { object: 'list', url: '/v1/subscriptions', has_more: start + limit < found.length, data };
    return { status: 200, body };
  }

  function cancel(id: string): ApiAnswer {
    const found = subscriptions.find((one) => one.id === id && one.status !== 'canceled');
    if (!found) return missing('subscription', id, 'id');
    found.status = 'canceled';
    return { status: 200, body: { ...found } };
  }

  function remove(id: string): ApiAnswer {
    const customer = customers.get(id);
    if (!customer || customer.deleted) return missing('customer', id, 'id');
    customer.deleted = true;
    for (const one of subscriptions) if (one.customer === id) one.status = 'canceled';
    return { status: 200, body: { id, object: 'customer', deleted: true } };
  }

  const api = await startApi(answer);
  return {
    ...api,
    secretKey: new Secret(secretKey),
    subscriptions,
    /** A customer with as many active subscriptions; newest first, as Stripe lists them. */
    addCustomer(id: string, subscriptionCount = 0): void {
      customers.set(id, { deleted: false });
      for (let i = 0; i < subscriptionCount; i++) {
        count += 1;
        const one = { id: `sub_${count}`, object: 'subscription', customer: id, status: 'active' } as const;
        subscriptions.unshift({ ...one });
      }
    },
    isDeleted: (id: string): boolean => customers.get(id)?.deleted ?? false,
    /** Not cancelled yet. */
    active: (customer: string): number =>
      subscriptions.filter((one) => one.customer === customer && one.status !== 'canceled').length,
  };
}

/** Stripe's error form. */
export const problem = (status: number, error: Record<string, unknown>): ApiAnswer => ({
  status,
  body: { error: { type: 'invalid_request_error', ...error } },
  headers: { 'request-id': 'req_test' },
});

export const rateLimited: ApiAnswer = problem(429, {
  code: 'rate_limit',
  message: 'Too many requests hit the API too quickly. We recommend an exponential backoff of your requests.',
});

export const locked: ApiAnswer = problem(409, {
  code: 'lock_timeout',
  message: 'This object cannot be accessed right now because another API request is accessing it.',
});

const missing = (kind: string, id: string, param: string): ApiAnswer =>
  problem(404, { code: 'resource_missing', param, message: `No such ${kind}: '${id}'` });

const unknownAddress = (method: string, path: string): ApiAnswer =>
  problem(404, { message: `Unrecognized request URL (${method}: ${path}).` });
