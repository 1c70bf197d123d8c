import { AppError } from '../errors.js';
import type { Messages } from '../locales/index.js';

/**
 * Whose fault a failed delivery is:
 * - `channel`: connection, login or sender. It costs the message nothing, and the others would fail too.
 * - `not-allowed`: no relaying, no quota. It costs the message nothing; the others may fare better.
 * - `broken-off`: the connection ended in the middle of this message. It costs the message nothing.
 * - `uncertain`: the connection ended when the other side had the whole message; it may have arrived.
 * - `silent`: the other side had the whole message and said no word; it may have arrived. It counts as an attempt.
 * - `temporary`: a reply to this very message; it counts as an attempt.
 * - `permanent`: a reply to this very message that fails it at once.
 * - `address`: like `permanent`, and the address does not exist.
 */
export type DeliveryVerdict =
  | 'channel'
  | 'not-allowed'
  | 'broken-off'
  | 'uncertain'
  | 'silent'
  | 'temporary'
  | 'permanent'
  | 'address';

interface DeliveryProblemOptions {
  cause?: unknown;
  retryAfterSeconds?: number;
  /** What the server answered; it may quote the message and its recipient. */
  reply?: string;
  /** The server hung up with it. */
  hungUp?: boolean;
  /** Equal for refusals that would meet any message; unset where the recipient is what was refused. */
  kind?: string | undefined;
}

/** Why a message was not delivered, in words that say what to do. */
export class DeliveryProblem extends AppError {
  readonly hungUp: boolean;
  readonly kind: string | undefined;
  /** The same words, of the server's own only the codes. */
  readonly discreetly: (messages: Messages) => string;

  constructor(
    readonly verdict: DeliveryVerdict,
    words: (messages: Messages, reply: string) => string,
    { reply = '', hungUp = false, kind, ...options }: DeliveryProblemOptions = {},
  ) {
    const permanent = verdict === 'permanent' || verdict === 'address';
    super('unprocessable', (messages) => words(messages, reply), { ...options, permanent });
    this.hungUp = hungUp;
    this.kind = kind;
    this.discreetly = (messages) => words(messages, codesOf(reply));
  }
}

/** Why a delivery that is under way is given up: the run must end. */
export class NoTimeLeft extends Error {
  readonly code = 'ETIMEDOUT';
}

/** `550 5.1.1` of `550 5.1.1 <anna@example.com>: no such user`. */
function codesOf(reply: string): string {
  const [codes = ''] = /^[245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?/.exec(reply) ?? [];
  return codes;
}
