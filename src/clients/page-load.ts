import pMap from 'p-map';
import { AppError, type Text } from '../errors.js';
import { type Got, get, withoutCredentials } from './get.js';
import { NoAnswer } from './http.js';
import { fontsOf, piecesOf } from './page-pieces.js';

export interface PageLoad {
  ms: number;
  /** Of the page and its pieces, unpacked. */
  bytes: number;
}

const RESPONSE_TIMEOUT_MS = 10_000;
const PIECE_TIMEOUT_MS = 5_000;
const WHOLE_TIMEOUT_MS = 30_000;
const MOST_PIECES = 100;
const AT_ONCE = 6;
const LARGEST_BYTES = 16 * 1024 * 1024;

/**
 * How long the address takes to begin its answer; the time limit, where the whole of it takes longer than that.
 * @throws {AppError} when it does not answer, or with an error
 */
export async function measureResponse(
  address: string,
  signal: AbortSignal,
  timeoutMs = RESPONSE_TIMEOUT_MS,
): Promise<number> {
  try {
    return (await ask(address, timeoutMs, signal)).firstByteMs;
  } catch (error) {
    if (error instanceof AppError && isTooSlow(error.cause)) return timeoutMs;
    throw error;
  }
}

const isTooSlow = (cause: unknown): boolean => cause instanceof NoAnswer && cause.code === 'TIMEOUT';

/**
 * How long a page takes with all that a browser loads to show it. A piece that is not there counts with the time it
 * took; what has not come after half a minute is left out.
 * @throws {AppError} when the page itself does not come
 */
export async function measurePage(address: string, signal: AbortSignal): Promise<PageLoad> {
  const begun = performance.now();
  const whole = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_TIMEOUT_MS)]);
  const page = await ask(address, RESPONSE_TIMEOUT_MS, signal);
  const pieces = /html/i.test(page.type) ? piecesOf(page.body.toString('utf8'), page.url) : [];
  const first = pieces.slice(0, MOST_PIECES);
  const loaded = await load(first, page.url, address, whole);
  const known = new Set(first.map(({ href }) => href));
  const fonts = loaded
    .flatMap(({ fonts }) => fonts)
    .filter(({ href }) => !known.has(href) && known.add(href));
  const last = await load(fonts.slice(0, MOST_PIECES - first.length), page.url, address, whole);
  signal.throwIfAborted();
  const bytes = [...loaded, ...last].reduce((sum, piece) => sum + piece.bytes, page.body.length);
  return { ms: performance.now() - begun, bytes };
}

async function ask(address: string, timeoutMs: number, signal: AbortSignal): Promise<Got> {
  const { url, headers } = withoutCredentials(address);
  const answer = await get(url, { headers, timeoutMs, mostBytes: LARGEST_BYTES, signal }).catch((error) => {
    throw unanswered(error, url.host, timeoutMs);
  });
  if (answer.status >= 400) throw because((t) => t.performance.page.status(url.host, answer.status));
  return answer;
}

/** What is kept of a piece: the files themselves would fill the memory. */
interface Piece {
  bytes: number;
  fonts: URL[];
}

/** Only the host of the page gets its password. */
async function load(pieces: URL[], pageUrl: string, address: string, signal: AbortSignal): Promise<Piece[]> {
  const { headers } = withoutCredentials(address);
  const { origin } = new URL(pageUrl);
  const one = async (url: URL): Promise<Piece[]> => {
    if (signal.aborted) return [];
    const options = { timeoutMs: PIECE_TIMEOUT_MS, mostBytes: LARGEST_BYTES, signal };
    const own = url.origin === origin && origin === new URL(address).origin;
    return get(url, { ...options, ...(own && { headers }) }).then(
      (got) => [pieceOf(got)],
      () => [],
    );
  };
  return (await pMap(pieces, one, { concurrency: AT_ONCE })).flat();
}

const pieceOf = ({ body, type, url }: Got): Piece => ({
  bytes: body.length,
  fonts: /css/i.test(type) ? fontsOf(body.toString('utf8'), url) : [],
});

const because = (text: Text, cause?: unknown) => new AppError('unprocessable', text, { cause });

function unanswered(error: unknown, host: string, timeoutMs: number): unknown {
  if (!(error instanceof NoAnswer)) return error;
  return because(({ performance: { page } }) => {
    if (error.code === 'TIMEOUT') return page.timeout(host, timeoutMs / 1000);
    if (error.code === 'REDIRECTS') return page.redirects(host);
    if (error.code === 'TOO_LARGE') return page.tooLarge(host);
    return page.unreachable(host, error.code);
  }, error);
}
