import { createReadStream } from 'node:fs';

interface Reading {
  signal?: AbortSignal | undefined;
  /** Names what the disk refused. */
  problem(error: unknown): Error;
}

const CHUNK_BYTES = 256 * 1024;

/** Opened when the first bytes are wanted; a file that is replaced meanwhile is read to its end as it was. */
export async function* readFrom(
  path: string,
  { signal, problem }: Reading,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted();
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const onAbort = () => stream.destroy(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const chunk of stream) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw problem(error);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stream.destroy();
  }
}
