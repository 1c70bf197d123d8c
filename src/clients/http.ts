/** No whole answer came. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(
    /** False when the request cannot have arrived. */
    readonly sent: boolean,
    /** `ENOTFOUND`, `CERT_HAS_EXPIRED`, `TIMEOUT` … */
    readonly code: string,
    /** Given when the answer broke off after its first line. */
    readonly status: number | undefined,
    cause: unknown,
  ) {
    super(`no answer: ${code}`, { cause });
  }
}

export interface HttpAnswer {
  status: number;
  retryAfterSeconds: number | undefined;
  /** Empty when the answer is not a JSON object. */
  body: Record<string, unknown>;
  /** Undefined when the answer is not a JSON array. */
  items: unknown[] | undefined;
}

interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  headers: Record<string, string>;
  form?: URLSearchParams;
  timeoutMs: number;
  signal: AbortSignal;
}

const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * One request to an API that speaks JSON; redirects are not followed.
 * @throws {NoAnswer} or the signal's reason
 */
export async function callJson(url: string, { form, timeoutMs, signal, ...init }: Call): Promise<HttpAnswer> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(timeoutMs);
  let status: number | undefined;
  try {
    const response = await fetch(url, {
      ...init,
      ...(form && { body: form }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, limit]),
    });
    status = response.status;
    const value = parse(await readLimited(response));
    return {
      status,
      retryAfterSeconds: seconds(response.headers.get('retry-after')),
      body: isObject(value) ? value : {},
      items: Array.isArray(value) ? value : undefined,
    };
  } catch (cause) {
    signal.throwIfAborted();
    const code = limit.aborted ? 'TIMEOUT' : codeOf(cause);
    throw new NoAnswer(limit.aborted || !NOT_SENT.test(code), code, status, cause);
  }
}

/** The connection never stood, so nothing was asked. */
const NOT_SENT =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPROTO|UND_ERR_CONNECT_TIMEOUT|bad port)$|CERT|SELF_SIGNED|UNABLE_TO_|ERR_SSL|ERR_TLS/;

/** fetch hides the error of the socket behind its own. */
function codeOf(error: unknown): string {
  const { cause, code, name } = error as Error & { cause?: Error & { code?: unknown }; code?: unknown };
  if (cause?.message === 'bad port') return cause.message;
  return String(cause?.code ?? code ?? name);
}

function seconds(header: string | null): number | undefined {
  const value = Number(header?.trim() || Number.NaN);
  return value >= 0 ? Math.ceil(value) : undefined;
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
