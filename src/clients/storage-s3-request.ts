import { setTimeout as sleep } from 'node:timers/promises';
import type { S3 } from './storage-s3-client.js';
import { isClockProblem, isPassing, type S3Action, s3Problem } from './storage-s3-problem.js';

export interface Patience {
  /** Ends it; its reason is thrown. */
  signal?: AbortSignal | undefined;
  retryForMs?: number;
}

/** The SDK's own few attempts. */
export const AT_ONCE: Patience = { retryForMs: 0 };

/**
 * A request of a large object, tried again while what fails may pass: after 500s, cut connections, silence, a server
 * that is away.
 * @throws {AppError} in words that say what to change, or the signal's reason
 */
export async function insist<Result>(
  s3: S3,
  action: S3Action,
  request: () => Promise<Result>,
  { signal, retryForMs = s3.timing.retryForMs }: Patience = {},
): Promise<Result> {
  let givesUpAt: number | undefined;
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      return await request();
    } catch (error) {
      signal?.throwIfAborted();
      givesUpAt ??= performance.now() + retryForMs;
      const pauseMs = pauseAfter(s3, tries);
      const again = isPassing(error) || (isClockProblem(error) && tries === 1);
      if (!again || performance.now() + pauseMs > givesUpAt) throw s3Problem(error, action, s3.options);
      // The pause ends with the signal, whose reason the next round throws.
      await sleep(pauseMs, undefined, signal && { signal }).catch(() => {});
    }
  }
}

/** Longer each time, and never the same, so that many clients do not come back at once. */
export function pauseAfter({ timing }: S3, tries: number): number {
  const longest = Math.min(timing.longestPauseMs, timing.firstPauseMs * 2 ** (tries - 1));
  return longest * (0.5 + Math.random() / 2);
}

type Acl = { ACL?: 'private' };

/** A write that asks for a private object; where ACLs cannot be set, it is asked again without. */
export async function keptPrivate<Result>(s3: S3, write: (acl: Acl) => Promise<Result>): Promise<Result> {
  if (s3.withoutAcl) return write({});
  try {
    return await write({ ACL: 'private' });
  } catch (error) {
    if (!refusesAcl(error)) throw error;
    const result = await write({});
    s3.withoutAcl = true;
    return result;
  }
}

/** AWS asks for a permission of its own to set an ACL (s3:PutObjectAcl): AccessDenied may mean just that. */
function refusesAcl(error: unknown): boolean {
  const { name, message } = error as Error;
  if (['AccessControlListNotSupported', 'NotImplemented', 'AccessDenied'].includes(name)) return true;
  return ['InvalidArgument', 'InvalidRequest'].includes(name) && /\bacl\b|access control/i.test(message);
}

export const until = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});
