import type { Socket } from 'node:net';
import type { ProbeStage } from '../locales/monitors.js';
import type { ProbeResult } from './probe.js';
import type { Place } from './probe-place.js';

type Measured = 'dnsMs' | 'connectMs' | 'tlsMs' | 'firstByteMs';

/** How a check goes: what it measured, how far it came, and what it must close. */
export class Course {
  readonly #started = performance.now();
  readonly #sockets = new Set<Socket>();
  readonly #measured: Record<Measured, number | null> = {
    dnsMs: null,
    connectMs: null,
    tlsMs: null,
    firstByteMs: null,
  };
  #certificate: { host: string | null; expiresAt: Date } | undefined;
  stage: ProbeStage = 'lookup';
  /** `host:port` of the answer that is waited for. */
  at = '';
  /** Of the target itself, once it is known. */
  place: Place | undefined;
  /** The host that sent the check on. */
  redirectedFrom: string | undefined;
  answered = false;
  encrypted = false;

  constructor(
    /** Aborts when the time is up, when the run ends, and when the check is over. */
    readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  /** Adds up over redirects. */
  async measure<Value>(what: Measured, work: () => Promise<Value>): Promise<Value> {
    const from = performance.now();
    const value = await work();
    this.#measured[what] = (this.#measured[what] ?? 0) + performance.now() - from;
    return value;
  }

  /** Of all the certificates on the way the one that expires first is told. */
  certificate(host: string, expiresAt: Date): void {
    if (this.#certificate && this.#certificate.expiresAt <= expiresAt) return;
    this.#certificate = { host: this.redirectedFrom === undefined ? null : host, expiresAt };
  }

  /** Closed when the signal aborts. One inside of another is left to it: Node 20 crashes (SIGSEGV) otherwise. */
  keep<Kept extends Socket>(socket: Kept, inside?: Socket): Kept {
    if (inside) this.#sockets.delete(inside);
    this.#sockets.add(socket);
    // Whoever waits for the socket hears of its errors; those that come later concern nobody.
    socket.on('error', () => {});
    return socket;
  }

  result(error: ProbeResult['error'], { complete }: { complete: boolean }): ProbeResult {
    const { dnsMs, connectMs, tlsMs, firstByteMs } = this.#measured;
    return {
      ok: error === null,
      latencyMs: complete ? Math.round(performance.now() - this.#started) : null,
      dnsMs: whole(dnsMs),
      connectMs: whole(connectMs),
      tlsMs: whole(tlsMs),
      firstByteMs: whole(firstByteMs),
      certificateExpiresAt: this.#certificate?.expiresAt ?? null,
      certificateHost: this.#certificate?.host ?? null,
      error,
      answered: this.answered,
      place: this.place ?? 'public',
    };
  }

  #close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

const whole = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
