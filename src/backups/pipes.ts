import { createHash } from 'node:crypto';
import { type Duplex, pipeline } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';

type Bytes = AsyncIterable<Uint8Array>;

/** Large enough that a gigabyte takes few turns of the event loop, small beside an upload's parts. */
const CHUNK_BYTES = 256 * 1024;
const GZIP_LEVEL = 6;

export const gzipped = (plain: Bytes): Bytes =>
  through(plain, createGzip({ level: GZIP_LEVEL, chunkSize: CHUNK_BYTES }));

/** Throws at a stream that is cut off or damaged. */
export const gunzipped = (compressed: Bytes): Bytes =>
  through(compressed, createGunzip({ chunkSize: CHUNK_BYTES }));

function through(source: Bytes, transform: Duplex): Bytes {
  // What the source throws, the transform's reader gets.
  pipeline(source, transform, () => {});
  return transform;
}

/** Tells how many bytes have passed. */
export async function* counted(bytes: Bytes, onBytes: (total: number) => void): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    onBytes(total);
    yield chunk;
  }
}

export interface Digest {
  bytes: number;
  /** Hex; complete once the last byte has passed. */
  sha256(): string;
}

/** Counts and hashes what passes. */
export function digested(bytes: Bytes): { bytes: AsyncGenerator<Uint8Array>; digest: Digest } {
  const hash = createHash('sha256');
  const digest: Digest = { bytes: 0, sha256: () => hash.copy().digest('hex') };
  const pass = async function* () {
    for await (const chunk of bytes) {
      digest.bytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  };
  return { bytes: pass(), digest };
}
