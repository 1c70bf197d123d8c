/** What the body gives, until the signal ends it, even while the body itself says nothing. */
export async function* readUntil(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  let giveUp: ((reason: unknown) => void) | undefined;
  const onAbort = () => giveUp?.(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  // Not Promise.race: each race would hold its chunk for as long as the signal lives.
  const next = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      giveUp = reject;
      Promise.resolve(chunks.next()).then(resolve, reject);
    });
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await next();
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not awaited: a body that is stuck would answer only after what it is stuck in.
    if (!ended) Promise.resolve(chunks.return?.()).catch(() => {});
  }
}

export interface Part {
  /** From 1. */
  number: number;
  bytes: Buffer;
  last: boolean;
  /** Its memory may be written again. */
  release(): void;
}

/**
 * The body in parts of equal size but for the last one, which alone may be empty. No more than `count` parts are held at
 * a time: the next one is read when one is released.
 */
export async function* cutIntoParts(
  body: AsyncIterable<Uint8Array>,
  { partBytes, count }: { partBytes: number; count: number },
): AsyncGenerator<Part, void, undefined> {
  const buffers = bufferPool(partBytes, count);
  let buffer = await buffers.take();
  let filled = 0;
  let number = 0;
  const part = (last: boolean): Part => {
    const full = buffer;
    number += 1;
    return { number, bytes: full.subarray(0, filled), last, release: () => buffers.give(full) };
  };
  for await (const chunk of body) {
    for (let taken = 0; taken < chunk.length; ) {
      if (filled === partBytes) {
        yield part(false);
        buffer = await buffers.take();
        filled = 0;
      }
      const piece = chunk.subarray(taken, taken + partBytes - filled);
      buffer.set(piece, filled);
      filled += piece.length;
      taken += piece.length;
    }
  }
  yield part(true);
}

/** Memory that is used again and again, so that it does not grow faster than it is collected. */
function bufferPool(bytes: number, count: number) {
  const free: Buffer[] = [];
  const waiting: ((buffer: Buffer) => void)[] = [];
  let made = 0;
  return {
    async take(): Promise<Buffer> {
      const buffer = free.pop();
      if (buffer) return buffer;
      if (made < count) {
        made += 1;
        return Buffer.allocUnsafeSlow(bytes);
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    give(buffer: Buffer): void {
      const next = waiting.shift();
      if (next) next(buffer);
      else free.push(buffer);
    },
  };
}
