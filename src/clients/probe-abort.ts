/** A signal that aborts after so long, with the given one, or at the end: nothing that waits for it outlives it. */
export function timeLimit(ms: number, outer: AbortSignal): { signal: AbortSignal; end(): void } {
  const over = new AbortController();
  // What has arrived by then counts, also when a busy process had no time to read it.
  const timer = setTimeout(() => setImmediate(() => over.abort()), ms);
  return {
    signal: AbortSignal.any([outer, over.signal]),
    end() {
      clearTimeout(timer);
      over.abort();
    },
  };
}

/** The value, unless the signal aborts first: then its reason is thrown, and the value is nobody's. */
export function abortable<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
