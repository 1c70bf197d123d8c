import type { Access } from '../auth.js';
import { AppError } from '../errors.js';
import type { AppContext, AppDependencies } from './environment.js';

const BODY_LIMIT_KB = 64;

export type Fields = Record<string, unknown>;

/** The fields of a body, read once; reading fails only when they are asked for. */
export type Body = { fields: Fields } | { error: AppError };

/**
 * Who calls: a bearer token, then `X-Cron-Secret`, then the query, then the body of a POST.
 * The body comes along, since a secret may be in it; what is wrong with it is for later (403 goes before 400).
 */
export async function identify(
  c: AppContext,
  { auth }: AppDependencies,
): Promise<{ access: Access | undefined; body: Body }> {
  const fromHead =
    bearer(c) ?? (c.req.header('x-cron-secret') || undefined) ?? (c.req.query('secret') || undefined);
  const body: Body = hasBody(c) ? await readBody(c) : { fields: {} };
  const inBody = 'fields' in body && typeof body.fields.secret === 'string' ? body.fields.secret : undefined;
  return { access: auth.access(fromHead ?? inBody ?? ''), body };
}

export const forbidden = (): AppError => new AppError('forbidden', (t) => t.errors.forbidden);

/** Lets only the full secret through, and hands over the body without it. */
export async function requireSecret(c: AppContext, deps: AppDependencies): Promise<Body> {
  const { access, body } = await identify(c, deps);
  if (access?.kind !== 'all') throw forbidden();
  if ('error' in body) return body;
  const { secret: _, ...fields } = body.fields;
  return { fields };
}

function bearer(c: AppContext): string | undefined {
  return /^bearer\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

const hasBody = (c: AppContext): boolean =>
  !['GET', 'HEAD'].includes(c.req.method) && c.req.raw.body !== null;

async function readBody(c: AppContext): Promise<Body> {
  const bytes = await readBytes(c).catch(() => null);
  // The caller hung up: nobody reads the answer.
  if (bytes === null) return { error: new AppError('invalid_parameters', (t) => t.errors.malformedRequest) };
  if (bytes === undefined) {
    return { error: new AppError('payload_too_large', (t) => t.errors.bodyTooLarge(BODY_LIMIT_KB)) };
  }
  if (bytes.length === 0) return { fields: {} };
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || type.endsWith('+json')) return parseJson(bytes);
  if (type === 'application/x-www-form-urlencoded') return collect(new URLSearchParams(bytes.toString()));
  if (type === 'multipart/form-data') return parseMultipart(c, bytes);
  if (type === '' && bytes.toString().trimStart().startsWith('{')) return parseJson(bytes);
  return { error: new AppError('invalid_parameters', (t) => t.errors.invalidBodyType) };
}

/** The body, or undefined when it is larger than the limit. */
async function readBytes(c: AppContext): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > BODY_LIMIT_KB * 1024) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(bytes: Buffer): Body {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { fields: { ...value } };
  } catch {
    // Answered below, without the parser's excerpt of the body.
  }
  return { error: new AppError('invalid_parameters', (t) => t.errors.invalidJson) };
}

async function parseMultipart(c: AppContext, bytes: Buffer): Promise<Body> {
  try {
    const headers = { 'content-type': c.req.header('content-type') ?? '' };
    return collect(await new Response(new Uint8Array(bytes), { headers }).formData());
  } catch {
    return { error: new AppError('invalid_parameters', (t) => t.errors.invalidForm) };
  }
}

/** Names and values, each name once. */
export function collect(entries: Iterable<[string, unknown]>): Body {
  const fields: Fields = {};
  for (const [name, value] of entries) {
    if (Object.hasOwn(fields, name)) {
      return { error: new AppError('invalid_parameters', (t) => t.errors.parameterTwice(name)) };
    }
    Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return { fields };
}
