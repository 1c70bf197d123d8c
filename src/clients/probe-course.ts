import type { Socket } from 'node:net';
import type { ProbeStage } from '../locales/monitors.js';
import type { ProbeResult } from './probe.js';

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
  #certificateExpiresAt: Date | null = null;
  stage: ProbeStage = 'lookup';
  /** `host:port` of the answer that is waited for. */
  at = '';
  reached = false;
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
  certificate(expiresAt: Date): void {
    if (!this.#certificateExpiresAt || expiresAt < this.#certificateExpiresAt)
      this.#certificateExpiresAt = expiresAt;
  }

  /** Closed when the signal aborts. One inside of another is left to it: Node 20 crashes (SIGSEGV) otherwise. */
  keep<Kept extends Socket>(socket: Kept, inside?: Socket): Kept {
    if (inside) this.#sockets.delete(inside);
    this.#sockets.add(socket);
    // Whoever waits for the socket hears of its errors; those that come later concern nobody.
    socket.on('error', () => {});
    return socket;
  }

  result(error: ProbeResult['error'], answered: boolean): ProbeResult {
    const { dnsMs, connectMs, tlsMs, firstByteMs } = this.#measured;
    return {
      ok: error === null,
      latencyMs: answered ? Math.round(performance.now() - this.#started) : null,
      dnsMs: whole(dnsMs),
      connectMs: whole(connectMs),
      tlsMs: whole(tlsMs),
      firstByteMs: whole(firstByteMs),
      certificateExpiresAt: this.#certificateExpiresAt,
      error,
      reached: this.reached,
    };
  }

  #close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

const whole = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
