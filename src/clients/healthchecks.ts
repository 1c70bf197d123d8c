import type { Secret } from '../secret.js';
import { callJson, NoAnswer } from './http.js';

/** `log` leaves the check as it is, and keeps what it is told. */
export type Signal = 'start' | 'success' | 'fail' | 'log';

export interface Ping {
  slug: string;
  signal: Signal;
  /** Tells the runs of one check apart. */
  runId: string;
  body?: string;
}

/** `again`: later it may arrive; `refused`: never as it stands. */
export type PingResult =
  | { result: 'arrived' }
  | { result: 'again'; why: string; retryAfterSeconds: number | undefined }
  | { result: 'refused'; why: string };

export interface Healthchecks {
  /** One attempt. What goes wrong is an answer too: a ping never fails anything. */
  ping(ping: Ping, abort: AbortSignal): Promise<PingResult>;
}

const TIMEOUT_MS = 10_000;

/** Older versions of Healthchecks keep 10,000 bytes of a body. */
export const LARGEST_BODY_BYTES = 10_000;

/**
 * Healthchecks, theirs or one's own; a check that is not there yet is made.
 * @see https://healthchecks.io/docs/http_api/
 */
export function createHealthchecks({
  url,
  key,
  timeoutMs = TIMEOUT_MS,
}: {
  url: string;
  key: Secret;
  timeoutMs?: number;
}): Healthchecks {
  const project = `${url}/${encodeURIComponent(key.reveal())}`;
  return {
    async ping({ slug, signal, runId, body }, abort) {
      const path = signal === 'success' ? slug : `${slug}/${signal}`;
      try {
        const { status, retryAfterSeconds } = await callJson(`${project}/${path}?create=1&rid=${runId}`, {
          method: 'POST',
          headers: {},
          ...(body !== undefined && { text: body }),
          timeoutMs,
          signal: abort,
        });
        return resultOf(status, retryAfterSeconds);
      } catch (error) {
        if (!(error instanceof NoAnswer)) return { result: 'refused', why: 'given up' };
        if (error.status !== undefined) return resultOf(error.status, error.retryAfterSeconds);
        return { result: 'again', why: error.code, retryAfterSeconds: undefined };
      }
    },
  };
}

/** What the answer says beside its status is for people. */
function resultOf(status: number, retryAfterSeconds: number | undefined): PingResult {
  if (status >= 200 && status < 300) return { result: 'arrived' };
  const why = `HTTP ${status}`;
  return status === 429 || status >= 500
    ? { result: 'again', why, retryAfterSeconds }
    : { result: 'refused', why };
}
