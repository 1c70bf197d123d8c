import { type ApiAnswer, type ApiRequest, startApi } from './http-api.js';

export const PING_KEY = 'ping-key-0123456789';

interface Heard {
  slug: string;
  signal: string;
  runId: string | null;
  body: string;
}

/** Healthchecks' pinging API as https://healthchecks.io/docs/http_api/ describes it. */
export async function startHealthchecks() {
  const checks = new Set<string>();
  const ambiguous = new Set<string>();
  const heard: Heard[] = [];

  function answer({ method, path, query, text }: ApiRequest): ApiAnswer {
    const [, key, slug = '', signal = 'success', ...rest] = path.split('/');
    const runId = query.get('rid');
    if (!['GET', 'HEAD', 'POST'].includes(method)) return { status: 405 };
    if (rest.length > 0 || !/^[a-z0-9_-]+$/.test(slug)) return { status: 400, body: 'invalid url format' };
    if (!['success', 'start', 'fail', 'log'].includes(signal))
      return { status: 400, body: 'invalid url format' };
    if (runId !== null && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(runId))
      return { status: 400, body: 'invalid uuid format' };
    if (key !== PING_KEY) return { status: 404, body: 'not found' };
    if (ambiguous.has(slug)) return { status: 409, body: 'ambiguous slug' };
    if (!checks.has(slug) && query.get('create') !== '1') return { status: 404, body: 'not found' };
    const isNew = !checks.has(slug);
    checks.add(slug);
    heard.push({ slug, signal, runId, body: text });
    return isNew ? { status: 201, body: 'Created' } : { status: 200, body: 'OK' };
  }

  const api = await startApi(answer);
  return {
    ...api,
    env: { HEALTHCHECKS_PING_KEY: PING_KEY, HEALTHCHECKS_URL: api.apiUrl },
    /** What was told and taken, in order. */
    heard,
    signals: () => heard.map(({ signal }) => signal),
    /** Two checks have this slug from now on. */
    makeAmbiguous: (slug: string) => ambiguous.add(slug),
  };
}
