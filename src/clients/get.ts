import { basicAuthorization } from './basic-authorization.js';
import { codeOf, NoAnswer, readUpTo } from './http.js';

interface GetOptions {
  headers?: Record<string, string>;
  timeoutMs: number;
  mostBytes: number;
  signal: AbortSignal;
}

export interface Got {
  status: number;
  /** Where redirects have led. */
  url: string;
  type: string;
  /** As it is once unpacked. */
  body: Buffer;
  /** From the request to the headers of the last answer. */
  firstByteMs: number;
}

/**
 * One page or file, redirects followed.
 * @throws {NoAnswer} or the signal's reason
 */
export async function get(url: URL, { headers, timeoutMs, mostBytes, signal }: GetOptions): Promise<Got> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(timeoutMs);
  const begun = performance.now();
  let status: number | undefined;
  try {
    const response = await fetch(url, {
      ...(headers && { headers }),
      signal: AbortSignal.any([signal, limit]),
    });
    const firstByteMs = performance.now() - begun;
    status = response.status;
    const type = response.headers.get('content-type') ?? '';
    return { status, url: response.url, type, body: await readUpTo(mostBytes, response), firstByteMs };
  } catch (cause) {
    signal.throwIfAborted();
    const code = limit.aborted ? 'TIMEOUT' : isEndless(cause) ? 'REDIRECTS' : codeOf(cause);
    throw new NoAnswer(true, code, status, undefined, cause);
  }
}

/** fetch follows twenty redirects; then its error has no code. */
const isEndless = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && /redirect count/i.test(error.cause.message);

/** fetch takes no address with a password in it: it goes into a header. */
export function withoutCredentials(address: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address);
  const { username, password } = url;
  if (!username && !password) return { url, headers: {} };
  url.username = '';
  url.password = '';
  return { url, headers: { authorization: basicAuthorization({ username, password }) } };
}
