import type { Text } from '../errors.js';

/** What is checked, as a row of `monitors` says it. */
export interface ProbeTarget {
  kind: 'http' | 'tcp';
  /** `https://example.com/path`, or `host:port`. */
  target: string;
  expectedStatus: number;
  /** For the whole check, redirects and body included. */
  timeoutMs: number;
  keyword: string | null;
  followRedirects: boolean;
}

/** Milliseconds; null for what the check did not come to. */
export interface ProbeResult {
  ok: boolean;
  latencyMs: number | null;
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
  firstByteMs: number | null;
  certificateExpiresAt: Date | null;
  /** What is wrong and what to do about it; null when all is well. */
  error: Text | null;
  /** A connection stood: whatever else is wrong, the network is there. */
  reached: boolean;
}

export interface Prober {
  /** Never throws but when `signal` aborts. */
  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult>;
}

/** One for each run: its checks share the lookups of names. */
export function createProber(): Prober {
  return { check: () => Promise.reject(new Error('not built')) };
}

/** Why a target cannot be watched, as far as can be said without asking anybody; names are looked up at each check. */
export function targetProblem(_kind: 'http' | 'tcp', _target: string): Text | undefined {
  return undefined;
}
