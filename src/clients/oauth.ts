import { AppError } from '../errors.js';
import { createScrubber, type Secret } from '../secret.js';
import { readUpTo } from './http.js';

export interface OauthGrant {
  tokenUrl: string;
  clientId: string;
  clientSecret: Secret;
  refreshToken: Secret;
}

export interface OauthTokens {
  accessToken: string;
  /** Microsoft hands out a new one each time; the old one soon stops working. */
  refreshToken: string | undefined;
  expiresInSeconds: number;
}

const TIMEOUT_MS = 15_000;
const LARGEST_ANSWER_BYTES = 64 * 1024;
/** RFC 6749, 4.2.2: without `expires_in` the lifetime is unknown; an hour is what providers give. */
const DEFAULT_LIFETIME_SECONDS = 3600;

/**
 * Trades a refresh token for an access token (RFC 6749, section 6).
 * @throws {AppError} permanent when the provider says that the grant is no longer good
 */
export async function refreshAccessToken(grant: OauthGrant, signal: AbortSignal): Promise<OauthTokens> {
  const host = new URL(grant.tokenUrl).host;
  const { status, answer } = await post(grant, host, signal);
  if (status === 200 && typeof answer.access_token === 'string' && answer.access_token !== '') {
    return {
      accessToken: answer.access_token,
      refreshToken:
        typeof answer.refresh_token === 'string' && answer.refresh_token ? answer.refresh_token : undefined,
      expiresInSeconds: Number(answer.expires_in) > 0 ? Number(answer.expires_in) : DEFAULT_LIFETIME_SECONDS,
    };
  }
  const scrub = createScrubber([grant.clientSecret.reveal(), grant.refreshToken.reveal()]);
  const error = typeof answer.error === 'string' ? answer.error : '';
  const description =
    typeof answer.error_description === 'string' ? `: ${answer.error_description.split(/\r?\n/)[0]}` : '';
  const detail = scrub(`${error || `HTTP ${status}`}${description}`).slice(0, 200);
  if (['invalid_grant', 'interaction_required', 'consent_required'].includes(error)) {
    throw new AppError('unprocessable', (t) => t.oauth.revoked(detail), { permanent: true });
  }
  if (status >= 500 || status === 429) throw new AppError('unprocessable', (t) => t.oauth.unreachable(host));
  throw new AppError('unprocessable', (t) => t.oauth.refused(host, detail), { permanent: true });
}

async function post(grant: OauthGrant, host: string, signal: AbortSignal) {
  try {
    const response = await fetch(grant.tokenUrl, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: grant.clientId,
        client_secret: grant.clientSecret.reveal(),
        refresh_token: grant.refreshToken.reveal(),
      }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const text = (await readUpTo(LARGEST_ANSWER_BYTES, response)).toString('utf8');
    return { status: response.status, answer: parseObject(text) };
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError('unprocessable', (t) => t.oauth.unreachable(host), { cause });
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
