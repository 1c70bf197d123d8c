import { describe, expect, test } from 'vitest';
import { fr } from '../../../../src/locales/fr.js';
import { parseDecimal } from '../../../../src/tasks/atlas/wealth/decimal.js';
import { parseExactly } from '../../../../src/tasks/atlas/wealth/exact-json.js';
import { calculate } from '../../../../src/tasks/atlas/wealth/totals.js';

const PRICES: Record<string, bigint> = { BTC: 8_123_456_000_000n, SHIB: 729n };
const LISTS = ['liquidites', 'placements', 'immobilier', 'crypto', 'autres', 'credits'] as const;
type Lists = Partial<Record<(typeof LISTS)[number], string>>;

/** The totals of lists written as JSON, in November 2026. */
function totals(lists: Lists) {
  const inputs = `[${LISTS.map((name) => lists[name] ?? '[]').join(', ')}]`;
  const month = 2026 * 12 + 11;
  return calculate(inputs, { month, prices: { of: (symbol) => PRICES[symbol], stale: new Set() } });
}

const sums = (lists: Lists): string[] => {
  const calculated = totals(lists);
  if ('problems' in calculated) throw new Error(calculated.problems.map((problem) => problem(fr)).join('\n'));
  return calculated.totals;
};

const problems = (lists: Lists): string[] => {
  const calculated = totals(lists);
  return 'problems' in calculated ? calculated.problems.map((problem) => problem(fr)) : [];
};

const plain = (...values: string[]) =>
  `[${values.map((value) => `{"nom": "x", "valeur": ${value}}`).join(', ')}]`;
const ZEROS = Array.from({ length: 7 }, () => '0.00');

describe('numbers', () => {
  test('keep every digit, as numbers and as texts', () => {
    expect(sums({ liquidites: plain('0.1', '0.2', '"83523.5"') })[0]).toBe('83523.80');
    expect(sums({ liquidites: plain('90071992547409.93', '0') })[0]).toBe('90071992547409.93');
  });

  test('are summed exactly and rounded once, half a cent up', () => {
    expect(sums({ liquidites: plain('0.004', '0.004', '0.004') })[0]).toBe('0.01');
    expect(sums({ liquidites: plain('1.005') })[0]).toBe('1.01');
    expect(sums({ liquidites: plain('1.0049999999999999') })[0]).toBe('1.00');
  });

  test.each(['"1 234,56"', '"1e3"', '""', 'true', '[]', '{}', '"NaN"', '"12."'])('are not %s', (value) => {
    expect(problems({ placements: plain(value) })).toEqual([
      'placements_json, élément 1 : valeur : attendu un nombre comme 1234.56',
    ]);
  });

  test('are read to the last digit between strings that look like them', () => {
    const json = String.raw`[{"a\"b: 1,2": "x, 5, [6", "n": -12.50, "m": [1, "2\\", 3.0000000000000000001]}, 0]`;
    expect(parseExactly(json)).toEqual([
      { 'a"b: 1,2': 'x, 5, [6', n: '-12.50', m: ['1', '2\\', '3.0000000000000000001'] },
      '0',
    ]);
  });

  test('of few digits are what they were, however small', () => {
    for (const [text, units] of [
      ['0.0000001', 10n ** 11n],
      ['0.0000000000001', 10n ** 5n],
      ['123456789.12345', 123_456_789_123_450_000_000_000_000n],
      ['999999999999999', 999_999_999_999_999n * 10n ** 18n],
    ] as const) {
      expect([text, parseDecimal(parseExactly(text))]).toEqual([text, units]);
      expect([text, parseDecimal(text)]).toEqual([text, units]);
    }
  });
});

describe('totals', () => {
  test('of nothing are zero', () => {
    expect(sums({})).toEqual(ZEROS);
  });

  test('add up: real estate net of its loans, crypto at its prices, other credits taken off', () => {
    const lists = {
      liquidites: plain('1500.50'),
      placements: plain('20000', '"3000.25"'),
      immobilier:
        '[{"nom": "Maison", "valeur": 300000, "has_credit": true, "credit_montant": 100, "credit_taux": 0, "credit_duree": 0.5, "credit_date": "2026-09"}, {"nom": "Garage", "valeur": 10000, "has_credit": false, "credit_montant": "peu importe"}]',
      crypto: '[{"symbol": " btc ", "quantity": 0.5}, {"symbol": "SHIB", "quantity": "1000000"}]',
      autres: plain('800'),
      credits: '[{"nom": "Auto", "montant": 398483, "taux": "3.12", "duree": 0.83, "date": "2026-07"}]',
    };
    // 100 over six months is 16.67 a month, two of them paid; 40,617.28 of bitcoin and 7.29 of SHIB.
    expect(sums(lists)).toEqual([
      '1500.50',
      '23000.25',
      '309933.34',
      '40624.57',
      '800.00',
      '240330.37',
      '135528.29',
    ]);
  });

  test('of a house worth less than its loan are negative', () => {
    const house =
      '[{"nom": "x", "valeur": 10, "has_credit": true, "credit_montant": 50, "credit_taux": 2, "credit_duree": 1, "credit_date": "2027-01"}]';
    expect(sums({ immobilier: house })).toEqual(['0.00', '0.00', '-40.00', '0.00', '0.00', '0.00', '-40.00']);
  });

  test('hold quantities of 18 decimals', () => {
    const dust = '[{"symbol": "BTC", "quantity": 0.000000123456789012}, {"symbol": "NONE", "quantity": 0}]';
    expect(sums({ crypto: dust })[3]).toBe('0.01');
  });

  test('do not change with fields of the application’s own', () => {
    const own = '"id": "7f", "type": "livret", "commentaire": "à vérifier", "montants": [1, {"valeur": 2}]';
    const lists = {
      liquidites: `[{"valeur": 1, ${own}}]`,
      immobilier: `[{"valeur": 2, ${own}}]`,
      crypto: `[{"symbol": "BTC", "quantity": 1, ${own}}]`,
      credits: `[{"montant": 3, "taux": 0, "duree": 1, "date": "2026-11", ${own}}]`,
    };
    expect(sums(lists)).toEqual(['1.00', '0.00', '2.00', '81234.56', '0.00', '3.00', '81234.56']);
  });

  test.each([
    '"has_credit": false',
    '"has_credit": null',
    '"has_credit": false, "credit_montant": 1000, "credit_taux": -1, "credit_date": "jamais"',
    '"credit_montant": null, "credit_taux": "", "credit_duree": 0, "credit_date": " "',
    '"has_credit": null, "credit_montant": "0.00", "credit_taux": 0.0, "hasCredit": false',
  ])('owe nothing for a house with %s', (fields) => {
    expect(sums({ immobilier: `[{"valeur": 10, ${fields}}]` })[2]).toBe('10.00');
  });

  test('take a day by its month', () => {
    const on = (date: string) => `[{"montant": 1200, "taux": 0, "duree": 1, "date": "${date}"}]`;
    for (const day of ['2026-09-01', '2026-09-30']) {
      expect(sums({ credits: on(day) })).toEqual(sums({ credits: on('2026-09') }));
    }
    expect(sums({ credits: on('2024-02-29') })[5]).toBe('0.00');
  });

  test('that no column can hold are a problem, not a crash', () => {
    expect(sums({ liquidites: plain('99999999999999.99') })[6]).toBe('99999999999999.99');
    expect(problems({ liquidites: plain('99999999999999.99', '0.01') })).toEqual([
      'calculated_total_liquidites dépasserait 14 chiffres : vérifiez les montants',
      'calculated_patrimoine_total_net dépasserait 14 chiffres : vérifiez les montants',
    ]);
    expect(problems({ liquidites: plain('1'.repeat(5_000)) })[0]).toContain('valeur est trop grand');
  });
});

describe('what is wrong is named', () => {
  const house = (fields: string) => `[{"nom": "x", "valeur": 1, "has_credit": true${fields}}]`;
  const credit = (fields: string) => `[{"montant": 1000, "taux": 1, "duree": 1, "date": "2026-01"${fields}}]`;

  test.each<[string, Lists, string]>([
    ['no list', { liquidites: '{}' }, 'liquidites_json : attendu une liste [ … ]'],
    ['null', { liquidites: 'null' }, 'liquidites_json : attendu une liste [ … ]'],
    ['no object', { autres: '[12]' }, 'autres_biens_json, élément 1 : attendu un objet { … }'],
    ['no value', { autres: '[{"nom": "x"}]' }, 'autres_biens_json, élément 1 : valeur manque'],
    ['a null', { autres: plain('1', 'null') }, 'autres_biens_json, élément 2 : valeur manque'],
    ['a negative value', { autres: plain('-0.01') }, 'autres_biens_json, élément 1 : valeur est négatif'],
    ['a coin without a price', { crypto: '[{"symbol": "doge", "quantity": 1}]' }, 'aucun prix pour DOGE'],
    ['a coin without a name', { crypto: '[{"quantity": 1}]' }, 'symbol manque'],
    [
      'a flag in words',
      { immobilier: '[{"valeur": 1, "has_credit": "oui"}]' },
      'has_credit : attendu true ou false',
    ],
    [
      'a loan without its flag',
      { immobilier: '[{"valeur": 1, "credit_montant": 5}]' },
      'has_credit manque (true ou false), alors que credit_montant est rempli',
    ],
    [
      'a loan without its flag, of which only the month is known',
      { immobilier: '[{"valeur": 1, "has_credit": null, "credit_montant": 0, "credit_date": "2026-01"}]' },
      'alors que credit_date est rempli',
    ],
    [
      'a loan in another spelling',
      { immobilier: '[{"valeur": 1, "creditMontant": "5"}]' },
      'alors que creditMontant est rempli',
    ],
    [
      'a flag in another spelling',
      { immobilier: '[{"valeur": 1, "Has_Credit": true}]' },
      'alors que Has_Credit est rempli',
    ],
    [
      'a misspelt figure',
      {
        immobilier: house(
          ', "credit_montnat": 5, "credit_taux": 1, "credit_duree": 1, "credit_date": "2026-01"',
        ),
      },
      'credit_montant manque',
    ],
    ['a rate beyond reason', { credits: credit(', "taux": 100.1') }, 'taux : attendu un taux de 0 à 100 %'],
    ['no whole months', { credits: credit(', "duree": 0.3') }, 'duree : attendu une durée en années'],
    ['no duration', { credits: credit(', "duree": 0') }, 'duree : attendu une durée en années'],
    ['an endless loan', { credits: credit(', "duree": 1000000') }, 'duree : attendu une durée en années'],
    ['a day that does not exist', { credits: credit(', "date": "2026-02-29"') }, 'date : attendu un mois'],
    ['a day of no month', { credits: credit(', "date": "2026-02-00"') }, 'ou un jour AAAA-MM-JJ'],
    ['a moment', { credits: credit(', "date": "2026-01-15T00:00:00Z"') }, 'date : attendu un mois AAAA-MM'],
    ['a thirteenth month', { credits: credit(', "date": "2026-13"') }, 'date : attendu un mois AAAA-MM'],
    ['a misspelt value', { liquidites: '[{"valuer": 2}]' }, 'liquidites_json, élément 1 : valeur manque'],
  ])('%s', (_title, lists, expected) => {
    const found = problems(lists);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test('a loan without its figures, each of them', () => {
    expect(problems({ immobilier: house('') })).toEqual(
      ['credit_montant', 'credit_taux', 'credit_duree', 'credit_date'].map(
        (field) => `immobilier_data_json, élément 1 : ${field} manque`,
      ),
    );
  });
});
