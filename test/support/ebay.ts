import { Secret } from '../../src/secret.js';
import { type ApiAnswer, type ApiRequest, startApi } from './http-api.js';

const CLIENT_ID = 'Cronhook-prix-PRD-0123456789-abcdef01';
const CLIENT_SECRET = 'PRD-0123456789ab-cdef-4567-89ab-cdef';
const SEARCH = '/buy/browse/v1/item_summary/search';

export interface Item {
  itemId: string;
  title: string;
  price: { value: string; currency: string };
  condition: string;
  conditionId: string;
  buyingOptions: string[];
  shippingOptions?: { shippingCostType: string; shippingCost?: { value: string; currency: string } }[];
}

let count = 0;

/** An `ItemSummary` as the Browse API shows it: used, shipped for nothing. */
export function item(cents: number, changes: Partial<Item> = {}): Item {
  count += 1;
  return {
    itemId: `v1|${110_000_000_000 + count}|0`,
    title: 'Carte',
    price: { value: (cents / 100).toFixed(2), currency: 'EUR' },
    condition: 'Occasion',
    conditionId: '3000',
    buyingOptions: ['FIXED_PRICE'],
    shippingOptions: [shippedFor(0)],
    ...changes,
  };
}

export const shippedFor = (cents: number, currency = 'EUR') => ({
  shippingCostType: 'FIXED',
  shippingCost: { value: (cents / 100).toFixed(2), currency },
});

/** The part of eBay that pricing meets (OAuth, Browse API) on this machine, until the test ends. */
export async function startEbay() {
  const markets = new Map<string, Item[]>();
  const failing = new Map<string, ApiAnswer>();
  const valid = new Set<string>();
  let tokens = 0;
  let expiresIn = 7200;

  function answer(request: ApiRequest): ApiAnswer {
    const { method, path } = request;
    if (method === 'POST' && path === '/identity/v1/oauth2/token') return issue(request);
    if (method === 'GET' && path === SEARCH) return search(request);
    return ebayError(404, 2002, 'Resource not found');
  }

  function issue({ headers, form }: ApiRequest): ApiAnswer {
    const login = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;
    if (headers.authorization !== login)
      return {
        status: 401,
        body: { error: 'invalid_client', error_description: 'client authentication failed' },
      };
    if (form.get('grant_type') !== 'client_credentials')
      return {
        status: 400,
        body: {
          error: 'unsupported_grant_type',
          error_description: 'grant type in request is not supported',
        },
      };
    if (form.get('scope') !== 'https://api.ebay.com/oauth/api_scope')
      return {
        status: 400,
        body: { error: 'invalid_scope', error_description: 'The requested scope is invalid' },
      };
    tokens += 1;
    const token = `v^1.1#i^1#p^1#secret-token-${tokens}`;
    valid.add(token);
    return {
      status: 200,
      body: { access_token: token, expires_in: expiresIn, token_type: 'Application Access Token' },
    };
  }

  function search({ headers, query }: ApiRequest): ApiAnswer {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!valid.has(token)) return expiredToken;
    if (!/^EBAY_[A-Z]{2}$/.test(String(headers['x-ebay-c-marketplace-id'])))
      return ebayError(409, 12_000, 'The marketplace is missing');
    const q = query.get('q') ?? '';
    const failure = failing.get(q);
    if (failure) return failure;
    if (!q && !query.get('category_ids'))
      return ebayError(
        400,
        12_001,
        "The call must have a valid 'q', 'category_ids', 'epid' or 'gtin' query parameter.",
      );
    const limit = Number(query.get('limit') ?? 50);
    const offset = Number(query.get('offset') ?? 0);
    if (limit < 1 || limit > 200)
      return ebayError(400, 12_006, "The 'limit' value should be between 1 and 200.");
    if (offset % limit !== 0)
      return ebayError(400, 12_005, "The 'offset' value must be zero or a multiple of 'limit'.");
    const found = (markets.get(q) ?? []).filter((one) => passes(one, query.get('filter') ?? ''));
    const body = { href: SEARCH, total: found.length, limit, offset };
    if (found.length === 0) return { status: 200, body };
    return { status: 200, body: { ...body, itemSummaries: found.slice(offset, offset + limit) } };
  }

  const api = await startApi(answer);
  return {
    ...api,
    clientId: CLIENT_ID,
    clientSecret: new Secret(CLIENT_SECRET),
    markets,
    /** What is answered to a search for this, always. */
    failing,
    /** What the service needs to know. */
    env: { EBAY_API_URL: api.apiUrl, EBAY_CLIENT_ID: CLIENT_ID, EBAY_CLIENT_SECRET: CLIENT_SECRET },
    searches: () => api.requests.filter(({ path }) => path === SEARCH),
    tokensIssued: () => tokens,
    /** Every token given so far is refused from now on. */
    expireTokens: () => valid.clear(),
    /** How long tokens live, as far as the answer says. */
    liveFor(seconds: number) {
      expiresIn = seconds;
    },
  };
}

function passes(one: Item, filter: string): boolean {
  const ids = /conditionIds:\{([\d|]+)\}/.exec(filter)?.[1]?.split('|');
  if (ids && !ids.includes(one.conditionId)) return false;
  const names = /conditions:\{([A-Z|]+)\}/.exec(filter)?.[1]?.split('|');
  return !names || names.includes(Number(one.conditionId) < 2000 ? 'NEW' : 'USED');
}

/** eBay's error form. */
export const ebayError = (status: number, errorId: number, message: string): ApiAnswer => ({
  status,
  body: {
    errors: [{ errorId, domain: status === 400 ? 'API_BROWSE' : 'ACCESS', category: 'REQUEST', message }],
  },
});

export const expiredToken: ApiAnswer = ebayError(401, 1001, 'Invalid access token');

export const quotaSpent: ApiAnswer = {
  status: 429,
  body: {
    errors: [
      {
        errorId: 2001,
        domain: 'ACCESS',
        category: 'REQUEST',
        message: 'Too many requests.',
        longMessage: 'The request limit has been reached for the resource.',
      },
    ],
  },
};
