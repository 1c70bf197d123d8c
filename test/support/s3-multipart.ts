import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type S3rver from 's3rver';
import type { Context, Store } from 's3rver';
import S3Error from 's3rver/lib/models/error.js';

const SMALLEST_PART_BYTES = 5 * 1024 * 1024;

/**
 * What s3rver lacks: to list and to abort multipart uploads, and If-Match. And what it is lax about: objects appear when
 * they are whole, checksums and the sizes of parts are checked (as AWS and Cloudflare R2 do).
 */
export function completeMultipart(server: S3rver): void {
  strict(server.store);
  // Before the router, which comes last.
  server.middleware.splice(-1, 0, async (ctx, next) => {
    try {
      await next();
      checkIfMatch(ctx);
    } catch (error) {
      // s3rver refuses what it does not know only after it has checked the signature and the bucket.
      if (!isUnknown(error)) throw error;
      if (ctx.method === 'DELETE' && ctx.query.uploadId !== undefined) await abort(server.store, ctx);
      else if (ctx.method === 'GET' && ctx.query.uploads !== undefined) await list(server.store, ctx);
      else throw error;
    }
  });
}

function checkIfMatch(ctx: Context): void {
  const wanted = ctx.get('If-Match');
  if (ctx.method === 'GET' && wanted && wanted !== ctx.response.get('ETag'))
    throw new S3Error('PreconditionFailed', 'Another object');
}

const isUnknown = (error: unknown): boolean =>
  ['NotImplemented', 'MethodNotAllowed'].includes((error as S3Error).code);

function strict(store: Store): void {
  const folderOf = (bucket: string, id: string) =>
    join(store.getResourcePath(bucket, undefined, 'uploads'), id);

  store.putObject = async ({ bucket, key, content, metadata }) => {
    const path = store.getResourcePath(bucket, key, 'object');
    await mkdir(dirname(path), { recursive: true });
    const written = await write(Buffer.isBuffer(content) ? Readable.from([content]) : content, path);
    await store.putMetadata(bucket, key, metadata, written.md5);
    await rename(written.path, path);
    return written;
  };
  store.putPart = async (bucket, id, number, content) => {
    const path = join(folderOf(bucket, id), number);
    await stat(dirname(path)).catch(noSuchUpload);
    const written = await write(content, path).catch((error) => {
      throw error.code === 'ENOENT' ? noSuchUpload() : error;
    });
    await rename(written.path, path).catch(noSuchUpload);
    return written;
  };
  store.putObjectMultipart = async (bucket, id, parts) => {
    const folder = folderOf(bucket, id);
    const key = await readFile(join(folder, 'key'), 'utf8').catch(noSuchUpload);
    const metadata = JSON.parse(await readFile(join(folder, 'metadata'), 'utf8'));
    await checkParts(folder, parts);
    const paths = parts.map(({ number }) => join(folder, String(number)));
    const content = Readable.from(concatenated(paths), { objectMode: false });
    const written = await store.putObject({ bucket, key, content, metadata });
    await rm(folder, { recursive: true });
    return written;
  };
}

/** Beside `path`, until it is known to be what was sent. */
async function write(content: Readable, path: string) {
  const unfinished = `${path}.${randomUUID()}`;
  const hash = createHash('md5');
  let size = 0;
  try {
    await pipeline(
      content,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(unfinished),
    );
    const digest = hash.digest();
    const { headers } = content as { headers?: Record<string, string> };
    const expected = headers?.['content-md5'];
    if (expected && expected !== digest.toString('base64')) throw new S3Error('BadDigest', 'Bad Content-MD5');
    return { path: unfinished, size, md5: digest.toString('hex') };
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function checkParts(folder: string, parts: { number: number; etag: string }[]): Promise<void> {
  const sizes: number[] = [];
  for (const { number, etag } of parts) {
    const path = join(folder, String(number));
    const found = await stat(path).catch(() => undefined);
    const md5 = createHash('md5');
    if (found) for await (const chunk of createReadStream(path)) md5.update(chunk);
    if (!found || md5.digest('hex') !== etag) throw new S3Error('InvalidPart', `Part ${number}`);
    sizes.push(found.size);
  }
  const [first = 0, ...others] = sizes.slice(0, -1);
  if (sizes.length > 1 && first < SMALLEST_PART_BYTES) throw new S3Error('EntityTooSmall', 'A small part');
  if (others.some((size) => size !== first)) throw new S3Error('InvalidPart', 'Parts of different sizes');
}

async function* concatenated(paths: string[]) {
  for (const path of paths) yield* createReadStream(path);
}

async function abort(store: Store, ctx: Context): Promise<void> {
  const [, bucket = ''] = ctx.path.split('/');
  const folder = join(store.getResourcePath(bucket, undefined, 'uploads'), String(ctx.query.uploadId));
  await stat(folder).catch(noSuchUpload);
  await rm(folder, { recursive: true, force: true });
  ctx.status = 204;
}

/** In pages of two, so that a handful of uploads makes several. */
const PAGE = 2;

async function list(store: Store, ctx: Context): Promise<void> {
  const [, bucket = ''] = ctx.path.split('/');
  const folder = store.getResourcePath(bucket, undefined, 'uploads');
  const uploads = [];
  for (const id of await readdir(folder).catch(() => [])) {
    const key = await readFile(join(folder, id, 'key'), 'utf8').catch(() => undefined);
    if (key?.startsWith(ctx.query.prefix ?? ''))
      uploads.push({
        Key: key,
        UploadId: id,
        Initiated: (await stat(join(folder, id, 'key'))).mtime.toISOString(),
      });
  }
  const place = (key = '', id = '') => `${key}\0${id}`;
  const after = place(ctx.query['key-marker'], ctx.query['upload-id-marker']);
  const left = uploads
    .sort((a, b) => (place(a.Key, a.UploadId) < place(b.Key, b.UploadId) ? -1 : 1))
    .filter(({ Key, UploadId }) => place(Key, UploadId) > after);
  const page = left.slice(0, PAGE);
  const last = page.at(-1);
  ctx.status = 200;
  ctx.body = {
    ListMultipartUploadsResult: {
      Bucket: bucket,
      IsTruncated: left.length > PAGE,
      NextKeyMarker: last?.Key ?? '',
      NextUploadIdMarker: last?.UploadId ?? '',
      Upload: page,
    },
  };
}

function noSuchUpload(): never {
  throw new S3Error('NoSuchUpload', 'The specified upload does not exist.');
}
