import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Secret } from '../secret.js';

/** Encrypts secrets at rest. */
export interface Vault {
  /** @param row names the row and column that the text belongs to; elsewhere it does not decrypt */
  encrypt(plain: string, row: string): string;
  /** @throws {Error} for another row, an unknown key or a changed text */
  decrypt(text: string, row: string): string;
}

const FORMAT = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM. A text reads `v1.<key id>.<base64url of iv, tag and ciphertext>`; new ones use the first key. */
export function createVault(keys: [Secret, ...Secret[]]): Vault {
  const byId = new Map(
    keys.map((key) => {
      const bytes = Buffer.from(key.reveal(), 'base64');
      return [createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes] as const;
    }),
  );
  const [currentId, currentKey] = [...byId][0] as [string, Buffer];
  return {
    encrypt(plain, row) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', currentKey, iv).setAAD(Buffer.from(row));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return [FORMAT, currentId, Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')].join(
        '.',
      );
    },
    decrypt(text, row) {
      const [format, keyId = '', encoded = ''] = text.split('.');
      const key = byId.get(keyId);
      if (format !== FORMAT || !key) throw new Error('encrypted under a key that is not configured');
      const bytes = Buffer.from(encoded, 'base64url');
      const iv = bytes.subarray(0, IV_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(row))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return (
        decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    },
  };
}
