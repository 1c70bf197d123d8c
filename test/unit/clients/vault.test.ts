import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createVault } from '../../../src/clients/vault.js';
import { Secret } from '../../../src/secret.js';

const key = () => new Secret(randomBytes(32).toString('base64'));

describe('the vault', () => {
  test('gives back what it took', () => {
    const vault = createVault([key()]);
    for (const plain of ['', 'mot de passe', 'é€🪵', 'x'.repeat(100_000)]) {
      expect(vault.decrypt(vault.encrypt(plain, 'row'), 'row')).toBe(plain);
    }
  });

  test('never writes the same text twice', () => {
    const vault = createVault([key()]);
    expect(vault.encrypt('same', 'row')).not.toBe(vault.encrypt('same', 'row'));
  });

  test('refuses a text moved to another row', () => {
    const vault = createVault([key()]);
    expect(() => vault.decrypt(vault.encrypt('secret', 'row 1'), 'row 2')).toThrow();
  });

  test('refuses a text with one bit changed', () => {
    const vault = createVault([key()]);
    const [format, id, body] = vault.encrypt('secret', 'row').split('.') as [string, string, string];
    const bytes = Buffer.from(body, 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] as number) ^ 1;
      expect(() => vault.decrypt([format, id, changed.toString('base64url')].join('.'), 'row')).toThrow();
    }
  });

  test('still reads what the previous key wrote, and writes under the current one', () => {
    const [old, current] = [key(), key()];
    const written = createVault([old]).encrypt('secret', 'row');
    const rotated = createVault([current, old]);
    expect(rotated.decrypt(written, 'row')).toBe('secret');
    expect(() => createVault([old]).decrypt(rotated.encrypt('secret', 'row'), 'row')).toThrow(/key/);
  });

  test('says nothing useful about garbage', () => {
    for (const text of ['', 'x', 'v1..', 'v2.aaaaaaaa.AAAA', 'plain password']) {
      expect(() => createVault([key()]).decrypt(text, 'row')).toThrow();
    }
  });
});
