import { describe, expect, test } from 'vitest';
import {
  addressPattern,
  namePattern,
  type Pattern,
  phonePattern,
  phoneRecipients,
} from '../../../../src/tasks/accounts/patterns.js';
import { createRedactor } from '../../../../src/tasks/accounts/redact.js';

const redacted = (pattern: Pattern | undefined, text: string) =>
  createRedactor({ addresses: [], names: pattern ? [pattern] : [] }, 'X')(text, true);

describe('a number', () => {
  const STORED = [
    '06 98 76 54 32',
    '0698765432',
    '+33 6 98 76 54 32',
    '0033698765432',
    '+33 (0)6.98.76.54.32',
    '33698765432',
  ];

  const WRITTEN = [
    '06 98 76 54 32',
    '0698765432',
    '06.98.76.54.32',
    '06-98-76-54-32',
    '06/98/76/54/32',
    '06\u00a098\u00a076\u00a054\u00a032',
    '06\u202f98\u202f76\u202f54\u202f32',
    '06\u200998\u200976\u200954\u200932',
    '069 876 5432',
    '06 9876 5432',
    '(06) 98 76 54 32',
    '+33698765432',
    '+33 6 98 76 54 32',
    '+33\u00a06\u00a098\u00a076\u00a054\u00a032',
    '+33(0)698765432',
    '+33 (0)6 98 76 54 32',
    '+33 (0) 6 98 76 54 32',
    '(+33) 6 98 76 54 32',
    '0033698765432',
    '0033 6 98 76 54 32',
    '00 33 6 98 76 54 32',
    '%2B33698765432',
    '%2B33%206%2098%2076%2054%2032',
    '06&nbsp;98&nbsp;76&nbsp;54&nbsp;32',
    '06+98+76+54+32',
    '06–98–76–54–32',
    '06,98,76,54,32',
    '06_98_76_54_32',
  ];

  test.each(STORED)('stored as %s is recognised however it is written', (stored) => {
    for (const written of WRITTEN)
      expect(redacted(phonePattern(stored), `Tél. : ${written}, merci (${written}).`), written).toBe(
        'Tél. : X, merci (X).',
      );
  });

  test('without its country code is recognised after a bare one too', () => {
    expect(redacted(phonePattern('+33698765432'), 'https://wa.me/33698765432')).toBe('https://wa.me/X');
  });

  test.each(['106 98 76 54 329', '0698765432123', '9130698765432', '06 98 76 54 33', '06 98 76 54'])(
    'is not found in another: %s',
    (text) => {
      expect(redacted(phonePattern('06 98 76 54 32'), text)).toBe(text);
    },
  );

  test.each([
    [
      '+1 (415) 555-2671',
      ['+1 415 555 2671', '+14155552671', '001 415.555.2671', '415-555-2671', '(415) 555-2671'],
    ],
    [
      '+44 (0)20 7946 0018',
      ['+442079460018', '020 7946 0018', '+44 (0) 20 7946 0018', '0044 20 79 46 00 18'],
    ],
    ['00352621123456', ['+352 621 123 456', '621 123 456', '00 352 621.123.456']],
    ['+225 07 08 09 10 11', ['+2250708091011', '07 08 09 10 11', '00225 07-08-09-10-11']],
    ['0470 12 34 56', ['+32 470 12 34 56', '0470/12.34.56']],
    ['12345678', ['12 34 56 78']],
  ])('of any country is recognised: %s', (stored, spelled) => {
    for (const written of spelled)
      expect(redacted(phonePattern(stored), `a ${written} b`), written).toBe('a X b');
  });

  test('that is short is recognised with its country only: without it, it may be an amount', () => {
    const pattern = phonePattern('+298 123456');
    expect(redacted(pattern, '+298 12 34 56, facture 123456')).toBe('X, facture 123456');
  });

  test('is one as messages are sent to it', () => {
    expect(phoneRecipients('+33 (0)6 98 76 54 32')).toEqual(
      expect.arrayContaining(['+33698765432', '0698765432', '0033698765432']),
    );
    expect(phoneRecipients('06 98 76 54 32')).toContain('+33698765432');
    expect(phoneRecipients('+1 (415) 555-2671')).toContain('+14155552671');
    expect(phoneRecipients('+49 151 234567')).not.toContain('0151234567');
  });
});

describe('a name', () => {
  test.each([
    'Hélène Dupont-Noël',
    'helene dupont-noel',
    'HÉLÈNE DUPONT-NOËL',
    'HELENE DUPONT NOEL',
    'Hélène\u00a0Dupont-Noël',
    'Hélène  Dupont\u2011Noël',
    'Hélène\nDupont-Noël',
    'DUPONT-NOËL Hélène',
    'Dupont-Noël, Hélène',
    'Hélène Dupont-Noël'.normalize('NFD'),
    'H&eacute;l&egrave;ne Dupont-No&euml;l',
    'H%C3%A9l%C3%A8ne%20Dupont-No%C3%ABl',
    'Hélène+Dupont-Noël',
    'Helene_Dupont_Noel',
  ])('is recognised as %j', (written) => {
    expect(redacted(namePattern('Hélène Dupont-Noël'), `Vu par ${written}, hier`)).toBe('Vu par X, hier');
    expect(redacted(namePattern('Helene  DUPONT-NOEL'), `Vu par ${written}, hier`)).toBe('Vu par X, hier');
  });

  test.each([
    ['Jean de La Fontaine', 'LA FONTAINE Jean de'],
    ['Jean de La Fontaine', 'de la Fontaine, Jean'],
    ['Cœur O’Neil', 'COEUR O&#39;NEIL'],
    ['Coeur O’Neil', 'Cœur O’Neil'],
    ["Cœur d'Artagnan", 'Cœur D’ARTAGNAN'],
    ['Иван Петров', 'ПЕТРОВ Иван'],
  ])('%s is recognised as %s', (name, written) => {
    expect(redacted(namePattern(name), `(${written})`)).toBe('(X)');
  });

  test.each(['Rose', 'Marin', ' Jean-Pierre ', ''])('of one word is a word of everybody: %j', (name) => {
    expect(namePattern(name)).toBeUndefined();
  });

  test.each(['Anna Bella', 'Joanna Bel', 'Anna', 'Bel', 'Anna et Bel', 'Annabel'])(
    'is not found in %s',
    (text) => {
      expect(redacted(namePattern('Anna Bel'), text)).toBe(text);
    },
  );
});

test('patterns stay quick on texts that nearly match', () => {
  const [phone, name] = [phonePattern('0698765432'), namePattern('Anna Maria Bel')];
  const started = performance.now();
  redacted(phone, '06 98 76 54 3 '.repeat(20_000));
  redacted(phone, `0${' '.repeat(50_000)}6`);
  redacted(phone, '0'.repeat(50_000));
  redacted(name, 'Anna Maria '.repeat(20_000));
  redacted(name, `Anna${' '.repeat(50_000)}Maria`);
  redacted(addressPattern('anna@example.com'), 'anna@example.co '.repeat(20_000));
  expect(performance.now() - started).toBeLessThan(3_000);
});
