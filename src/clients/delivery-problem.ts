import { AppError, type Text } from '../errors.js';

/**
 * Whose fault a failed delivery is:
 * - `channel`: connection, login, sender or quota. It costs the message nothing, and the others would fail too.
 * - `broken-off`: the connection ended in the middle of this message. It costs the message nothing.
 * - `uncertain`: the connection ended when the other side had the whole message; it may have arrived.
 * - `temporary`: a reply to this very message; it counts as an attempt.
 * - `permanent`: a reply to this very message that fails it at once.
 * - `address`: like `permanent`, and the address does not exist.
 */
export type DeliveryVerdict = 'channel' | 'broken-off' | 'uncertain' | 'temporary' | 'permanent' | 'address';

/** Why a message was not delivered, in words that say what to do. */
export class DeliveryProblem extends AppError {
  constructor(
    readonly verdict: DeliveryVerdict,
    text: Text,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super('unprocessable', text, { ...options, permanent: verdict === 'permanent' || verdict === 'address' });
  }
}
