import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';

type Bytes = AsyncIterable<Uint8Array>;

/**
 * Encrypts a stream for the owner of a recipient's key (age1…), in constant memory.
 * @see https://age-encryption.org/v1
 */
export async function* encryptFor(recipient: string, plain: Bytes): AsyncGenerator<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new AppError('not_configured', (t) => t.backups.age.recipient, { cause, permanent: true });
  }
  yield* await encrypter.encrypt(streamOf(plain));
}

/** @throws {AppError} for an identity that is none, or not the one that it was encrypted for */
export async function* decryptWith(identity: Secret, encrypted: Bytes): AsyncGenerator<Uint8Array> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  const identities = identitiesIn(identity);
  try {
    if (identities.length === 0) throw new Error('no line begins with AGE-SECRET-KEY-');
    for (const line of identities) decrypter.addIdentity(line);
  } catch (cause) {
    throw new AppError('not_configured', (t) => t.backups.age.identity, { cause, permanent: true });
  }
  let broken: unknown;
  const watched = async function* () {
    try {
      yield* encrypted;
    } catch (error) {
      broken = error;
      throw error;
    }
  };
  try {
    yield* await decrypter.decrypt(streamOf(watched()));
  } catch (cause) {
    // What the storage says goes before what the library makes of it.
    if (broken !== undefined) throw broken;
    const foreign = /no identity matched/i.test(String((cause as Error).message));
    if (foreign)
      throw new AppError('not_configured', (t) => t.backups.age.foreign, { cause, permanent: true });
    throw new AppError('unprocessable', (t) => t.backups.age.damaged, { cause, permanent: true });
  }
}

/** The files that age-keygen writes begin with comments. */
const identitiesIn = (identity: Secret): string[] =>
  identity
    .reveal()
    .split(/\s*[\r\n]+\s*/)
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));

function streamOf(bytes: Bytes): ReadableStream<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      await iterator.return?.(reason);
    },
  });
}
