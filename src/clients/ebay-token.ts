import type { Secret } from '../secret.js';
import { EbayProblem, notEbay, tokenProblem, unanswered } from './ebay-problem.js';
import { callJson } from './http.js';

interface TokenOptions {
  apiUrl: string;
  clientId: string;
  clientSecret: Secret;
  requestMs: number;
}

interface Token {
  value: string;
  /** By `performance.now()`: no clock that is set counts. */
  freshUntil: number;
}

export interface EbayTokens {
  /** The one at hand while it is fresh, else a new one; those who ask meanwhile share it. */
  get(signal: AbortSignal): Promise<string>;
  /** Not to be given out again. */
  drop(value: string): void;
}

const SCOPE = 'https://api.ebay.com/oauth/api_scope';
/** A token is left so long before it expires, or a tenth of its life if that is less. */
const MARGIN_SECONDS = 60;

/** Tokens of the application itself: https://developer.ebay.com/api-docs/static/oauth-client-credentials-grant.html. */
export function createEbayTokens(options: TokenOptions): EbayTokens {
  let token: Token | undefined;
  let fetching: Promise<Token> | undefined;
  return {
    async get(signal) {
      if (token && performance.now() < token.freshUntil) return token.value;
      fetching ??= fetchToken(options, signal).finally(() => {
        fetching = undefined;
      });
      token = await fetching;
      return token.value;
    },
    drop(value) {
      if (token?.value === value) token = undefined;
    },
  };
}

async function fetchToken(options: TokenOptions, signal: AbortSignal): Promise<Token> {
  const { apiUrl, clientId, clientSecret, requestMs } = options;
  const host = new URL(apiUrl).host;
  const asked = performance.now();
  const credentials = `${clientId}:${clientSecret.reveal()}`;
  const answer = await callJson(`${apiUrl}/identity/v1/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    form: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE }),
    timeoutMs: requestMs,
    signal,
  }).catch((error: unknown) => {
    throw unanswered(error, host);
  });
  if (answer.status !== 200) throw tokenProblem(answer, host, [clientSecret.reveal(), credentials]);
  const { access_token: value, expires_in: expiresIn } = answer.body;
  if (typeof value !== 'string' || !/^[!-~]+$/.test(value)) throw notEbay(host, answer.status);
  const lifeSeconds = Number(expiresIn);
  if (!(lifeSeconds > 0)) throw new EbayProblem('passing', (t) => t.ebay.notEbay(host, answer.status));
  const margin = Math.min(MARGIN_SECONDS, lifeSeconds / 10);
  return { value, freshUntil: asked + (lifeSeconds - margin) * 1000 };
}
