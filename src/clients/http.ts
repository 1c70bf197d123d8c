/** No whole answer came. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(
    /** False when the request cannot have arrived. */
    readonly sent: boolean,
    /** `ENOTFOUND`, `CERT_HAS_EXPIRED`, `TIMEOUT` … */
    readonly code: string,
    /** Given when the answer broke off after its headers, like what they said of a pause. */
    readonly status: number | undefined,
    readonly retryAfterSeconds: number | undefined,
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
  /** A plain text to send, instead of a form. */
  text?: string;
  timeoutMs: number;
  signal: AbortSignal;
}

const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * One request to an API that speaks JSON; redirects are not followed.
 * @throws {NoAnswer} or the signal's reason
 */
export async function callJson(
  url: string,
  { form, text, timeoutMs, signal, ...init }: Call,
): Promise<HttpAnswer> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(timeoutMs);
  let status: number | undefined;
  let retryAfterSeconds: number | undefined;
  try {
    const response = await fetch(url, {
      ...init,
      ...(form && { body: form }),
      ...(text !== undefined && { body: text }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, limit]),
    });
    status = response.status;
    retryAfterSeconds = pauseOf(response.headers);
    const value = parse((await readUpTo(LARGEST_ANSWER_BYTES, response)).toString('utf8'));
    return {
      status,
      retryAfterSeconds,
      body: isObject(value) ? value : {},
      items: Array.isArray(value) ? value : undefined,
    };
  } catch (cause) {
    signal.throwIfAborted();
    const code = limit.aborted ? 'TIMEOUT' : codeOf(cause);
    const sent = limit.aborted || !NOT_SENT.test(code);
    throw new NoAnswer(sent, code, status, retryAfterSeconds, cause);
  }
}

/** The connection never stood, so nothing was asked. */
const NOT_SENT =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPROTO|UND_ERR_CONNECT_TIMEOUT|bad port)$|CERT|SELF_SIGNED|UNABLE_TO_|ERR_SSL|ERR_TLS/;

/** fetch hides the error of the socket behind its own. */
export function codeOf(error: unknown): string {
  const { cause, code, name } = error as Error & { cause?: Error & { code?: unknown }; code?: unknown };
  if (cause?.message === 'bad port') return cause.message;
  return String(cause?.code ?? code ?? name);
}

/** Seconds or a date (RFC 9110, section 10.2.3); a date counts from the answer's own, so that no clock need be right. */
function pauseOf(headers: Headers): number | undefined {
  const given = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(given)) return Math.min(Math.ceil(Number(given)), Number.MAX_SAFE_INTEGER);
  const until = httpDate(given);
  if (until === undefined) return undefined;
  const from = httpDate(headers.get('date') ?? '') ?? Date.now();
  return Math.max(0, Math.ceil((until - from) / 1000));
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`, in milliseconds; the obsolete forms are not read. */
function httpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** @throws {Error} with the code `TOO_LARGE` */
export async function readUpTo(mostBytes: number, response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > mostBytes) throw Object.assign(new Error('the answer is too large'), { code: 'TOO_LARGE' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
