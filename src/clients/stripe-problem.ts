import { AppError, type Text } from '../errors.js';
import { createScrubber, type Secret } from '../secret.js';
import { type HttpAnswer, isObject } from './http.js';

/** What Stripe's errors say: https://docs.stripe.com/api/errors. */
function errorOf({ body }: HttpAnswer): { code: string; message: string } | undefined {
  if (!isObject(body.error)) return undefined;
  const { code, type, message } = body.error;
  return { code: String(code ?? type ?? ''), message: typeof message === 'string' ? message : '' };
}

/** A key of the other mode does not see the object either, but that object lives. */
const OTHER_MODE = /exists in (live|test) mode/i;

/** True when Stripe itself, not something on the way, says that there is no such object. */
export function isGone(answer: HttpAnswer): boolean {
  const error = errorOf(answer);
  return (
    [400, 404].includes(answer.status) &&
    error?.code === 'resource_missing' &&
    !OTHER_MODE.test(error.message)
  );
}

/** Too many requests, or somebody else is changing the same object: a moment later it works. */
export const isPassing = ({ status }: HttpAnswer): boolean => status === 429 || status === 409;

/** Why Stripe did not do it, in words that say what to change. */
export function refusal(answer: HttpAnswer, host: string, secretKey: Secret): AppError {
  const { status, retryAfterSeconds } = answer;
  const because = (text: Text, permanent = false) => new AppError('unprocessable', text, { permanent });
  const error = errorOf(answer);
  if (status >= 500) return because((t) => t.stripe.unavailable(host, status));
  if (isPassing(answer))
    return new AppError('unprocessable', (t) => t.stripe.busy(host), {
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  if (!error) return notStripe(host, status);
  // The words of a 401 repeat a part of the key.
  if (status === 401) return keyRefused();
  if (OTHER_MODE.test(error.message)) return because((t) => t.stripe.otherMode, true);
  const words = createScrubber([secretKey.reveal()])(`${error.code}: ${error.message}`);
  const detail = words.replace(/\s+/g, ' ').slice(0, 200);
  if (status === 403) return because((t) => t.stripe.permission(detail), true);
  return because((t) => t.stripe.refused(detail), true);
}

export const keyRefused = (): AppError =>
  new AppError('unprocessable', (t) => t.stripe.secretKey, { permanent: true });

/** An answer as Stripe does not give it. */
export const notStripe = (host: string, status: number): AppError =>
  new AppError('unprocessable', (t) => t.stripe.notStripe(host, status));
