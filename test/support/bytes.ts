import { createHash } from 'node:crypto';

export const MIB = 1024 * 1024;

/** Bytes that do not repeat within a part, in pieces of odd sizes; the same ones each time. */
export async function* bytes(total: number): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for (let i = 0; sent < total; i++) {
    const size = Math.min(total - sent, 65_000 + (i % 7) * 999);
    yield Buffer.alloc(size, createHash('sha256').update(`piece ${i}`).digest());
    sent += size;
  }
}

export async function digestOf(body: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}
